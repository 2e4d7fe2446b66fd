import { describe, expect, test } from '@jest/globals';
import { createTokenReader } from '../../fixtures/people.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const PEOPLE = {
  alice: { subject: 'alice', groups: ['Red'] },
  bob: { subject: 'bob', groups: ['Red', 'Blue'] },
  eve: { subject: 'eve' },
  // Names that a text would be found in, and that a claim put together from two could be read as.
  ali: { subject: 'ali' },
  forged: { subject: 'eve', username: 'alice' },
};

async function relayOf(sdl: string, names: readonly (keyof typeof PEOPLE)[]): Promise<TestRelay> {
  const relay = createTestRelay({ sdl, tokens: createTokenReader(PEOPLE) });
  for (const name of names) {
    await relay.open(name, {
      headers: { authorization: name, 'sec-websocket-protocol': 'graphql-transport-ws' },
    });
    expect(await relay.send(name, { type: 'connection_init' })).toEqual({ type: 'connection_ack' });
  }
  return relay;
}

const datas = (relay: TestRelay, name: string) =>
  relay.frames(name).map((frame) => (frame['payload'] as { data: unknown }).data);

type Attributes = Record<string, unknown>;
const insert = (relay: TestRelay, newImage: Attributes) =>
  relay.deliver([todoRecord(relay.clock.now(), { eventName: 'INSERT', newImage } as never)]);
const remove = (relay: TestRelay, oldImage: Attributes, more: Attributes = {}) =>
  relay.deliver([todoRecord(relay.clock.now(), { eventName: 'REMOVE', oldImage, ...more } as never)]);

describe('C6 deny by default: owners, groups and lists', () => {
  const LISTED = `type Todo @table(name: "Todos") @auth(rules: [{ allow: owner, ownerField: "editors" }]) {
    id: ID!  title: String  editors: [String]
  }`;

  test.each([
    ['a list', { L: [{ S: 'alice' }, { S: 'bob' }] }],
    ['a set', { SS: ['alice', 'bob'] }],
  ])('C6 every member of %s is sent the item, and nobody whose name is part of one', async (_, editors) => {
    const relay = await relayOf(LISTED, ['alice', 'bob', 'eve', 'ali']);
    for (const name of ['alice', 'bob', 'eve', 'ali'])
      await relay.subscribe(name, 's', 'subscription { onCreateTodo { id } }');
    await insert(relay, { id: { S: '1' }, editors });
    expect(['alice', 'bob', 'eve', 'ali'].map((name) => relay.frames(name).length)).toEqual([1, 1, 0, 0]);
  });

  test('C6 a single text where the list should be is compared whole', async () => {
    const relay = await relayOf(LISTED, ['alice', 'ali']);
    for (const name of ['alice', 'ali'])
      await relay.subscribe(name, 's', 'subscription { onCreateTodo { id } }');
    await insert(relay, { id: { S: '1' }, editors: { S: 'alice' } });
    expect(['alice', 'ali'].map((name) => relay.frames(name).length)).toEqual([1, 0]);
  });

  test('C6 a group that the item names is read from the item, for groups of the token alone', async () => {
    const relay = await relayOf(
      `type Todo @table(name: "Todos") @auth(rules: [{ allow: groups, groupsField: "team" }]) { id: ID!  team: String }`,
      ['alice', 'bob', 'eve'],
    );
    for (const name of ['alice', 'bob'])
      await relay.subscribe(name, 's', 'subscription { onChangeTodo { kind item { id team } } }');
    expect(await relay.subscribe('eve', 's', 'subscription { onCreateTodo { id } }')).toMatchObject({
      type: 'error',
    });
    await insert(relay, { id: { S: '1' }, team: { S: 'Blue' } });
    expect(['alice', 'bob'].map((name) => relay.frames(name).length)).toEqual([0, 1]);
    await remove(relay, { id: { S: '2' }, team: { S: 'Red' } });
    expect(['alice', 'bob'].map((name) => relay.frames(name).length)).toEqual([1, 2]);
    await insert(relay, { id: { S: '3' } });
    await insert(relay, { id: { S: '4' }, team: { NULL: true } });
    expect(['alice', 'bob'].map((name) => relay.frames(name).length)).toEqual([1, 2]);
  });

  test('C6 a username makes nobody the owner that another subject is', async () => {
    const relay = await relayOf(
      `type Todo @table(name: "Todos") @auth(rules: [{ allow: owner }]) { id: ID!  owner: String }`,
      ['alice', 'forged'],
    );
    for (const name of ['alice', 'forged'])
      await relay.subscribe(name, 's', 'subscription { onCreateTodo { id } }');
    await insert(relay, { id: { S: '1' }, owner: { S: 'alice' } });
    await insert(relay, { id: { S: '2' }, owner: { S: 'eve::alice' } });
    expect(datas(relay, 'alice')).toEqual([{ onCreateTodo: { id: '1' } }]);
    expect(datas(relay, 'forged')).toEqual([{ onCreateTodo: { id: '2' } }]);
  });

  test('C6 an owner cannot widen what they may read by their own filter, however it is put', async () => {
    const relay = await relayOf(
      `type Todo @table(name: "Todos") @auth(rules: [{ allow: owner }]) { id: ID!  owner: String  title: String }`,
      ['alice'],
    );
    const filters = [
      '{ owner: { eq: "bob" } }',
      '{ or: [{ owner: { eq: "bob" } }, { title: { attributeExists: true } }] }',
      '{ not: { owner: { eq: "alice" } } }',
      '{ or: [{}] }',
      '{ owner: { in: ["bob", "alice"] } }',
    ];
    const subscribe = (id: string, argument: string) =>
      relay.subscribe('alice', id, `subscription { onCreateTodo(${argument}) { id } }`);
    for (const [index, filter] of filters.entries())
      expect(await subscribe(`s${index}`, `filter: ${filter}`)).toBeUndefined();
    expect(await subscribe('a', 'owner: "bob"')).toBeUndefined();
    expect(await subscribe('n', 'owner: null')).toBeUndefined();
    await insert(relay, { id: { S: '1' }, owner: { S: 'bob' }, title: { S: 't' } });
    await insert(relay, { id: { S: '2' }, title: { S: 't' } });
    expect(relay.frames('alice')).toEqual([]);
    // What is hers comes by those filters that it matches: they are live.
    await insert(relay, { id: { S: '3' }, owner: { S: 'alice' }, title: { S: 't' } });
    expect(relay.frames('alice').map(({ id }) => id)).toEqual(['s1', 's3', 's4']);
  });

  test('C6 an item that expires is told to its owner alone, as it was', async () => {
    const relay = await relayOf(
      `type Todo @table(name: "Todos") @auth(rules: [{ allow: owner }]) { id: ID!  owner: String }`,
      ['alice', 'bob'],
    );
    for (const name of ['alice', 'bob'])
      await relay.subscribe(name, 's', 'subscription { onDeleteTodo { id owner } }');
    await remove(relay, { id: { S: '1' }, owner: { S: 'alice' } }, { expired: true });
    expect(relay.frames('alice')).toMatchObject([
      { payload: { data: { onDeleteTodo: { id: '1', owner: 'alice' } }, extensions: { expired: true } } },
    ]);
    expect(relay.frames('bob')).toEqual([]);
  });
});

