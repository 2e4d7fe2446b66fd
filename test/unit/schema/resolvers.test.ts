import { describe, expect, test } from '@jest/globals';
import { execute, executeSync, parse, validate } from 'graphql';
import type { Attribute, Image } from '../../../src/change/change.ts';
import { loadModel } from '../../../src/schema/load.ts';
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

test('the generated Query type answers', async () => {
  const { schema } = loadModel(rootSchema());
  const result = await execute({ schema, document: parse('{ service }') });
  expect(result).toEqual({ data: { service: 'tablecast' } });
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
