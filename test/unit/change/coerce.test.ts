import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildSchema, execute, GraphQLError, type GraphQLOutputType, parse } from 'graphql';
import type { Attribute, Image } from '../../../src/change/change.ts';
import { coerce } from '../../../src/change/coerce.ts';
import { attribute } from '../../fixtures/records/arbitrary.ts';
import { SECRET } from '../../fixtures/records/malformed.ts';

const schema = buildSchema(`
  scalar AWSJSON
  scalar AWSDateTime
  scalar AWSTimestamp
  scalar Decimal
  enum Colour { RED GREEN toString }
  interface Named { name: String }
  type Place implements Named { name: String zip: Int }
  union Anywhere = Place
  type Query {
    id: ID string: String int: Int float: Float decimal: Decimal boolean: Boolean colour: Colour
    json: AWSJSON dateTime: AWSDateTime timestamp: AWSTimestamp
    place: Place named: Named anywhere: Anywhere
    ids: [ID!]! ints: [Int] grid: [[Int!]!] places: [Place!] colours: [Colour] required: Int!
  }
`);
const fields = schema.getQueryType()?.getFields() ?? {};

function typeOf(field: string): GraphQLOutputType {
  const type = fields[field]?.type;
  if (!type) throw new Error(`no field ${field}`);
  return type;
}

const to = (field: string, value: Attribute | undefined): unknown => coerce(value, typeOf(field));

function messageOf(field: string, value: Attribute): string {
  try {
    to(field, value);
  } catch (error) {
    if (error instanceof GraphQLError) return error.message;
    throw error;
  }
  throw new Error(`expected ${field} to refuse`);
}

const DIGITS = '12345678901234567890123456789012345678';

describe('coercion by the schema', () => {
  const cases: readonly [field: string, value: Attribute, coerced: unknown][] = [
    ['id', { S: '' }, ''],
    ['id', { S: '牛乳' }, '牛乳'],
    ['id', { N: DIGITS }, DIGITS],
    ['id', { N: '1E+2' }, '100'],
    ['id', { B: 'AAEC/w==' }, 'AAEC/w=='],
    ['string', { N: '0.10' }, '0.1'],
    ['int', { N: '2147483647' }, 2_147_483_647],
    ['int', { N: '-2147483648' }, -2_147_483_648],
    ['int', { N: '1.50E+1' }, 15],
    ['int', { N: '-0' }, 0],
    ['float', { N: '0.1' }, 0.1],
    ['float', { N: DIGITS }, 1.2345678901234568e37],
    ['float', { N: '9.9999999999999999999999999999999999999E+125' }, 1e126],
    ['decimal', { N: DIGITS }, DIGITS],
    ['decimal', { N: '-1.50' }, '-1.5'],
    ['boolean', { BOOL: false }, false],
    ['colour', { S: 'GREEN' }, 'GREEN'],
    ['colour', { S: 'toString' }, 'toString'],
    ['json', { S: '{"a":1}' }, '"{\\"a\\":1}"'],
    ['json', { M: { n: { N: DIGITS }, set: { SS: ['a'] } } }, `{"n":${DIGITS},"set":["a"]}`],
    ['json', { BOOL: true }, 'true'],
    ['dateTime', { S: '2026-11-22T07:15:30Z' }, '2026-11-22T07:15:30Z'],
    ['timestamp', { N: '1795331730' }, 1_795_331_730],
    ['timestamp', { N: '-5000000000' }, -5_000_000_000],
    ['ids', { SS: ['b', 'a'] }, ['b', 'a']],
    ['ids', { NS: [DIGITS, '1'] }, [DIGITS, '1']],
    ['ids', { BS: ['AQ=='] }, ['AQ==']],
    ['ids', { L: [] }, []],
    ['ints', { L: [{ N: '1' }, { NULL: true }] }, [1, null]],
    ['ints', { NS: ['3', '1'] }, [3, 1]],
    ['grid', { L: [{ L: [{ N: '1' }] }, { NS: ['2'] }] }, [[1], [2]]],
    ['colours', { SS: ['RED'] }, ['RED']],
    ['required', { N: '7' }, 7],
  ];

  test.each(cases)('%s takes %j', (field, value, coerced) => {
    expect(to(field, value)).toEqual(coerced);
  });

  test.each(Object.keys(fields))('%s is null when the attribute is missing or NULL', (field) => {
    expect(to(field, undefined)).toBeNull();
    expect(to(field, { NULL: true })).toBeNull();
  });

  test.each(['place', 'named', 'anywhere'])('%s is the nested image itself', (field) => {
    const nested: Image = Object.assign(Object.create(null), { name: { S: '大阪' } });
    expect(to(field, { M: nested })).toBe(nested);
    expect(to('places', { L: [{ M: nested }] })).toEqual([nested]);
  });
});

