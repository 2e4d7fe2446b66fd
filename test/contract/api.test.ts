import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createApi } from '../../src/api/api.ts';
import type { Api, OperationResult } from '../../src/api/ports.ts';
import type { Identity } from '../../src/auth/identity.ts';
import { DEFAULT_LIMITS } from '../../src/protocol/limits.ts';
import { loadModel } from '../../src/schema/load.ts';
import { createVirtualClock } from '../../src/testing/clock.ts';
import { useDynamoDB } from '../fixtures/dynamodb.ts';
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
const byKey: Identity = { kind: 'api-key', hash: 'k' };
const byToken: Identity = {
  kind: 'jwt',
  hash: 'j',
  claims: { provider: 'oidc', issuer: 'i', subject: 'user-1' },
};
const CONDITION_FAILED = 'DynamoDB:ConditionalCheckFailedException';

type Variables = Readonly<Record<string, unknown>>;

async function run(
  api: Api,
  query: string,
  variables: Variables = {},
  identity = byKey,
): Promise<OperationResult> {
  const checked = api.check({ query, variables });
  if (!checked.ok) return { errors: checked.errors };
  if (checked.kind === 'subscription') throw new Error('expected a query or mutation, came a subscription');
  const result = await api.run(checked, { query, variables }, { identity });
  return JSON.parse(JSON.stringify(result));
}

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

const RULES = `
  type Todo @table(name: "Todos") @auth(rules: [
    { allow: owner }
    { allow: owner, ownerField: "editors", operations: [read, update] }
    { allow: groups, groups: ["Admin"] }
  ]) {
    id: ID!  title: String  owner: ID  editors: [String]
    secret: String @auth(rules: [{ allow: owner }])
  }
`;

function userOf(subject: string, groups: readonly string[] = []): Identity {
  return {
    kind: 'jwt',
    hash: subject,
    claims: { provider: 'userPools', issuer: 'i', subject, ...(groups.length > 0 && { groups }) },
  };
}

