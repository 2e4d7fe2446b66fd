import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Image } from '../../src/change/change.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../fixtures/relay.ts';

/**
 * What other GraphQL subscription servers for API Gateway were measured to do wrong, each with the very input of the
 * measurement, on the whole relay:
 *
 * | measured fault | test |
 * |---|---|
 * | a nested filter never filters | a filter on a nested field is refused |
 * | a payload field that is null passes the filter, and so does one that is absent | a filter does not let pass |
 * | filters are the operation's variables: a literal or a renamed variable filters nothing | filters are the arguments |
 * | one gone client makes publish reject, and the next one, and the next one | a client that is gone |
 * | a gone client costs a Scan of the whole table | test/contract/registry-counting.test.ts, P11 and R2 |
 * | a 429 throws, or drops the message: one of two is lost | a 429 |
 * | a record without its new image, or of no shape at all, stops the healthy one after it | a poison record |
 * | a payload that does not decode is dropped without a log line | what is left out is logged |
 */

const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String  memo: String  priority: Int  tags: [String] }
type Alarm { level: Int  place: Place }
type Place { room: String }
type Subscription { onAlarm(filter: TableAlarmFilterInput): Alarm @published }
`;

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay({ sdl: SDL });
});

const insert = (id: string, fields: Image = {}) =>
  todoRecord(relay.clock.now(), { newImage: { id: { S: id }, ...fields } });

/** Connects and subscribes; a refusal is the caller's to look at. */
async function subscribe(id: string, query: string, variables: Record<string, unknown> = {}) {
  await relay.connect(id);
  return relay.subscribe(id, '1', query, { variables });
}
/** Ids of the items that were delivered to a connection. */
const delivered = (id: string) =>
  relay.connections.frames(id).map((frame) => {
    const { payload }: { readonly payload: { readonly data: { readonly onCreateTodo: { id: string } } } } =
      JSON.parse(frame);
    return payload.data.onCreateTodo.id;
  });

describe('filtering', () => {
  test('a filter on a nested field is refused by name, where it cannot be kept, and nothing is delivered by it', async () => {
    const refusal = await subscribe(
      'one',
      'subscription { onAlarm(filter: {place: {room: {eq: "1"}}}) { level } }',
    );
    expect(refusal).toMatchObject({
      type: 'error',
      id: '1',
      payload: [{ message: expect.stringContaining('"place"'), extensions: { code: expect.any(String) } }],
    });
    expect(await relay.publish('onAlarm', { level: 1, place: { room: '2' } })).toMatchObject({ matched: 0 });
    expect(relay.connections.frames('one')).toEqual([]);
  });

  test.each([
    ['an argument', 'title: "1"'],
    ['eq', 'filter: {title: {eq: "1"}}'],
    ['in', 'filter: {title: {in: ["1", "2"]}}'],
    ['beginsWith', 'filter: {title: {beginsWith: "1"}}'],
    ['contains', 'filter: {title: {contains: "1"}}'],
    ['between', 'filter: {title: {between: ["1", "2"]}}'],
    ['ge', 'filter: {title: {ge: "1"}}'],
    ['le', 'filter: {title: {le: "1"}}'],
    ['two, of which the other holds', 'title: "1", filter: {memo: {eq: "m"}}'],
  ])('C6 a filter by %s does not let pass what is null or absent', async (_, filter) => {
    await subscribe('one', `subscription { onCreateTodo(${filter}) { id } }`);
    const memo = { memo: { S: 'm' } };
    await relay.deliver([
      insert('null', { ...memo, title: { NULL: true } }),
      insert('absent', memo),
      insert('right', { ...memo, title: { S: '1' } }),
    ]);
    expect(delivered('one')).toEqual(['right']);
  });

  test('C6 filters are the arguments: a literal, a renamed variable, a default, and one named like another field', async () => {
    const on = (head: string, argument: string) => `subscription${head} { onCreateTodo(${argument}) { id } }`;
    await subscribe('literal', on('', 'title: "1"'));
    await subscribe('renamed', on('($anything: String)', 'title: $anything'), { anything: '1' });
    await subscribe('default', on('($t: String = "1")', 'title: $t'));
    await subscribe('crossed', on('($memo: String)', 'title: $memo'), { memo: '1' });
    await subscribe('unused', on('($title: String, $m: String)', 'title: $title, memo: $m'), {
      title: '1',
      unrelated: '2',
    });
    await relay.deliver([
      insert('a', { title: { S: '1' }, memo: { S: '2' } }),
      insert('b', { title: { S: '2' }, memo: { S: '1' } }),
    ]);
    for (const id of ['literal', 'renamed', 'default', 'crossed', 'unused']) {
      expect([id, delivered(id)]).toEqual([id, ['a']]);
    }
  });
});

describe('one client that fails costs only itself', () => {
  const clients = ['first', 'second', 'third'];

  test.each(['gone', 'goneNameless'] as const)(
    'C4 a client that is gone (%s) fails no delivery, is asked once, and is forgotten',
    async (outcome) => {
      for (const id of clients) await subscribe(id, 'subscription { onCreateTodo { id } }');
      // A young connection's 410 may be API Gateway's own lag.
      await relay.clock.advance(60_000);
      relay.connections.default('second', outcome);
      expect(await relay.deliver([insert('a')])).toEqual({});
      expect(await relay.context.registry.subscriptions('second')).toEqual([]);
      const asked = relay.connections.attempts('second').length;
      expect(await relay.deliver([insert('b')])).toEqual({});
      expect(relay.connections.attempts('second')).toHaveLength(asked);
      expect(asked).toBe(1);
      for (const id of ['first', 'third']) expect(delivered(id)).toEqual(['a', 'b']);
    },
  );

  test('C4 publish resolves, although one of those it is for is gone, and again after that', async () => {
    for (const id of clients) await subscribe(id, 'subscription { onAlarm { level } }');
    await relay.clock.advance(60_000);
    relay.connections.close('second');
    expect(await relay.publish('onAlarm', { level: 1 })).toMatchObject({ matched: 3, sent: 2 });
    expect(await relay.publish('onAlarm', { level: 2 })).toMatchObject({ matched: 2, sent: 2 });
    expect(relay.connections.frames('third')).toHaveLength(2);
  });

  test.each(['throttled', 'bufferFull'] as const)(
    'C2 a 429 (%s) loses no message, and keeps their order',
    async (outcome) => {
      for (const id of clients) await subscribe(id, 'subscription { onCreateTodo { id } }');
      relay.connections.script('second', outcome, 'sent', outcome);
      expect(await relay.deliver([insert('a'), insert('b')])).toEqual({});
      for (const id of clients) expect([id, delivered(id)]).toEqual([id, ['a', 'b']]);
    },
  );
});

describe('one record that fails costs only itself', () => {
  const withoutImage = () => {
    const { NewImage: _, ...body } = insert('x').dynamodb ?? {};
    return { ...insert('x'), dynamodb: body };
  };
  const poison = (): readonly (readonly [string, unknown])[] => [
    ['without its new image', withoutImage()],
    ['of no shape', { kind: 'something else' }],
    ['that is text', 'not json'],
    ['whose image is text', { ...insert('x'), dynamodb: { ...insert('x').dynamodb, NewImage: '{"id":' } }],
  ];

  test('C4 a poison record stops none of its neighbours, and is not asked for again', async () => {
    await subscribe('one', 'subscription { onCreateTodo { id } }');
    for (const [kind, record] of poison()) {
      expect([
        kind,
        await relay.deliver([insert(`before ${kind}`), record, insert(`after ${kind}`)]),
      ]).toEqual([kind, {}]);
    }
    expect(delivered('one')).toEqual(poison().flatMap(([kind]) => [`before ${kind}`, `after ${kind}`]));
  });

  test('C5 what is left out is logged with the reason and counted', async () => {
    await subscribe('one', 'subscription { onCreateTodo { id } }');
    const records = poison().map(([, record]) => record);
    await relay.deliver(records);
    const logged = relay.logs.filter(({ event }) => event === 'record.undecodable');
    expect(logged).toHaveLength(records.length);
    for (const line of logged) expect(line).toMatchObject({ level: 50, reason: expect.any(String) });
    expect(relay.counters.take().get('gap')).toBe(records.length);
    expect(relay.connections.frames('one')).toEqual([]);
  });
});