describe('a misfit is an error of its field', () => {
  const cases: readonly [field: string, value: Attribute, message: string][] = [
    ['id', { BOOL: true }, 'Expected ID (S, N or B), got BOOL.'],
    ['string', { M: {} }, 'Expected String (S, N or B), got M.'],
    ['int', { S: '1' }, 'Expected Int (N, a whole number of 32 bits), got S.'],
    ['float', { S: '1' }, 'Expected Float (N), got S.'],
    ['decimal', { NS: ['1'] }, 'Expected Decimal (N), got NS.'],
    ['boolean', { S: 'true' }, 'Expected Boolean (BOOL), got S.'],
    ['boolean', { N: '1' }, 'Expected Boolean (BOOL), got N.'],
    ['colour', { N: '1' }, 'Expected Colour (S, the name of one of its values), got N.'],
    ['colour', { S: SECRET }, 'Expected Colour (S, the name of one of its values), got another S.'],
    ['colour', { S: '__proto__' }, 'Expected Colour (S, the name of one of its values), got another S.'],
    ['colour', { S: 'constructor' }, 'Expected Colour (S, the name of one of its values), got another S.'],
    ['dateTime', { N: '1' }, 'Expected AWSDateTime (S), got N.'],
    ['timestamp', { N: '1.5' }, 'Expected AWSTimestamp (N, a whole number of seconds), got another N.'],
    ['timestamp', { N: DIGITS }, 'Expected AWSTimestamp (N, a whole number of seconds), got another N.'],
    ['place', { L: [] }, 'Expected Place (M), got L.'],
    ['anywhere', { S: SECRET }, 'Expected Anywhere (M), got S.'],
    ['ids', { S: SECRET }, 'Expected [ID!] (L, SS, NS or BS), got S.'],
    ['ints', { SS: ['1'] }, 'Element 0: Expected Int (N, a whole number of 32 bits), got S.'],
    [
      'grid',
      { L: [{ NS: ['1'] }, { L: [{ N: '2' }, { BOOL: true }] }] },
      'Element 1: Element 1: Expected Int (N, a whole number of 32 bits), got BOOL.',
    ],
  ];

  test.each(cases)('%s refuses %j', (field, value, message) => {
    expect(messageOf(field, value)).toBe(message);
  });

  test.each(['2147483648', '-2147483649', '1.5', `0.${'0'.repeat(100)}1`, DIGITS, '1E+20'])(
    'Int refuses %s and names the cure',
    (N) => {
      expect(messageOf('int', { N })).toBe(
        'Expected Int (N, a whole number of 32 bits), got another N: declare the field Decimal, Float or String.',
      );
    },
  );

  test('a fraction that no double tells from a whole number is no Int', () => {
    expect(() => to('int', { N: '5.0000000000000000000000000000000000001' })).toThrow('whole number');
    expect(() => to('timestamp', { N: '5.0000000000000000000000000000000000001' })).toThrow('whole number');
  });

  test('any attribute and any type: a value, null, or a GraphQLError that holds nothing of the value', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(fields)), attribute, (field, value) => {
        const secret: Attribute = 'S' in value ? { S: SECRET + value.S } : value;
        try {
          expect(to(field, secret)).not.toBeUndefined();
        } catch (error) {
          if (!(error instanceof GraphQLError)) throw error;
          expect(error.message).toMatch(/^(Element \d: )*Expected \S+ \(.*\), got (another )?[A-Z]+/);
          expect(error.message).not.toContain(SECRET);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('graphql-js completes what was coerced, and a misfit costs only its own field', async () => {
    const image: Image = {
      id: { N: '5' },
      int: { N: DIGITS },
      colour: { S: 'RED' },
      place: { M: { name: { S: '大阪' }, zip: { S: 'x' } } },
      ids: { SS: ['a'] },
      required: { N: '1' },
    };
    const result = await execute({
      schema,
      document: parse('{ id int colour place { name zip } ids required }'),
      rootValue: image,
      fieldResolver: (source: Image, _arguments, _context, info) =>
        coerce(source[info.fieldName], info.returnType),
    });
    expect(JSON.parse(JSON.stringify(result.data))).toEqual({
      id: '5',
      int: null,
      colour: 'RED',
      place: { name: '大阪', zip: null },
      ids: ['a'],
      required: 1,
    });
    expect(result.errors?.map((error) => error.path)).toEqual([['int'], ['place', 'zip']]);
  });
});