describe.each<TablesWorld>([memoryTables, local])('C6 Rules on tables in $name', (world) => {
  async function open() {
    const api = createApi({
      model: loadModel(RULES),
      tables: await world.open(KEYS),
      publish: async () => ({ eventId: '', matched: 0, sent: 0 }),
      logger: pino({ level: 'silent' }),
      clock: createVirtualClock(),
      pageSecret: 'secret of the test',
    });
    return (query: string, identity: Identity, variables: Variables = {}) =>
      run(api, query, variables, identity);
  }
  const [ann, bob, eve, admin] = [userOf('ann'), userOf('bob'), userOf('eve'), userOf('root', ['Admin'])];
  const CREATE = 'mutation ($input: CreateTodoInput!) { createTodo(input: $input) { id owner secret } }';
  const UPDATE = 'mutation ($input: UpdateTodoInput!) { updateTodo(input: $input) { title owner } }';
  const LIST =
    'query ($filter: TableTodoFilterInput, $token: String) { listTodos(filter: $filter, limit: 2, nextToken: $token) { items { id } nextToken } }';

  test('guard every operation of an owner, of an editor and of a group', async () => {
    const ask = await open();
    const input = { id: '1', title: 'one', secret: 's', editors: ['eve'] };
    expect(await ask(CREATE, ann, { input })).toEqual({
      data: { createTodo: { id: '1', owner: 'ann', secret: 's' } },
    });
    expect((await ask(CREATE, bob, { input: { id: '2', owner: 'ann' } })).errors).toMatchObject([
      { errorType: 'Unauthorized', extensions: { code: 'FORBIDDEN' } },
    ]);
    const get = '{ getTodo(id: "1") { title secret } missing: getTodo(id: "2") { id } }';
    expect(await ask(get, ann)).toEqual({ data: { getTodo: { title: 'one', secret: 's' }, missing: null } });
    for (const identity of [eve, admin]) {
      expect(await ask(get, identity)).toEqual({
        data: { getTodo: { title: 'one', secret: null }, missing: null },
      });
    }
    expect(await ask(get, bob)).toEqual({ data: { getTodo: null, missing: null } });

    const failures = [
      await ask(UPDATE, bob, { input: { id: '1', title: 'stolen' } }),
      await ask(UPDATE, bob, { input: { id: '1', owner: 'bob' } }),
      await ask(UPDATE, bob, { input: { id: 'none', title: 'x' } }),
      await ask(UPDATE, eve, { input: { id: '1', secret: null } }),
      // Who would be no editor any more must still be the owner.
      await ask(UPDATE, eve, { input: { id: '1', editors: [] } }),
    ];
    for (const { errors } of failures) {
      expect(errors).toEqual(failures[0]?.errors);
      expect(errors).toMatchObject([{ errorType: CONDITION_FAILED }]);
    }
    for (const identity of [bob, eve]) {
      expect(await ask('mutation { deleteTodo(input: { id: "1" }) { id } }', identity)).toMatchObject({
        errors: [{ errorType: CONDITION_FAILED }],
      });
    }
    expect(await ask(UPDATE, eve, { input: { id: '1', title: 'edited' } })).toMatchObject({
      data: { updateTodo: { title: 'edited', owner: 'ann' } },
    });
    expect(await ask(UPDATE, ann, { input: { id: '1', owner: 'bob', editors: [] } })).toMatchObject({
      errors: [{ errorType: 'Unauthorized' }],
    });
    expect(await ask('mutation { deleteTodo(input: { id: "1" }) { secret } }', ann)).toEqual({
      data: { deleteTodo: { secret: 's' } },
    });
  });

  test('list to each their own, page by page, and filters cannot reach beyond', async () => {
    const ask = await open();
    for (let index = 0; index < 6; index++) {
      const owner = index % 2 === 0 ? 'ann' : 'bob';
      const editors = index === 5 ? ['ann'] : [];
      await ask(CREATE, admin, { input: { id: String(index), owner, editors } });
    }
    const ids = async (identity: Identity, filter: unknown = null) => {
      const found: unknown[] = [];
      let token: unknown = null;
      do {
        const { data } = await ask(LIST, identity, { filter, token });
        const { items, nextToken } = Object(data).listTodos;
        found.push(...items.map(({ id }: { readonly id: unknown }) => id));
        token = nextToken;
      } while (token !== null);
      return found.sort();
    };
    expect(await ids(ann)).toEqual(['0', '2', '4', '5']);
    expect(await ids(bob)).toEqual(['1', '3', '5']);
    expect(await ids(eve)).toEqual([]);
    expect(await ids(admin)).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(await ids(ann, { or: [{ owner: { eq: 'bob' } }, { id: { eq: '0' } }] })).toEqual(['0', '5']);
    expect(await ids(ann, { not: { secret: { eq: 'x' } } })).toEqual(['0', '2', '4']);

    const { data } = await ask(LIST, ann);
    const token = Object(data).listTodos.nextToken;
    expect(await ask(LIST, bob, { token })).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  test('hold at the moment of a write: what was handed on is not changed by who had it', async () => {
    const ask = await open();
    for (let round = 0; round < 3; round++) {
      const id = `r${round}`;
      await ask(CREATE, admin, { input: { id, owner: 'ann', title: 'old' } });
      const [, late] = await Promise.all([
        ask(UPDATE, admin, { input: { id, owner: 'bob' } }),
        ask(UPDATE, ann, { input: { id, title: 'by ann' } }),
      ]);
      const { data } = await ask(`{ getTodo(id: "${id}") { title owner } }`, admin);
      const title = late.errors ? 'old' : 'by ann';
      expect(data).toEqual({ getTodo: { title, owner: 'bob' } });
      expect(await ask(UPDATE, ann, { input: { id, title: 'too late' } })).toMatchObject({
        errors: [{ errorType: CONDITION_FAILED }],
      });
    }
  });
});
