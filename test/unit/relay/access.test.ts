import { describe, expect, test } from '@jest/globals';
import { createTokenReader, type Person } from '../../fixtures/people.ts';
import { createTestRelay, type TestRelay, type TestRelayOptions, todoRecord } from '../../fixtures/relay.ts';

const OWNED = `
type Todo @table(name: "Todos") @auth(rules: [{ allow: owner }, { allow: groups, groups: ["Admin"], operations: [read] }]) {
  id: ID!
  owner: String
  title: String
  secret: String @auth(rules: [{ allow: owner }])
  wages: Int @auth(rules: [{ allow: groups, groups: ["Payroll"] }])
}
`;

const ALICE: Person = { subject: 'alice' };
const BOB: Person = { subject: 'bob' };
const ADMIN: Person = { subject: 'ada', groups: ['Admin'] };
const PEOPLE = { alice: ALICE, bob: BOB, ada: ADMIN };

const CHANGES =
  'subscription { onChangeTodo { kind item { id owner title secret } previous { owner title secret } updatedFields } }';

const image = (owner: string, title: string, more: Record<string, unknown> = {}) => ({
  id: { S: '1' },
  owner: { S: owner },
  title: { S: title },
  secret: { S: `secret of ${owner}` },
  wages: { N: '7' },
  ...more,
});

async function relayOf(options: TestRelayOptions = {}): Promise<TestRelay> {
  const relay = createTestRelay({ sdl: OWNED, tokens: createTokenReader(PEOPLE), ...options });
  for (const name of Object.keys(PEOPLE)) await enter(relay, name);
  return relay;
}

async function enter(relay: TestRelay, name: string): Promise<void> {
  await relay.open(name, {
    headers: { authorization: name, 'sec-websocket-protocol': 'graphql-transport-ws' },
  });
  expect(await relay.send(name, { type: 'connection_init' })).toEqual({ type: 'connection_ack' });
}

const dataOf = (relay: TestRelay, name: string) =>
  relay.frames(name).map((frame) => (frame['payload'] as { data: Record<string, unknown> }).data);
const extensionsOf = (relay: TestRelay, name: string) =>
  relay.frames(name).map((frame) => (frame['payload'] as { extensions: Record<string, unknown> }).extensions);

const change = (relay: TestRelay, oldImage?: Record<string, unknown>, newImage?: Record<string, unknown>) =>
  relay.deliver([
    todoRecord(relay.clock.now(), {
      eventName: oldImage ? (newImage ? 'MODIFY' : 'REMOVE') : 'INSERT',
      ...(oldImage && { oldImage }),
      ...(newImage && { newImage }),
    } as never),
  ]);

