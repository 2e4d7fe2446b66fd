import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createApi } from '../../src/api/api.ts';
import type { Api } from '../../src/api/ports.ts';
import type { Identity } from '../../src/auth/identity.ts';
import { DEFAULT_LIMITS } from '../../src/protocol/limits.ts';
import { loadModel } from '../../src/schema/load.ts';
import { createVirtualClock } from '../../src/testing/clock.ts';
import { useDynamoDB } from '../fixtures/dynamodb.ts';
import { CONDITION_FAILED, run, type Variables } from './api-operation.ts';
import { type KeyAttribute, localTables, memoryTables, type TablesWorld } from './tables-worlds.ts';

const SDL = `
  type Todo @table(name: "Todos") {
    id: ID!  title: String!  memo: String  priority: Int  completed: Boolean
  }
  enum Status { OPEN CLOSED }
  type Size { width: Float  unit: String @attribute(name: "u") }
  type Product @table(name: "Products", key: ["shop", "sku"], writer: "changedBy") {
    shop: ID! @attribute(name: "shop_id")
    sku: Int!
    price: Decimal
    status: Status
    tags: [String!]
    size: Size
    meta: AWSJSON
    madeAt: AWSDateTime
    changedBy: String @attribute(name: "changed_by")
  }
  type User @table(name: "App", key: ["pk", "sk"], where: { attribute: "kind", equals: "user" }) {
    pk: ID!  sk: ID!  name: String
  }
  type Order @table(name: "App", key: ["pk", "sk"], where: { attribute: "kind", beginsWith: "order/" }) {
    pk: ID!  sk: ID!  kind: String  name: String
  }
`;

const KEYS: Readonly<Record<string, readonly KeyAttribute[]>> = {
  Todos: [['id', 'S']],
  Products: [
    ['shop_id', 'S'],
    ['sku', 'N'],
  ],
  App: [
    ['pk', 'S'],
    ['sk', 'S'],
  ],
};

const BIG = '12345678901234567890123456789012345678';
const byToken: Identity = {
  kind: 'jwt',
  hash: 'j',
  claims: { provider: 'oidc', issuer: 'i', subject: 'user-1' },
};

const local = localTables(useDynamoDB());

