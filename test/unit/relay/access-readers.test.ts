import { describe, expect, test } from '@jest/globals';
import type { OperationContext } from '../../../src/api/ports.ts';
import type { Change } from '../../../src/change/change.ts';
import { deliveryGuards } from '../../../src/relay/deliver/delivery-guards.ts';
import { keyOf, payloadSource } from '../../../src/relay/deliver/payload-source.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { createTokenReader } from '../../fixtures/people.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

/** One connection, and operations with credentials of their own, as Amplify sends them. */

const SDL = `
type Todo @table(name: "Todos") @auth(rules: [{ allow: private }, { allow: private, provider: oidc }]) {
  id: ID!
  owner: String
  diary: String @auth(rules: [{ allow: owner }])
  whose: String @resolved
  slow: String @resolved @auth(rules: [{ allow: private }])
  friend: Person @resolved
  before: Todo @resolved
}
type Person @table(name: "People") @auth(rules: [{ allow: owner, ownerField: "id" }]) {
  id: ID!
  phone: String @auth(rules: [{ allow: groups, groups: ["Red"] }])
}
`;

async function connected(sleepMs = 0): Promise<TestRelay> {
  const end = Math.floor(Date.UTC(2026, 0, 1) / 1000);
  const relay: TestRelay = createTestRelay({
    sdl: SDL,
    tokens: createTokenReader({
      alice: { subject: 'alice' },
      red: { subject: 'alice', groups: ['Red'] },
      bob: { subject: 'bob' },
      stranger: { subject: 'alice', provider: 'oidc' },
      brief: { subject: 'alice', expiresAt: end + 3 },
    }),
    project: {
      resolvers: {
        Todo: {
          whose: (_: unknown, __: unknown, { identity }: OperationContext) =>
            identity.claims?.subject ?? null,
          slow: async () => {
            await relay.clock.sleep(sleepMs);
            return 'at last';
          },
          friend: (_: unknown, __: unknown, { tables }: OperationContext) =>
            tables['Person']?.get({ id: 'alice' }) ?? null,
          before: (_: unknown, __: unknown, { tables }: OperationContext) =>
            tables['Todo']?.get({ id: 'before' }) ?? null,
        },
      },
    },
  });
  const person = relay.context.model.types.get('Person');
  if (person) await relay.tables.create(person, { id: { S: 'alice' }, phone: { S: '555' } });
  const header = Buffer.from(JSON.stringify({ host: 'h', Authorization: 'bob' })).toString('base64url');
  await relay.open('c', { headers: { 'sec-websocket-protocol': `graphql-ws, header-${header}` } });
  expect(await relay.send('c', { type: 'connection_init' })).toEqual({ type: 'ka' });
  return relay;
}

async function start(relay: TestRelay, name: string, query: string): Promise<void> {
  const data = JSON.stringify({ query, variables: {} });
  const extensions = { authorization: { Authorization: name } };
  const reply = await relay.send('c', { type: 'start', id: name, payload: { data, extensions } });
  expect(reply).toEqual({ type: 'start_ack', id: name });
}
const create = (relay: TestRelay) =>
  relay.deliver([
    todoRecord(relay.clock.now(), {
      newImage: { id: { S: '1' }, owner: { S: 'alice' }, diary: { S: 'dear' } },
    }),
  ]);
const told = (relay: TestRelay) =>
  Object.fromEntries(
    relay
      .frames('c')
      .filter(({ type }) => type === 'data')
      .map(({ id, payload }) => [id, (payload as { data: { onCreateTodo: unknown } }).data.onCreateTodo]),
  );

