import { describe, expect, test } from '@jest/globals';
import { createTokenReader } from '../../fixtures/people.ts';
import { createTestRelay, type TestRelay, type TestRelayOptions, todoRecord } from '../../fixtures/relay.ts';

const PEOPLE = { alice: { subject: 'alice' }, boss: { subject: 'boss', groups: ['Boss'] } };

const SDL = `
type Todo @table(name: "Todos", writer: "updatedBy") @auth(rules: [{ allow: private }]) {
  id: ID!
  title: String
  pay: Int @auth(rules: [{ allow: groups, groups: ["Boss"] }])
  diary: String @auth(rules: [{ allow: owner }])
  owner: String
  updatedBy: String @auth(rules: [{ allow: groups, groups: ["Boss"] }])
  place: Place
  stops: [Place]
}
type Place { town: String  bell: String @auth(rules: [{ allow: private, operations: [create, update] }])  door: String @auth(rules: [{ allow: groups, groups: ["Boss"] }])  host: Host }
type Host { name: String  phone: String @auth(rules: [{ allow: groups, groups: ["Boss"] }]) }
type Subscription {
  onBossed: Todo @aws_subscribe(mutations: ["createTodo"]) @auth(rules: [{ allow: groups, groups: ["Boss"] }])
  onPaid(sum: Int @matches(field: "pay")): Todo @aws_subscribe(mutations: ["createTodo"])
}
`;

async function relayOf(options: TestRelayOptions = {}): Promise<TestRelay> {
  const relay = createTestRelay({ sdl: SDL, tokens: createTokenReader(PEOPLE), ...options });
  for (const name of Object.keys(PEOPLE)) {
    await relay.open(name, {
      headers: { authorization: name, 'sec-websocket-protocol': 'graphql-transport-ws' },
    });
    expect(await relay.send(name, { type: 'connection_init' })).toEqual({ type: 'connection_ack' });
  }
  return relay;
}

type Attributes = Readonly<Record<string, unknown>>;
const change = (relay: TestRelay, given: { readonly old?: Attributes; readonly new?: Attributes }) =>
  relay.deliver([
    todoRecord(relay.clock.now(), {
      ...(given.old && { oldImage: { id: { S: '1' }, ...given.old } }),
      ...(given.new && { newImage: { id: { S: '1' }, ...given.new } }),
    } as never),
  ]);
interface Payload {
  readonly data: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly errors?: readonly { readonly extensions: Attributes }[];
  readonly extensions: Attributes;
}
const payloads = (relay: TestRelay, name: string) =>
  relay.frames(name).map(({ payload }) => payload as Payload);
const refused = (message: string) => ({
  type: 'error',
  payload: [{ message, extensions: { code: 'FORBIDDEN' } }],
});

describe('C6 what may not be read cannot be asked after', () => {
  test('C6 by naming another as the writer to skip', async () => {
    const relay = await relayOf();
    const query = 'subscription { onCreateTodo { id } }';
    const skipping = (name: string, id: string, skipOwn: unknown) =>
      relay.subscribe(name, id, query, { extensions: { skipOwn } });
    expect(await skipping('alice', 'a', 'boss')).toMatchObject(
      refused('Filter: expected fields of Todo that you may read, got updatedBy'),
    );
    expect(await skipping('boss', 'b', 'alice')).toBeUndefined();
    // What one wrote oneself one knows.
    expect(await skipping('alice', 'c', true)).toBeUndefined();
    expect(await skipping('alice', 'd', 'alice')).toBeUndefined();
    await change(relay, { new: { updatedBy: { S: 'alice' } } });
    await change(relay, { new: { updatedBy: { S: 'boss' } } });
    expect(relay.frames('alice').map(({ id }) => id)).toEqual(['c', 'd']);
    expect(relay.frames('boss')).toHaveLength(1);
  });

  test.each([
    ['an argument of another name', 'subscription { onPaid(sum: 5) { id } }', 'pay'],
    [
      'that it is there',
      'subscription { onCreateTodo(filter: {pay: {attributeExists: false}}) { id } }',
      'pay',
    ],
    ['what it is not', 'subscription { onCreateTodo(filter: {not: {pay: {gt: 5}}}) { id } }', 'pay'],
    ['deep down', 'subscription { onCreateTodo(filter: {or: [{and: [{pay: {eq: 1}}]}, {}]}) { id } }', 'pay'],
    [
      'a filter that nothing can match',
      'subscription { onChangeTodo(filter: {pay: {in: []}}) { kind } }',
      'pay',
    ],
    [
      'several',
      'subscription { onCreateTodo(pay: 1, filter: {updatedBy: {ne: "x"}}) { id } }',
      'pay, updatedBy',
    ],
  ])('C6 by %s', async (_, query, fields) => {
    const relay = await relayOf();
    expect(await relay.subscribe('alice', 's', query)).toMatchObject(
      refused(`Filter: expected fields of Todo that you may read, got ${fields}`),
    );
    expect(await relay.subscribe('boss', 's', query)).toBeUndefined();
  });

  test('C6 by when an item comes into a filter, of items whose field one may not read', async () => {
    const relay = await relayOf();
    await relay.subscribe('alice', 's', 'subscription { onChangeTodo(filter: {diary: {eq: "x"}}) { kind } }');
    const [hers, other] = [{ owner: { S: 'alice' } }, { owner: { S: 'bob' } }];
    const diary = { diary: { S: 'x' } };
    await change(relay, { old: other, new: { ...other, ...diary } });
    await change(relay, { old: { ...other, ...diary }, new: other });
    await change(relay, { new: { ...other, ...diary } });
    await change(relay, { old: { ...other, ...diary } });
    expect(relay.frames('alice')).toEqual([]);
    await change(relay, { old: { ...other, ...diary }, new: { ...hers, ...diary } });
    await change(relay, { old: { ...hers, ...diary }, new: hers });
    expect(payloads(relay, 'alice').map(({ data }) => data)).toEqual([
      { onChangeTodo: { kind: 'ENTER' } },
      { onChangeTodo: { kind: 'LEAVE' } },
    ]);
  });
});

