import { describe, expect, test } from '@jest/globals';
import { executeSync, isObjectType, parse, validate } from 'graphql';
import type { Attribute, Image } from '../../../src/change/change.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { storedAttribute } from '../../../src/schema/resolvers.ts';
import { fixture, rootSchema } from './signatures.ts';

/** An image as the decoder makes it: without a prototype. */
function image(attributes: Iterable<readonly [string, Attribute]>): Image {
  const made: Record<string, Attribute> = Object.create(null);
  for (const [name, value] of attributes) made[name] = value;
  return made;
}

/** What a subscription document answers for what its root field is given. */
function answer(
  schema: ReturnType<typeof loadModel>['schema'],
  document: string,
  root: Record<string, unknown>,
) {
  const parsed = parse(document);
  expect(validate(schema, parsed)).toEqual([]);
  const result = executeSync({ schema, document: parsed, rootValue: root });
  return {
    data: JSON.parse(JSON.stringify(result.data)),
    errors: result.errors?.map((error) => error.message),
  };
}

describe('an image', () => {
  const catalogue = loadModel(fixture('catalogue'));

  test('is read by stored names, nested maps too, missing and NULL being null', () => {
    const product = image([
      ['sku', { S: 'プロフィール' }],
      ['shop', { N: '5' }],
      ['status', { S: 'DRAFT' }],
      ['price', { N: '12345678901234567890.123456789012345678' }],
      ['stock', { NULL: true }],
      ['tags', { SS: ['a', 'b'] }],
      ['grid', { L: [{ L: [{ N: '1' }] }, { NULL: true }] }],
      [
        'size',
        {
          M: image([
            ['width', { N: '2.5' }],
            ['u', { M: image([['symbol', { S: 'cm' }]]) }],
          ]),
        },
      ],
      ['sizes', { L: [{ M: image([['inner', { M: image([['width', { N: '1' }]]) }]]) }] }],
      ['unit', { S: 'not what the field unit reads' }],
    ]);
    const { data, errors } = answer(
      catalogue.schema,
      `subscription { onCreateProduct { sku shop status price stock weight tags grid
         size { width unit { symbol } inner { width } } sizes { width inner { width } } __typename } }`,
      { onCreateProduct: product },
    );
    expect(errors).toBeUndefined();
    expect(data.onCreateProduct).toEqual({
      sku: 'プロフィール',
      shop: '5',
      status: 'DRAFT',
      price: '12345678901234567890.123456789012345678',
      stock: null,
      weight: null,
      tags: ['a', 'b'],
      grid: [[1], null],
      size: { width: 2.5, unit: { symbol: 'cm' }, inner: null },
      sizes: [{ width: null, inner: { width: 1 } }],
      __typename: 'Product',
    });
  });

  test('is read safely by fields that are called as the properties of every object', () => {
    const document = 'subscription { onCreateProduct { constructor toString hasOwnProperty } }';
    const full = image([
      ['constructor', { S: 'text' }],
      ['toString', { N: '5' }],
      ['hasOwnProperty', { BOOL: true }],
    ]);
    expect(answer(catalogue.schema, document, { onCreateProduct: full })).toEqual({
      data: { onCreateProduct: { constructor: 'text', toString: 5, hasOwnProperty: true } },
      errors: undefined,
    });
    expect(answer(catalogue.schema, document, { onCreateProduct: image([]) })).toEqual({
      data: { onCreateProduct: { constructor: null, toString: null, hasOwnProperty: null } },
      errors: undefined,
    });
  });

  test('that does not fit its type is an error of that field alone', () => {
    const { data, errors } = answer(
      loadModel(rootSchema()).schema,
      'subscription { onUpdateTodo { id title priority } }',
      {
        onUpdateTodo: image([
          ['id', { S: 'L5' }],
          ['title', { S: 't' }],
          ['priority', { S: 'high' }],
        ]),
      },
    );
    expect(data).toEqual({ onUpdateTodo: { id: 'L5', title: 't', priority: null } });
    expect(errors).toEqual([expect.stringContaining('Int')]);
  });

  test('without a non-null attribute nulls the root field, which is nullable', () => {
    const { data, errors } = answer(
      loadModel(rootSchema()).schema,
      'subscription { onUpdateTodo { id title } }',
      {
        onUpdateTodo: image([['id', { S: 'L5' }]]),
      },
    );
    expect(data).toEqual({ onUpdateTodo: null });
    expect(errors).toHaveLength(1);
  });
});

test('a change is read by its own property names, its items as images', () => {
  const { schema } = loadModel(fixture('chat'));
  const item = image([
    ['id', { S: '1' }],
    ['sender_id', { S: 's' }],
    ['senderId', { S: 'not this one' }],
  ]);
  const change = {
    kind: 'UPDATE',
    item,
    previous: null,
    updatedFields: ['content'],
    eventId: 'e',
    at: '2026-08-01T00:00:00Z',
  };
  const { data, errors } = answer(
    schema,
    'subscription { onChangeMessage { kind item { id senderId } previous { id } updatedFields eventId at } }',
    { onChangeMessage: change },
  );
  expect(errors).toBeUndefined();
  expect(data.onChangeMessage).toEqual({ ...change, item: { id: '1', senderId: 's' } });
});