describe('C6 each operation is rendered for the identity it was started with', () => {
  test('C6 whatever the connection, and others on it, may read', async () => {
    const relay = await connected();
    for (const name of ['bob', 'alice', 'stranger', 'red'])
      await start(relay, name, 'subscription { onCreateTodo { diary } }');
    relay.counters.take();
    await create(relay);
    expect(told(relay)).toEqual({
      alice: { diary: 'dear' },
      red: { diary: 'dear' },
      bob: { diary: null },
      // The same name, of another way to sign in that the rule does not mean.
      stranger: { diary: null },
    });
    expect(relay.counters.take().get('renderings')).toBe(3);
  });

  test('C6 what resolvers bring in is held against its own rules, for each reader alone', async () => {
    const relay = await connected();
    for (const name of ['bob', 'alice', 'red'])
      await start(relay, name, 'subscription { onCreateTodo { whose diary friend { id phone } } }');
    await create(relay);
    expect(told(relay)).toEqual({
      bob: { whose: 'bob', diary: null, friend: null },
      alice: { whose: 'alice', diary: 'dear', friend: { id: 'alice', phone: null } },
      red: { whose: 'alice', diary: 'dear', friend: { id: 'alice', phone: '555' } },
    });
  });
});

test('C6 a field of another item of its type is told to whom that item lets read it', async () => {
  const relay = await connected();
  const todo = relay.context.model.types.get('Todo');
  if (!todo) throw new Error('expected the type');
  await relay.tables.create(todo, { id: { S: 'before' }, owner: { S: 'bob' }, diary: { S: "bob's" } });
  for (const name of ['alice', 'bob', 'stranger'])
    await start(relay, name, 'subscription { onCreateTodo { diary before { id diary } } }');
  await create(relay);
  expect(told(relay)).toEqual({
    alice: { diary: 'dear', before: { id: 'before', diary: null } },
    bob: { diary: null, before: { id: 'before', diary: "bob's" } },
    stranger: { diary: null, before: { id: 'before', diary: null } },
  });
});

describe('S9 nothing is sent once a credential has expired', () => {
  test('C6 not even what resolvers were at work on until then', async () => {
    const relay = await connected(4_000);
    await start(relay, 'alice', 'subscription { onCreateTodo { slow } }');
    await start(relay, 'brief', 'subscription { onCreateTodo { slow } }');
    await create(relay);
    expect(told(relay)).toEqual({ alice: { slow: 'at last' } });
  });

  test('C6 nor what the gateway did not take until then; what else the connection is owed goes on', async () => {
    const relay = await connected();
    await start(relay, 'alice', 'subscription { onCreateTodo { id } }');
    await start(relay, 'brief', 'subscription { onCreateTodo { id } }');
    relay.connections.script('c', { status: 200 }, { status: 500, delayMs: 3_100 });
    await create(relay);
    expect(told(relay)).toEqual({ alice: { id: '1' } });
    await create(relay);
    expect(relay.frames('c').filter(({ id }) => id === 'alice')).toHaveLength(2);
  });
});

describe('C6 what a delivery vouches for', () => {
  const model = loadModel(SDL, { file: 'schema.graphql' });
  const [todo, person] = [model.types.get('Todo'), model.types.get('Person')];
  const change: Change = {
    eventId: 'e',
    eventName: 'MODIFY',
    table: 'Todos',
    streamArn: 'arn',
    sequenceNumber: '1',
    at: 0,
    keys: Object.create(null),
    newImage: Object.assign(Object.create(null), { id: { S: 'new' } }),
    oldImage: Object.assign(Object.create(null), { id: { S: 'old' } }),
    expired: false,
  };

  test('C6 no item but through its own rules, its own image as one of another type among them', () => {
    if (!todo || !person) throw new Error('expected both types');
    const access = { rules: todo.access?.fingerprint ?? '' };
    const { guards } = deliveryGuards({ record: 0, type: todo, change }, { access }, undefined);
    for (const item of [change.newImage, change.oldImage, undefined, {}])
      for (const type of [todo, person]) expect(guards?.mayReadItem(type, item)).toBe(false);
  });

  test('C6 of what leaves, the key is that of the old image, be it too large or told by its key alone', () => {
    if (!todo) throw new Error('expected the type');
    const typed = { record: 0, type: todo, change };
    expect(keyOf({ typed, kind: 'LEAVE' })).toEqual({ id: 'old' });
    for (const kind of ['UPDATE', 'ENTER', 'item'] as const)
      expect(keyOf({ typed, kind })).toEqual({ id: 'new' });
    expect(payloadSource({ typed, kind: 'LEAVE' }, 'keys', false, () => true)).toMatchObject({
      item: null,
      previous: { id: { S: 'old' } },
    });
  });
});
