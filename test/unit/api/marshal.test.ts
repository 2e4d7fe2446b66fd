import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GraphQLError, GraphQLNonNull, type GraphQLOutputType, isObjectType } from 'graphql';
import { itemOf } from '../../../src/api/items.ts';
import { marshal } from '../../../src/api/marshal.ts';
import type { Attribute } from '../../../src/change/change.ts';
import { coerce } from '../../../src/change/coerce.ts';
import { normaliseDecimal } from '../../../src/filter/decimal.ts';
import { loadModel } from '../../../src/schema/load.ts';

const model = loadModel(
  readFileSync(new URL('../../fixtures/schemas/catalogue.graphql', import.meta.url), 'utf8'),
);
const BIG = '12345678901234567890123456789012345678';

function typeOf(field: string): GraphQLOutputType {
  const type = model.types.get('Product')?.fields.get(field)?.type;
  if (!type) throw new Error(`expected a field of Product, came ${field}`);
  return type;
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.integer({ min: -80, max: 60 }))
  .map(([digits, exponent]) => normaliseDecimal(`${digits}e${exponent}`) ?? '0');
const float = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => normaliseDecimal(value) !== undefined && !Object.is(value, -0));
const json = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => value !== null)
  .map((value) =>
    JSON.stringify(value, (_, inner) => (typeof inner === 'number' ? Math.round(inner % 1e9) + 0 : inner)),
  );

const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  sku: text,
  shop: text,
  status: fc.constantFrom('DRAFT', 'PUBLISHED'),
  price: decimal,
  weight: float,
  stock: int,
  active: fc.boolean(),
  day: fc.constant('2026-01-31'),
  madeAt: fc.constant('2026-01-31T01:02:03.004Z'),
  soldAt: fc.maxSafeInteger().map((seconds) => seconds + 0),
  contact: fc.emailAddress(),
  host: fc.ipV6(),
  tags: fc.array(text, { maxLength: 4 }),
  ids: fc.array(fc.option(text), { maxLength: 4 }),
  prices: fc.array(fc.option(decimal), { maxLength: 4 }),
  states: fc.array(fc.constantFrom('DRAFT', null), { maxLength: 4 }),
  grid: fc.array(fc.array(int, { maxLength: 3 }), { maxLength: 3 }),
};

describe('marshal', () => {
  test.each(Object.keys(VALUES))('is undone by coerce for %s', (field) => {
    const type = typeOf(field);
    fc.assert(
      fc.property(VALUES[field] ?? fc.constant(null), (value) => {
        expect(coerce(marshal(value, type), type)).toEqual(value);
      }),
    );
  });

  test('is undone by coerce for JSON text, whatever names and numbers it has', () => {
    const type = typeOf('meta');
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(String(coerce(marshal(value, type), type)))).toEqual(JSON.parse(value));
      }),
    );
    const exact = `{"__proto__":{"a":${BIG}},"b":[0.${BIG},"\\"7","\\\\",-1.5,[]],"n1":"n","s":"s1"}`;
    expect(coerce(marshal(exact, type), type)).toBe(exact);
    expect(marshal(`${BIG}`, type)).toEqual({ N: BIG });
    expect(marshal('"5"', type)).toEqual({ S: '5' });
    expect(marshal('[1.0, 1e2, null, true]', type)).toEqual({
      L: [{ N: '1' }, { N: '100' }, { NULL: true }, { BOOL: true }],
    });
  });

  test('stores nested objects under their stored names, and items show them under their own', () => {
    const type = typeOf('size');
    const size = { width: 1.5, unit: { symbol: 'cm' }, inner: { width: 2, inner: null } };
    const attribute = marshal(size, type);
    expect(JSON.parse(JSON.stringify(attribute))).toEqual({
      M: {
        width: { N: '1.5' },
        u: { M: { symbol: { S: 'cm' } } },
        inner: { M: { width: { N: '2' } } },
      },
    });
    const object = model.schema.getType('Size');
    if (!isObjectType(object) || !attribute || !('M' in attribute)) throw new Error('expected a map of Size');
    const item = itemOf(attribute.M, object);
    expect(JSON.parse(JSON.stringify(item))).toEqual({
      width: 1.5,
      unit: { symbol: 'cm' },
      inner: { width: 2, unit: null, inner: null },
    });
    expect({ ...item }).toHaveProperty('unit.symbol', 'cm');
  });

  test.each<[string, unknown, RegExp]>([
    ['stock', 1.5, /Int .*32 bits.*got number/],
    ['stock', 2 ** 31, /Int/],
    ['stock', '5', /got string/],
    ['weight', 1e300, /Float \(a number of at most 38/],
    ['weight', Number.NaN, /finite/],
    ['price', `${BIG}9`, /38/],
    ['price', 0.1, /lost digits/],
    ['active', 'secret', /boolean.*got string/],
    ['status', 'secret', /Status \(one of its values\)/],
    ['sku', 'secret\ud800', /surrogate/],
    ['sku', null, /String! .*null/],
    ['tags', ['a', null], /^Element 1: /],
    ['meta', '{"secret":', /JSON text/],
    ['meta', `{"secret":1e200}`, /38/],
    ['meta', '["\\ud800"]', /surrogate/],
    ['meta', `{"secret":${'['.repeat(32)}${']'.repeat(32)}}`, /32 levels/],
    ['meta', `{"secret":${'['.repeat(60_000)}${']'.repeat(60_000)}}`, /32 levels/],
    ['day', 'secret', /AWSDate/],
    ['size', { secret: 1 }, /^Expected Size \(one of width, unit, inner\), got another field/],
    ['size', { unit: { symbol: null } }, /^unit: symbol: Expected String!/],
    ['size', 'secret', /an object.*string/],
  ])('refuses a %s that cannot be stored, without repeating it', (field, value, message) => {
    let error: unknown;
    try {
      marshal(value, typeOf(field));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(GraphQLError);
    expect(error).toHaveProperty('message', expect.stringMatching(message));
    expect(String(error)).not.toContain('secret');
  });

  test('has no attribute for null', () => {
    expect(marshal(null, typeOf('stock'))).toBeUndefined();
    expect(() => marshal(undefined, new GraphQLNonNull(typeOf('stock')))).toThrow('Int!');
  });

  test('lets an item throw for a field that does not fit only when it is read', () => {
    const object = model.schema.getType('Product');
    if (!isObjectType(object)) throw new Error('expected Product');
    const image: Record<string, Attribute> = Object.create(null);
    image['stock'] = { S: 'secret' };
    image['constructor'] = { S: 'own' };
    const item = itemOf(image, object);
    expect(item['constructor']).toBe('own');
    expect(item['toString']).toBeNull();
    expect(() => item['stock']).toThrow(/^Expected Int .*got S/);
    expect(itemOf(image, object)).toBe(item);
  });
});
