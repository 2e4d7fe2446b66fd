import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isObjectType } from 'graphql';
import type { Attribute, Image } from '../../../../src/change/change.ts';
import { coerce } from '../../../../src/change/coerce.ts';
import { loadModel } from '../../../../src/schema/load.ts';
import type { Model } from '../../../../src/schema/model.ts';
import { addItem, createItemsSummary, type MapSummary } from '../../../../src/schema/sample/summary.ts';
import { attribute, attributeName, decimalText } from '../../../fixtures/records/arbitrary.ts';
import { imageOf, key, sdlOf } from './sampling.ts';

/** Names that a schema uses for itself, that clash once made valid, and that are none. */
const awkwardName = fc.constantFrom(
  ...[
    'filter',
    'and',
    'or',
    'not',
    '__typename',
    '__x',
    'user-id',
    'userId',
    'user id',
    '1',
    '',
    '日本',
    'a\nb',
  ],
  ...['change', 'connection', 'input', 'inputInput', 'kind', 'items', 'nextToken', 'limit', 'constructor'],
);

/** Values of one shape each, so that lists and maps come out as types too. */
const shaped: fc.Arbitrary<Attribute> = fc.oneof(
  fc.record({
    S: fc.constantFrom('2026-01-01', '2026-01-01T00:00:00Z', '12:00', 'a@b.c', '+49 30 1234', ''),
  }),
  fc.record({ N: fc.oneof(fc.integer().map(String), decimalText) }),
  fc.record({ L: fc.array(fc.record({ N: fc.integer().map(String) }), { maxLength: 3 }) }),
  fc.record({
    SS: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    M: fc
      .record({ street: fc.record({ S: fc.string() }), 'zip-code': fc.record({ N: fc.nat().map(String) }) })
      .map(imageOf),
  }),
  fc.constant<Attribute>({ L: [{ M: imageOf({ a: { S: 'x' } }) }, { M: imageOf({ a: { NULL: true } }) }] }),
);

const members = fc.dictionary(fc.oneof(attributeName, awkwardName), fc.oneof(attribute, shaped), {
  maxKeys: 8,
  noNullPrototype: true,
});

/** Items that often have the same names, and now and then the same shapes. */
const items = fc
  .array(members, { minLength: 0, maxLength: 12 })
  .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all)))
  .map(([all, again]) =>
    [...all, ...again].map((item, index) => {
      // Object.entries of a plain object: `__proto__` of the arbitrary is an own property here.
      const image: Record<string, Attribute> = Object.create(null);
      // DynamoDB takes no item with an attribute without a name.
      for (const [name, value] of Object.entries(item)) if (name !== '') image[name] = value;
      image['id'] = { S: `i${index}` };
      return image;
    }),
  );

const tableName = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9_.-]{3,20}$/),
  fc.constantFrom(
    'Query',
    'String',
    'Todos',
    'ChangeKinds',
    'TableWhere',
    'TableStringFilterInput',
    '123',
    '...',
  ),
);

test('what is printed loads, and every value of every item of the sample fits its type', () => {
  fc.assert(
    fc.property(items, tableName, (sample, table) => {
      const sdl = sdlOf(sample, { table });
      const model = loadModel(sdl);
      const [type] = [...model.types.values()];
      if (!type) throw new Error('expected one table type');
      expect(type.table).toBe(table);
      for (const item of sample) readAll(model, type.name, item);
      const attributes = new Set(sample.flatMap((item) => Object.keys(item)));
      const stored = [...type.fields.values()].map((field) => field.attribute);
      expect(new Set(stored)).toEqual(attributes.size === 0 ? new Set(['id']) : attributes);
    }),
    { numRuns: 50 },
  );
});

test('the same with the names of a composite key, one of them in need of another name', () => {
  fc.assert(
    fc.property(items, (sample) => {
      const keyed = sample.map((item, index) => ({
        ...item,
        'tenant id': { S: 't' },
        not: { N: String(index) },
      }));
      const sdl = sdlOf(keyed, { partitionKey: key('tenant id'), sortKey: key('not', 'N') });
      const [type] = [...loadModel(sdl).types.values()];
      const attributes = type?.keys.map((name) => type.fields.get(name)?.attribute);
      expect(attributes).toEqual(['tenant id', 'not']);
    }),
    { numRuns: 20 },
  );
});

/** Coerces each field of an object type from an image, and what is inside of it; throws on a misfit. */
function readAll(model: Model, typeName: string, image: Image): void {
  const type = model.schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`expected an object type ${typeName}`);
  for (const field of Object.values(type.getFields())) {
    const given = field.astNode?.directives?.find(({ name }) => name.value === 'attribute')?.arguments?.[0]
      ?.value;
    const stored = given?.kind === 'StringValue' ? given.value : field.name;
    const value = coerce(image[stored], field.type);
    const inner = field.astNode?.type;
    if (value === null || value === undefined) {
      // Nothing may be lost: null comes of NULL and of what is missing alone.
      expect([undefined, 'NULL']).toContain(image[stored] && Object.keys(image[stored])[0]);
    } else if (inner?.kind === 'NamedType' && isObjectType(model.schema.getType(inner.name.value))) {
      const nested = image[stored];
      if (!nested || !('M' in nested)) throw new Error('expected a map');
      readAll(model, inner.name.value, nested.M);
    }
  }
}

test('a summary stays small, however many items and however many different names they have', () => {
  const summary = createItemsSummary();
  for (let index = 0; index < 3_000; index++) {
    const deep: Attribute = { L: [{ L: [{ L: [{ L: [{ L: [{ S: 'x' }] }] }] }] }] };
    const map: Attribute = {
      M: imageOf({ [`m${index}`]: deep, inner: { M: imageOf({ [`n${index}`]: deep }) } }),
    };
    addItem(
      summary,
      imageOf({ id: { S: `${index}` }, [`a${index % 1_000}`]: map, ['x'.repeat(300)]: { S: '' } }),
    );
  }
  expect(summary).toMatchObject({ count: 3_000, incomplete: true });
  expect(summary.members.size).toBe(300);
  expect(places(summary)).toBeLessThanOrEqual(5_000);
});

function places(summary: MapSummary): number {
  let count = 0;
  for (const member of summary.members.values()) {
    count += 1;
    for (let elements = member.elements; elements; elements = elements.elements) count += 1;
    if (member.members) count += places(member.members);
  }
  return count;
}