describe('an object that a resolver returned', () => {
  const { schema } = loadModel(`
    type Note @table {
      id: ID!
      sender: ID @attribute(name: "sender_id")
      state: State
      at: AWSDateTime
      price: Decimal
      meta: AWSJSON
      place: Place
      places: [Place!]
    }
    type Place { x: Int y: Int @attribute(name: "py") }
    enum State { OPEN DONE }
    type Query { note: Note }
  `);
  const read = (note: unknown) =>
    answer(schema, '{ note { id sender state at price meta place { x y } places { x y } } }', { note });
  const expected = {
    note: {
      id: '1',
      sender: 'b',
      state: 'DONE',
      at: '2026-01-01T00:00:00Z',
      price: '1.5',
      meta: '{"a":[1]}',
      place: { x: 1, y: null },
      places: [{ x: 2, y: 3 }],
    },
  };
  const plain = {
    id: '1',
    sender: 'b',
    state: 'DONE',
    at: '2026-01-01T00:00:00Z',
    price: '1.50',
    meta: { a: [1] },
    place: { x: 1 },
    places: [{ x: 2, y: 3 }],
  };

  test('is read by the names of its fields', () => {
    expect(read(plain)).toEqual({ data: expected, errors: undefined });
  });

  test('may compute its fields', () => {
    const computed = { ...plain, sender: () => 'b', place: async () => ({ x: 1 }), price: 15 };
    expect(read({ ...computed, place: plain.place })).toEqual({
      data: { note: { ...expected.note, price: '15' } },
      errors: undefined,
    });
  });

  test('may have no prototype, as the arguments of a literal have none', () => {
    const bare = Object.assign(Object.create(null), plain, {
      place: Object.assign(Object.create(null), plain.place),
    });
    expect(read(bare)).toEqual({ data: expected, errors: undefined });
  });

  test('may hold images beside plain values', () => {
    const place = image([
      ['x', { N: '1' }],
      ['y', { N: '7' }],
    ]);
    const note = image([
      ['id', { S: '1' }],
      ['sender', { S: 'not this one' }],
      ['state', { S: 'DONE' }],
      ['place', { M: place }],
      ['meta', { M: image([['a', { L: [{ N: '1' }] }]]) }],
    ]);
    expect(read(note).data).toEqual({
      note: { ...expected.note, sender: null, at: null, price: null, places: null },
    });
    expect(read({ ...plain, place }).data).toEqual(expected);
  });

  test('has errors where its values do not fit, without the values in them', () => {
    const { data, errors } = read({
      ...plain,
      state: 'secret',
      at: new Date(0),
      price: 0.1,
      places: { S: 'secret' },
    });
    expect(data.note).toMatchObject({ id: '1', at: null, price: null, places: null });
    expect(errors).toEqual(
      expect.arrayContaining([
        'AWSDateTime expected text, got object.',
        expect.stringContaining('a number that may have lost digits'),
      ]),
    );
  });
});

test('a stored field knows its attribute, and one that a resolver answers is left to it', () => {
  const { schema } = loadModel(
    'type Note @table { id: ID! text: String @attribute(name: "t") others: [Note] more: String @resolved }',
  );
  const note = schema.getType('Note');
  const fields = isObjectType(note) ? Object.values(note.getFields()) : [];
  expect(fields.map((field) => [field.name, storedAttribute(field)])).toEqual([
    ['id', 'id'],
    ['text', 't'],
    ['others', undefined],
    ['more', undefined],
  ]);
});

test('filters and arguments accept what clients write, and refuse what they must not', () => {
  const { schema } = loadModel(fixture('catalogue'));
  const messages = (document: string) => validate(schema, parse(document)).map((error) => error.message);
  expect(
    messages(`subscription($open: TableProductFilterInput!) {
      onChangeProduct(price: 0.12345678901234567890123456789, status: null, filter: {
        and: [{ stock: { between: [1, 2] } }, $open]
        or: { tags: { contains: "x" } }
        not: { toString: { in: [1, null] }, constructor: { attributeExists: true } }
      }) { kind }
    }`),
  ).toEqual([]);
  expect(messages('subscription { onCreateProduct(meta: "{}") { sku } }')).toEqual([
    expect.stringContaining('Unknown argument "meta"'),
  ]);
  expect(messages('subscription { onCreateProduct(filter: { stock: { beginsWith: 1 } }) { sku } }')).toEqual([
    expect.stringContaining('Field "beginsWith" is not defined by type "TableIntFilterInput"'),
  ]);
  expect(messages('subscription { onCreateProduct(filter: { status: { eq: GONE } }) { sku } }')).toEqual([
    expect.stringContaining('Value "GONE" does not exist in "Status" enum'),
  ]);
  expect(messages('subscription { onCreateProduct(day: "2026-02-30") { sku } }')).toEqual([
    expect.stringContaining('AWSDate expected a date'),
  ]);
});
