import { beforeEach, describe, expect, test } from '@jest/globals';
import type { OperationContext } from '../../../src/api/ports.ts';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
import { MATCH_ALL } from '../../../src/filter/expression.ts';
import { createTestRelay, KEY, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String  ownerId: ID  owner: Person @resolved  mine: Boolean @resolved  secret: String @resolved }
type Person @table(name: "People") { id: ID!  name: String }
`;
/** A token is its own subject here; after a colon come the groups it puts the subject in. */
const tokens: TokenVerifier = {
  verify: async (token) => {
    const [subject = '', ...groups] = token.split(':');
    const claims = {
      provider: 'oidc' as const,
      issuer: 'https://issuer',
      subject,
      ...(groups.length > 0 && { groups }),
    };
    return { ok: true, identity: { kind: 'jwt', hash: `h-${subject}`, claims } };
  },
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
            if (ownerId === 'hangs') return relay.clock.sleep(3_600_000);
            return identity.claims?.subject === ownerId;
          },
          secret: (_: unknown, __: unknown, { identity }: OperationContext) =>
            identity.claims?.groups?.includes('admins') ? 'for admins' : null,
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

  test.each([
    ['first', ['a', 'b']],
    ['last', ['b', 'a']],
  ])(
    'are not shared between two tokens of one subject with other claims, the mightier one %s',
    async (_, order) => {
      for (const id of order) await subscribed(id, id === 'a' ? 'ana:admins' : 'ana', 'id secret');
      await relay.deliver([insert('1', 'ana')]);
      expect(todos('a')).toEqual([{ id: '1', secret: 'for admins' }]);
      expect(todos('b')).toEqual([{ id: '1', secret: null }]);
    },
  );

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

  test('C4 isolation: a resolver that hangs costs a batch its time limit once, and each change is told all the same', async () => {
    await subscribed('a', 'ana', 'id mine');
    await subscribed('b', 'ben', 'id');
    const records = Array.from({ length: 20 }, (_, n) => insert(`${n}`, 'hangs'));
    const began = relay.clock.now();
    expect(await relay.deliver(records, () => 60_000 - (relay.clock.now() - began))).toEqual({});
    expect(relay.clock.now() - began).toBe(10_000);
    expect(relay.frames('b')).toHaveLength(20);
    const frames = relay.frames('a');
    expect(frames).toHaveLength(20);
    expect(frames[0]).toMatchObject({ payload: { data: { onCreateTodo: { id: '0', mine: null } } } });
    for (const frame of frames.slice(1)) {
      expect(frame).toMatchObject({
        payload: {
          data: { onCreateTodo: null },
          errors: [{ message: 'Internal error; read the item again' }],
          extensions: { eventId: expect.any(String) },
        },
      });
    }
    // The next batch gives it a new chance.
    await relay.deliver([insert('x', 'ana')]);
    expect(todos('a').at(-1)).toEqual({ id: 'x', mine: true });
  });

  test('C5 no silent gap: a subscription from before its field had a resolver is ended, and none runs for nobody', async () => {
    // As a process of the version before it has it: the same selection, for nobody in particular.
    await relay.connect('old');
    const text = 'subscription{onCreateTodo{id mine}}';
    const outcome = relay.context.registry.subscribe({
      connectionId: 'old',
      clientId: '1',
      field: 'onCreateTodo',
      table: 'Todos',
      alternatives: [new Map()],
      filter: canonicalFilter(MATCH_ALL),
      document: { hash: 'before', text },
      renderingKey: 'before',
      dialect: 'graphql-transport-ws',
      stage: 'test',
      activatedAt: relay.clock.now(),
      expiresAt: Math.floor(relay.clock.now() / 1_000) + 7_800,
      subscriber: { identityHash: 'anyone' },
      maxOnConnection: 100,
    });
    expect(await relay.clock.run(outcome)).toBe('active');
    await relay.deliver([insert('1', 'ana')]);
    expect(relay.frames('old')).toEqual([
      {
        type: 'error',
        id: '1',
        payload: [expect.objectContaining({ extensions: { code: 'SCHEMA_CHANGED' } })],
      },
    ]);
    expect(await relay.clock.run(relay.context.registry.subscriptions('old'))).toEqual([]);
  });
});
