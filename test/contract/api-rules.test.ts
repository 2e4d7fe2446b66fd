import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createApi } from '../../src/api/api.ts';
import type { Identity } from '../../src/auth/identity.ts';
import { loadModel } from '../../src/schema/load.ts';
import { createVirtualClock } from '../../src/testing/clock.ts';
import { useDynamoDB } from '../fixtures/dynamodb.ts';
import { CONDITION_FAILED, run, type Variables } from './api-operation.ts';
import { localTables, memoryTables, type TablesWorld } from './tables-worlds.ts';

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

const local = localTables(useDynamoDB());

describe.each<TablesWorld>([memoryTables, local])('C6 Rules on tables in $name', (world) => {
  async function open() {
    const api = createApi({
      model: loadModel(RULES),
      tables: await world.open({ Todos: [['id', 'S']] }),
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