describe('C6 deny by default: who may read what of a change', () => {
  test('C6 an owner is sent their own items and nobody else is, but a group that may read all', async () => {
    const relay = await relayOf();
    for (const name of Object.keys(PEOPLE))
      await relay.subscribe(name, 's', 'subscription { onCreateTodo { id title } }');
    await change(relay, undefined, image('alice', 'hers'));
    expect(dataOf(relay, 'alice')).toEqual([{ onCreateTodo: { id: '1', title: 'hers' } }]);
    expect(dataOf(relay, 'ada')).toEqual([{ onCreateTodo: { id: '1', title: 'hers' } }]);
    expect(relay.frames('bob')).toEqual([]);
  });

  test('C6 an item that goes from A to B leaves A without a byte of the new image and enters for B', async () => {
    const relay = await relayOf();
    for (const name of ['alice', 'bob']) await relay.subscribe(name, 's', CHANGES);
    await change(relay, image('alice', 'old-title'), image('bob', 'new-title'));
    expect(dataOf(relay, 'alice')).toEqual([
      {
        onChangeTodo: {
          kind: 'LEAVE',
          item: null,
          previous: { owner: 'alice', title: 'old-title', secret: 'secret of alice' },
          updatedFields: null,
        },
      },
    ]);
    expect(dataOf(relay, 'bob')).toEqual([
      {
        onChangeTodo: {
          kind: 'ENTER',
          item: { id: '1', owner: 'bob', title: 'new-title', secret: 'secret of bob' },
          previous: null,
          updatedFields: null,
        },
      },
    ]);
    const sent = JSON.stringify(relay.frames('alice'));
    expect(sent).not.toContain('bob');
    expect(sent).not.toContain('new-title');
    expect(JSON.stringify(relay.frames('bob'))).not.toContain('alice');
  });

  test('C6 with leave: keys A learns the key alone', async () => {
    const relay = await relayOf({ settings: { leave: 'keys' } });
    await relay.subscribe(
      'alice',
      's',
      'subscription { onChangeTodo { kind previous { id owner title secret } } }',
    );
    await change(relay, image('alice', 'old-title'), image('bob', 'new-title'));
    expect(dataOf(relay, 'alice')).toEqual([
      { onChangeTodo: { kind: 'LEAVE', previous: { id: '1', owner: null, title: null, secret: null } } },
    ]);
  });

  test('C6 who comes to own an item is not told what changed of the one before', async () => {
    const relay = await relayOf();
    for (const name of ['bob', 'ada'])
      await relay.subscribe(name, 's', 'subscription { onUpdateTodo { title } }');
    await change(relay, image('alice', 'old-title'), image('bob', 'new-title'));
    expect(dataOf(relay, 'bob')).toEqual([{ onUpdateTodo: { title: 'new-title' } }]);
    expect(extensionsOf(relay, 'bob')[0]).not.toHaveProperty('updatedFields');
    expect(extensionsOf(relay, 'ada')[0]?.['updatedFields']).toEqual(['owner', 'title']);
  });

  test('C6 a field is null for who may not read it, of this item or of any, and not named among the updated', async () => {
    const relay = await relayOf();
    const query = 'subscription { onUpdateTodo { title secret wages } }';
    for (const name of ['alice', 'ada']) await relay.subscribe(name, 's', query);
    await change(
      relay,
      image('alice', 'a', { secret: { S: 'one' } }),
      image('alice', 'b', { secret: { S: 'two' }, wages: { N: '8' } }),
    );
    expect(dataOf(relay, 'alice')).toEqual([{ onUpdateTodo: { title: 'b', secret: 'two', wages: null } }]);
    expect(dataOf(relay, 'ada')).toEqual([{ onUpdateTodo: { title: 'b', secret: null, wages: null } }]);
    expect(extensionsOf(relay, 'alice')[0]?.['updatedFields']).toEqual(['title', 'secret']);
    expect(extensionsOf(relay, 'ada')[0]?.['updatedFields']).toEqual(['title']);
  });

  test('C6 nobody can find out a field they may not read by filtering on it', async () => {
    const relay = await relayOf();
    const reply = await relay.subscribe('ada', 's', 'subscription { onCreateTodo(wages: 7) { id } }');
    expect(reply).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(JSON.stringify(reply)).toContain('wages');
    // Of some items she might: those alone are looked at, and none of them is hers.
    const query = 'subscription { onCreateTodo(filter: { not: { secret: { eq: "x" } } }) { id } }';
    expect(await relay.subscribe('ada', 't', query)).toBeUndefined();
    await change(relay, undefined, image('alice', 'hers'));
    expect(relay.frames('ada')).toEqual([]);
    await change(relay, undefined, image('ada', 'her own'));
    expect(relay.frames('ada').map(({ id }) => id)).toEqual(['t']);
  });

  test('C6 who has no claim that a rule reads is refused, in words that do not make a client try again', async () => {
    const relay = await relayOf();
    await relay.connect('keyed');
    expect(await relay.subscribe('keyed', 's', 'subscription { onCreateTodo { id } }')).toMatchObject({
      type: 'error',
      payload: [
        {
          message: 'Not Authorized to access onCreateTodo on type Subscription',
          extensions: { code: 'FORBIDDEN' },
        },
      ],
    });
  });

  test("C10 an owner's subscription is found by its owner: another's change reads no row of it", async () => {
    const relay = await relayOf();
    await relay.subscribe('alice', 's', 'subscription { onCreateTodo { id } }');
    const shapes = await relay.context.registry.shapes('Todos');
    expect(shapes.map(({ names }) => names)).toEqual([['owner']]);
  });

  test('C6 a subscription made under other rules is ended, not served', async () => {
    const before = await relayOf();
    await before.subscribe('alice', 's', 'subscription { onCreateTodo { id title } }');
    const after = createTestRelay({
      sdl: OWNED.replace('{ allow: owner }, ', ''),
      tokens: createTokenReader(PEOPLE),
      wrapRegistry: () => before.context.registry,
    });
    after.connections.open('alice');
    await change(after, undefined, image('alice', 'hers'));
    expect(after.frames('alice')).toMatchObject([
      { type: 'error', id: 's', payload: [{ extensions: { code: 'SCHEMA_CHANGED' } }] },
    ]);
  });
});