describe('C6 what may not be read does not show beside the data', () => {
  test('C6 a value that does not fit its field is an error to its reader alone', async () => {
    const relay = await relayOf();
    for (const name of ['alice', 'boss'])
      await relay.subscribe(
        name,
        's',
        'subscription { onCreateTodo { a: pay ...F } } fragment F on Todo { b: pay }',
      );
    await change(relay, { new: { pay: { S: 'CANARY' } } });
    const [alice, boss] = [payloads(relay, 'alice')[0], payloads(relay, 'boss')[0]];
    expect(alice).toEqual({ data: { onCreateTodo: { a: null, b: null } }, extensions: expect.anything() });
    expect(boss?.errors).toHaveLength(2);
  });

  test('C6 what is too large says how large what its reader would get is', async () => {
    const relay = await relayOf({ settings: { maxFrameBytes: 1_500 } });
    const query = 'subscription { onUpdateTodo { id title diary } }';
    await relay.subscribe('alice', 's', query);
    const long = { S: 'x'.repeat(2_000) };
    const bytesFor = async (diary: Attributes) => {
      await change(relay, {
        old: { owner: { S: 'bob' }, title: { S: '' } },
        new: { owner: { S: 'bob' }, title: long, ...diary },
      });
      const payload = payloads(relay, 'alice').at(-1);
      const error = payload?.errors?.[0];
      expect(error?.extensions).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', key: { id: '1' } });
      expect(payload?.extensions['updatedFields']).toEqual(['title']);
      return error?.extensions['bytes'];
    };
    // A field that may be read of other items, and here may not, is not named, and takes no more room for being long.
    const without = await bytesFor({});
    expect(await bytesFor({ diary: { S: 'a diary of '.repeat(500) } })).toBe(without);
  });

  test('C6 an object is not told as changed where what changed in it may not be read', async () => {
    const relay = await relayOf();
    for (const name of ['alice', 'boss'])
      await relay.subscribe(
        name,
        's',
        'subscription { onChangeTodo { updatedFields item { place { town door } } } }',
      );
    const place = (town: string, door: string, phone = '1', name = 'n') => ({
      M: { town: { S: town }, door: { S: door }, host: { M: { name: { S: name }, phone: { S: phone } } } },
    });
    const told = async (old: Attributes, now: Attributes) => {
      await change(relay, { old, new: now });
      return ['alice', 'boss'].map((name) => {
        const { data, extensions } = payloads(relay, name).at(-1) ?? {};
        const updatedFields = data?.['onChangeTodo']?.['updatedFields'];
        expect(extensions?.['updatedFields']).toEqual(updatedFields);
        return updatedFields;
      });
    };
    const was = { place: place('a', 'b'), stops: { L: [place('a', 'b')] } };
    expect(await told(was, { ...was, place: place('a', 'CANARY') })).toEqual([[], ['place']]);
    expect(await told(was, { ...was, place: place('a', 'b', '2') })).toEqual([[], ['place']]);
    expect(await told(was, { ...was, stops: { L: [place('a', 'c')] } })).toEqual([[], ['stops']]);
    expect(await told(was, { ...was, place: place('c', 'b') })).toEqual([['place'], ['place']]);
    expect(await told(was, { ...was, place: place('a', 'b', '1', 'm') })).toEqual([['place'], ['place']]);
    expect(await told(was, { ...was, stops: { L: [] } })).toEqual([['stops'], ['stops']]);
    expect(await told(was, { stops: { L: [place('c', 'b')] } })).toEqual([
      ['place', 'stops'],
      ['place', 'stops'],
    ]);
    const sent = payloads(relay, 'alice').map(({ data }) => data);
    expect(JSON.stringify(sent)).not.toContain('CANARY');
  });

  test('C6 objects in lists are redacted like any other', async () => {
    const relay = await relayOf();
    await relay.subscribe(
      'alice',
      's',
      'subscription { onCreateTodo { stops { town bell door host { name phone } } } }',
    );
    const stop = {
      M: {
        town: { S: 'a' },
        bell: { S: 'CANARY' },
        door: { S: 'CANARY' },
        host: { M: { name: { S: 'n' }, phone: { S: 'CANARY' } } },
      },
    };
    await change(relay, { new: { stops: { L: [stop, { NULL: true }, stop] } } });
    const seen = { town: 'a', bell: null, door: null, host: { name: 'n', phone: null } };
    expect(payloads(relay, 'alice')).toEqual([
      { data: { onCreateTodo: { stops: [seen, null, seen] } }, extensions: expect.anything() },
    ]);
  });
});

test('C6 a subscription that has rules of its own is for whom they let in, of those who may read its items', async () => {
  const relay = await relayOf();
  const query = 'subscription { onBossed { id } }';
  expect(await relay.subscribe('alice', 's', query)).toMatchObject(
    refused('Not Authorized to access onBossed on type Subscription'),
  );
  expect(await relay.subscribe('boss', 's', query)).toBeUndefined();
});

test('C6 who may read every item is told what was updated of one that came into their own filter', async () => {
  const relay = await relayOf();
  const query = 'subscription { onUpdateTodo(filter: {title: {eq: "b"}}) { id } }';
  await relay.subscribe('alice', 's', query);
  await change(relay, { old: { title: { S: 'a' } }, new: { title: { S: 'b' } } });
  expect(payloads(relay, 'alice')[0]?.extensions['updatedFields']).toEqual(['title']);
});
