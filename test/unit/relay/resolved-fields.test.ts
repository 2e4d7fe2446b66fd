import { beforeEach, describe, expect, test } from '@jest/globals';
import type { OperationContext } from '../../../src/api/ports.ts';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { createTestRelay, KEY, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String  ownerId: ID  owner: Person @resolved  mine: Boolean @resolved }
type Person @table(name: "People") { id: ID!  name: String }
`;
const tokens: TokenVerifier = {
  verify: async (token) => ({
    ok: true,
    identity: { kind: 'jwt', hash: `h-${token}`, claims: { issuer: 'https://issuer', subject: token } },
  }),
};

let relay: TestRelay;
let reads: number;
let resolved: number;
beforeEach(async () => {
  reads = 0;
  resolved = 0;
  relay = createTestRelay({
    sdl: SDL,
    tokens,
    project: {
      resolvers: {
        Todo: {
          owner: async ({ ownerId }: { ownerId: string }, _: unknown, { tables }: OperationContext) => {
            resolved += 1;
            return tables['Person']?.get({ id: ownerId }) ?? null;
          },
          mine: ({ ownerId }: { ownerId: string }, _: unknown, { identity }: OperationContext) => {
            if (ownerId === 'broken') throw new Error('CANARY detail');
            return identity.claims?.subject === ownerId;
          },
        },
      },
    },
  });
  const person = relay.context.model.types.get('Person');
  if (person) await relay.tables.create(person, { id: { S: 'ana' }, name: { S: 'アナ' } });
  const { get } = relay.tables;
  Object.assign(relay.tables, {
    get: (...given: Parameters<typeof get>) => {
      reads += 1;
      return get(...given);
    },
  });
});

async function subscribed(id: string, token: string | undefined, selection: string) {
  await relay.open(id, { headers: token ? { authorization: token } : { 'x-api-key': KEY } });
  await relay.send(id, { type: 'connection_init' });
  await relay.subscribe(id, '1', `subscription { onCreateTodo { ${selection} } }`);
}
const insert = (id: string, ownerId: string) =>
  todoRecord(relay.clock.now(), { newImage: { id: { S: id }, ownerId: { S: ownerId } } });
const todos = (id: string) =>
  relay.frames(id).map((frame) => JSON.parse(JSON.stringify(frame)).payload.data.onCreateTodo);

describe('fields that resolvers answer, at delivery', () => {
  test('run with the identity of each subscriber, and are never shared between two', async () => {
    await subscribed('a', 'ana', 'id mine');
    await subscribed('b', 'ben', 'id mine');
    await relay.deliver([insert('1', 'ana')]);
    expect(todos('a')).toEqual([{ id: '1', mine: true }]);
    expect(todos('b')).toEqual([{ id: '1', mine: false }]);
  });

  test('run once for all connections of one identity, and read each item once a batch', async () => {
    await subscribed('a', 'ana', 'id owner { name }');
    await subscribed('b', 'ana', 'id owner { name }');
    await relay.deliver([insert('1', 'ana'), insert('2', 'ana')]);
    expect(todos('b')).toEqual([
      { id: '1', owner: { name: 'アナ' } },
      { id: '2', owner: { name: 'アナ' } },
    ]);
    expect(todos('a')).toEqual(todos('b'));
    expect(resolved).toBe(2);
    expect(reads).toBe(1);
  });

  test('cost those nothing who did not select them: they share as before', async () => {
    await subscribed('a', 'ana', 'id');
    await subscribed('b', undefined, 'id');
    await relay.deliver([insert('1', 'ana')]);
    expect(resolved).toBe(0);
    expect(relay.logs.filter(({ event }) => event === 'stream.batch').at(-1)).toMatchObject({
      renderings: 1,
    });
  });

  test('that fail are a field error inside a payload that is delivered, and say nothing of ours', async () => {
    await subscribed('a', 'ana', 'id mine');
    await relay.deliver([insert('1', 'broken')]);
    const [frame] = relay.frames('a');
    expect(frame).toMatchObject({
      payload: {
        data: { onCreateTodo: { id: '1', mine: null } },
        errors: [{ path: ['onCreateTodo', 'mine'] }],
      },
    });
    expect(JSON.stringify(frame)).not.toContain('CANARY');
  });
});