describe.each<TablesWorld>([memoryTables, local])('Queries and mutations on tables in $name', (world) => {
  async function open(): Promise<Api> {
    return createApi({
      model: loadModel(SDL),
      tables: await world.open(KEYS),
      publish: async () => ({ eventId: '', matched: 0, sent: 0 }),
      logger: pino({ level: 'silent' }),
      clock: createVirtualClock(),
      pageSecret: 'secret of the test',
      // Room for an item that is too large for DynamoDB.
      limits: { ...DEFAULT_LIMITS, variableBytes: 1024 * 1024 },
    });
  }

  const CREATE =
    'mutation ($input: CreateTodoInput!) { createTodo(input: $input) { id title memo priority } }';

  test('create, read, update and delete an item with Japanese text', async () => {
    const api = await open();
    const item = {
      id: 'L5',
      title: 'プロフィールページ作成',
      memo: '分かりやすく端的に、且つ、魅力的に',
      priority: 3,
    };
    expect(await run(api, CREATE, { input: item })).toEqual({ data: { createTodo: item } });
    const get = 'query ($id: ID!) { getTodo(id: $id) { id title memo priority completed } }';
    expect(await run(api, get, { id: 'L5' })).toEqual({ data: { getTodo: { ...item, completed: null } } });
    expect(await run(api, get, { id: 'none' })).toEqual({ data: { getTodo: null } });

    const update =
      'mutation ($input: UpdateTodoInput!) { updateTodo(input: $input) { title memo completed } }';
    const changed = { title: item.title, memo: null, completed: true };
    expect(await run(api, update, { input: { id: 'L5', memo: null, completed: true } })).toEqual({
      data: { updateTodo: changed },
    });
    expect(await run(api, update, { input: { id: 'L5' } })).toEqual({ data: { updateTodo: changed } });

    const remove = 'mutation { deleteTodo(input: { id: "L5" }) { id title completed } }';
    expect(await run(api, remove)).toEqual({
      data: { deleteTodo: { id: 'L5', title: item.title, completed: true } },
    });
    expect(await run(api, get, { id: 'L5' })).toEqual({ data: { getTodo: null } });
  });

  test("answer a condition that does not hold in AppSync's own shape", async () => {
    const api = await open();
    await run(api, CREATE, { input: { id: '1', title: 'one' } });
    const failed = (field: string) => ({
      data: { [field]: null },
      errors: [
        {
          path: [field],
          data: null,
          errorType: CONDITION_FAILED,
          errorInfo: null,
          locations: [{ line: 1, column: 12, sourceName: null }],
          message: expect.stringMatching(/^The conditional request failed \(/),
          extensions: { code: 'CONDITION_FAILED' },
        },
      ],
    });
    const again = 'mutation { createTodo(input: { id: "1", title: "two" }) { id } }';
    expect(await run(api, again)).toEqual(failed('createTodo'));
    for (const input of ['{ id: "no", title: "x" }', '{ id: "no" }']) {
      expect(await run(api, `mutation { updateTodo(input: ${input}) { id } }`)).toEqual(failed('updateTodo'));
    }
    expect(await run(api, 'mutation { deleteTodo(input: { id: "no" }) { id } }')).toEqual(
      failed('deleteTodo'),
    );
    expect(await run(api, '{ getTodo(id: "1") { title } }')).toEqual({ data: { getTodo: { title: 'one' } } });
  });

  test('let one of two creations win', async () => {
    const api = await open();
    const titles = Array.from({ length: 8 }, (_, index) => `title ${index}`);
    const results = await Promise.all(titles.map((title) => run(api, CREATE, { input: { id: '1', title } })));
    const won = results.filter(({ errors }) => !errors);
    expect(won).toHaveLength(1);
    expect(results.filter(({ errors }) => errors?.[0]?.errorType === CONDITION_FAILED)).toHaveLength(7);
    const { data } = await run(api, '{ getTodo(id: "1") { id title memo priority } }');
    expect(won[0]?.data).toEqual({ createTodo: Object.values(data ?? {})[0] });
  });

  test('keep every digit and every kind of field under a composite key', async () => {
    const api = await open();
    const input = {
      shop: '店 1',
      sku: -7,
      price: BIG,
      status: 'OPEN',
      tags: ['a', 'b', 'a'],
      size: { width: 0.1, unit: 'cm' },
      meta: `{"__":[1,"2",null,true,{}],"n":${BIG},"s":"\\"7"}`,
      madeAt: '2026-01-02T03:04:05.678Z',
      changedBy: 'me',
    };
    const fields = 'shop sku price status tags size { width unit } meta madeAt changedBy';
    const create = `mutation ($input: CreateProductInput!) { createProduct(input: $input) { ${fields} } }`;
    expect(await run(api, create, { input })).toEqual({ data: { createProduct: input } });
    const get = `query ($shop: ID!, $sku: Int!) { getProduct(shop: $shop, sku: $sku) { ${fields} } }`;
    expect(await run(api, get, { shop: input.shop, sku: -7 })).toEqual({ data: { getProduct: input } });
    expect(await run(api, get, { shop: input.shop, sku: 7 })).toEqual({ data: { getProduct: null } });

    const update = `mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { changedBy price } }`;
    const change = { shop: input.shop, sku: -7, price: '0.10', changedBy: 'somebody else' };
    expect(await run(api, update, { input: change }, byToken)).toEqual({
      data: { updateProduct: { changedBy: 'user-1', price: '0.1' } },
    });
  });

  test('never find, change, delete or list an item of another type of the table', async () => {
    const api = await open();
    await run(api, 'mutation { createUser(input: { pk: "1", sk: "1", name: "user" }) { pk } }');
    const order =
      'mutation { createOrder(input: { pk: "1", sk: "2", kind: "order/1", name: "order" }) { kind } }';
    expect(await run(api, order)).toEqual({ data: { createOrder: { kind: 'order/1' } } });
    const wrong = 'mutation { createOrder(input: { pk: "1", sk: "3", kind: "user" }) { kind } }';
    expect(await run(api, wrong)).toMatchObject({
      data: { createOrder: null },
      errors: [{ extensions: { code: 'BAD_USER_INPUT' }, message: expect.stringContaining('order/') }],
    });
    expect(
      await run(api, '{ getOrder(pk: "1", sk: "1") { name } getUser(pk: "1", sk: "1") { name } }'),
    ).toEqual({
      data: { getOrder: null, getUser: { name: 'user' } },
    });
    const update = 'mutation { updateOrder(input: { pk: "1", sk: "1", name: "stolen" }) { name } }';
    expect(await run(api, update)).toMatchObject({ errors: [{ errorType: CONDITION_FAILED }] });
    const remove = 'mutation { deleteUser(input: { pk: "1", sk: "2" }) { name } }';
    expect(await run(api, remove)).toMatchObject({ errors: [{ errorType: CONDITION_FAILED }] });
    const lists =
      '{ listUsers(filter: { pk: { eq: "1" } }) { items { name } } listOrders { items { name } } }';
    expect(await run(api, lists)).toEqual({
      data: { listUsers: { items: [{ name: 'user' }] }, listOrders: { items: [{ name: 'order' }] } },
    });
  });

  test('list page after page, and refuse any token but its own', async () => {
    const api = await open();
    for (let id = 0; id < 7; id++) {
      await run(api, CREATE, { input: { id: `item-${id}`, title: 'できるかな?', priority: id % 2 } });
    }
    const list = `query ($filter: TableTodoFilterInput, $limit: Int, $nextToken: String) {
      listTodos(filter: $filter, limit: $limit, nextToken: $nextToken) { items { id } nextToken } }`;
    const page = async (variables: Variables) => {
      const { data, errors } = await run(api, list, variables);
      const listed: unknown = errors ?? Object.values(data ?? {})[0];
      return listed;
    };
    const filter = { priority: { eq: 1 } };
    const first = await page({ filter, limit: 2 });
    expect(first).toMatchObject({ nextToken: expect.any(String) });
    const token = String(Object(first).nextToken);
    expect(token).not.toContain('item-');
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('item-');
    const second = await page({ filter, limit: 2, nextToken: token });
    expect(second).toMatchObject({ nextToken: null });
    const ids = [first, second].flatMap((one) => Object(one).items).map(({ id }) => id);
    expect(ids.sort()).toEqual(['item-1', 'item-3', 'item-5']);

    const refused = [
      {
        path: ['listTodos'],
        message: 'nextToken: expected one of this list with the same filter, got another',
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ];
    const tampered = `${token.slice(0, 30)}${token[30] === 'A' ? 'B' : 'A'}${token.slice(31)}`;
    for (const nextToken of [tampered, '', 'AQ', token.slice(0, -4), 'A'.repeat(40_000)]) {
      expect(await page({ filter, nextToken })).toMatchObject(refused);
    }
    expect(await page({ nextToken: token })).toMatchObject(refused);
    for (const limit of [0, -1, 1001]) {
      expect(await page({ limit })).toMatchObject([
        { message: `limit: expected a whole number from 1 to 1000, got ${limit}` },
      ]);
    }
    expect(await page({ filter: null, limit: null })).toMatchObject({ nextToken: null });
  });

  test('tell input that cannot be stored by its field, and DynamoDB nothing of it', async () => {
    const api = await open();
    const create = async (input: Variables) => {
      const { errors } = await run(api, CREATE, { input });
      return errors?.map(({ message, extensions }) => `${extensions?.['code']} ${message}`).join();
    };
    expect(await create({ id: '', title: 'x' })).toMatch(/^BAD_USER_INPUT Todo.id: .* not empty/);
    expect(await create({ id: '1', title: '\ud800' })).toMatch(/^BAD_USER_INPUT Todo.title: .* surrogate/);
    expect(await create({ id: '1', title: 'x'.repeat(500_000) })).toMatch(/^BAD_USER_INPUT Todo: .* 409600/);
    const update = 'mutation { updateTodo(input: { id: "1", title: null }) { id } }';
    expect(await run(api, update)).toMatchObject({
      errors: [{ message: expect.stringMatching(/^Todo.title: Expected String! .* null/) }],
    });
    expect(await run(api, '{ getTodo(id: "") { id } }')).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });
});