describe('C10 with rules work still follows matches', () => {
  test('C10 who may read the same fields shares one rendering, who may not has another', async () => {
    const relay = await relayOf(
      `type Todo @table(name: "Todos") @auth(rules: [{ allow: private }]) {
        id: ID!  pay: Int @auth(rules: [{ allow: groups, groups: ["Blue"] }])
      }`,
      ['alice', 'eve', 'ali', 'bob'],
    );
    for (const name of ['alice', 'eve', 'ali', 'bob'])
      await relay.subscribe(name, 's', 'subscription { onCreateTodo { id pay } }');
    relay.counters.take();
    await insert(relay, { id: { S: '1' }, pay: { N: '5' } });
    expect(relay.counters.take().get('renderings')).toBe(2);
    expect(datas(relay, 'bob')).toEqual([{ onCreateTodo: { id: '1', pay: 5 } }]);
    for (const name of ['alice', 'eve', 'ali'])
      expect(datas(relay, name)).toEqual([{ onCreateTodo: { id: '1', pay: null } }]);
  });

  test("C10 clients' own choices cannot use up what owners are found by", async () => {
    const relay = await relayOf(
      `type Todo @table(name: "Todos") @auth(rules: [{ allow: owner }, { allow: groups, groups: ["Blue"] }]) {
        id: ID!  owner: String  a: Int  b: Int  c: Int  d: Int
      }`,
      ['alice', 'bob'],
    );
    const sets = ['a', 'b', 'c', 'd', 'a b', 'a c', 'a d', 'b c', 'b d', 'c d', 'a b c'];
    for (const [index, names] of sets.entries()) {
      const args = names
        .split(' ')
        .map((name) => `${name}: 1`)
        .join(', ');
      await relay.subscribe('bob', `s${index}`, `subscription { onCreateTodo(${args}) { id } }`);
    }
    await relay.subscribe('alice', 's', 'subscription { onCreateTodo(a: 2, b: 3) { id } }');
    const shapes = (await relay.context.registry.shapes('Todos')).map(({ names }) => names.join(' '));
    expect(shapes).toContain('owner');
    await insert(relay, { id: { S: '1' }, owner: { S: 'alice' }, a: { N: '2' }, b: { N: '3' } });
    expect(datas(relay, 'alice')).toEqual([{ onCreateTodo: { id: '1' } }]);
  });
});

describe('C6 events that code publishes', () => {
  const SDL = `
    type Todo @table(name: "Todos") { id: ID! }
    type Note @auth(rules: [{ allow: owner, ownerField: "to" }]) { to: String  text: String }
    type Subscription { onNote: Note @published }
  `;

  test('C6 an event is sent to whom its rules name, and a table type without rules is nobody’s', async () => {
    const relay = await relayOf(SDL, ['alice', 'bob']);
    for (const name of ['alice', 'bob'])
      expect(await relay.subscribe(name, 's', 'subscription { onNote { text } }')).toBeUndefined();
    await relay.publish('onNote', { to: 'bob', text: 'hello' });
    expect(datas(relay, 'bob')).toEqual([{ onNote: { text: 'hello' } }]);
    expect(relay.frames('alice')).toEqual([]);
    expect(await relay.subscribe('alice', 't', 'subscription { onCreateTodo { id } }')).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'FORBIDDEN' } }],
    });
  });
});
