import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Image } from '../../../src/change/change.ts';
import { TablecastError } from '../../../src/errors.ts';
import { readLostBatch, reportGap } from '../../../src/relay/gap.ts';
import { streamArnOf } from '../../fixtures/records.ts';
import { createTestRelay, drive, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

const todo = (id: string, fields: Image = {}): Image => ({
  id: { S: id },
  title: { S: `title of ${id}` },
  ...fields,
});
const priority = (value: number): Image => ({ priority: { N: String(value) } });

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay();
});

const record = (description: Parameters<typeof todoRecord>[1]) => todoRecord(relay.clock.now(), description);
const insert = (id: string, fields?: Image) => record({ newImage: todo(id, fields) });
const modify = (id: string, before: Image, after: Image) =>
  record({ oldImage: todo(id, before), newImage: todo(id, after) });
const remove = (id: string, fields?: Image) => record({ oldImage: todo(id, fields) });

async function subscribed(id: string, query: string, clientId = '1') {
  if (!(await relay.context.registry.connection(id))) await relay.connect(id);
  const reply = await relay.subscribe(id, clientId, query);
  if (reply) throw new Error(`not subscribed: ${JSON.stringify(reply)}`);
}
/** The `data` of each payload a connection got. */
const data = (id: string) => relay.frames(id).map((frame) => (frame['payload'] as { data?: unknown }).data);
const payloads = (id: string) => relay.frames(id).map((frame) => frame['payload']);
const ids = (id: string, field = 'onCreateTodo') =>
  data(id).map((entry) => (entry as Record<string, { id: string }>)[field]?.id);

describe('who gets what', () => {
  test('create, update and delete each reach their own subscribers, with the image that fits', async () => {
    await subscribed('create', 'subscription { onCreateTodo { id priority } }');
    await subscribed('update', 'subscription { onUpdateTodo { id priority } }');
    await subscribed('delete', 'subscription { onDeleteTodo { id priority } }');
    await relay.deliver([
      insert('a', priority(1)),
      modify('a', priority(1), priority(2)),
      remove('a', priority(2)),
    ]);
    expect(data('create')).toEqual([{ onCreateTodo: { id: 'a', priority: 1 } }]);
    expect(data('update')).toEqual([{ onUpdateTodo: { id: 'a', priority: 2 } }]);
    expect(data('delete')).toEqual([{ onDeleteTodo: { id: 'a', priority: 2 } }]);
  });

  test('an update that leaves the filter is a LEAVE of onChange and nothing of onUpdate, also by the routed field', async () => {
    await subscribed(
      'change',
      'subscription { onChangeTodo(priority: 1) { kind item { priority } previous { priority } updatedFields } }',
    );
    await subscribed('update', 'subscription { onUpdateTodo(priority: 1) { id } }');
    await relay.deliver([
      insert('a', priority(1)),
      modify('a', priority(1), { ...priority(1), memo: { S: 'm' } }),
      modify('a', { ...priority(1), memo: { S: 'm' } }, priority(2)),
      modify('a', priority(2), priority(1)),
      remove('a', priority(1)),
    ]);
    const one = { priority: 1 };
    expect(data('change')).toEqual([
      { onChangeTodo: { kind: 'ENTER', item: one, previous: null, updatedFields: null } },
      { onChangeTodo: { kind: 'UPDATE', item: one, previous: one, updatedFields: ['memo'] } },
      { onChangeTodo: { kind: 'LEAVE', item: null, previous: one, updatedFields: null } },
      { onChangeTodo: { kind: 'ENTER', item: one, previous: null, updatedFields: null } },
      { onChangeTodo: { kind: 'LEAVE', item: null, previous: one, updatedFields: null } },
    ]);
    expect(data('update')).toHaveLength(2);
  });

  test('C6 nothing of the new image leaves with a LEAVE, in the data or beside it', async () => {
    await subscribed(
      'change',
      'subscription { onChangeTodo(title: "mine") { kind item { id title memo } previous { id title memo } updatedFields } }',
    );
    await relay.deliver([
      record({
        oldImage: { id: { S: 'a' }, title: { S: 'mine' } },
        newImage: { id: { S: 'a' }, title: { S: 'CANARY' }, memo: { S: 'CANARY' } },
      }),
    ]);
    const [frame] = relay.connections.frames('change');
    expect(frame).toContain('LEAVE');
    expect(frame).not.toContain('CANARY');
    expect(frame).not.toContain('"updatedFields":[');
  });

  test('with leave: keys a LEAVE carries the key of the old image alone', async () => {
    relay = createTestRelay({ settings: { leave: 'keys' } });
    await subscribed(
      'change',
      'subscription { onChangeTodo(priority: 1) { kind previous { id priority memo } } }',
    );
    await relay.deliver([remove('a', { ...priority(1), memo: { S: 'm' } })]);
    expect(data('change')).toEqual([
      { onChangeTodo: { kind: 'LEAVE', previous: { id: 'a', priority: null, memo: null } } },
    ]);
  });

  test.each<[string, string, string[]]>([
    ['equality', 'priority: 2', ['b']],
    ['two equalities', 'priority: 2, title: "title of a"', []],
    ['a range', 'filter: {priority: {ge: 2}}', ['b', 'c']],
    ['or', 'filter: {or: [{priority: {eq: 1}}, {title: {eq: "title of c"}}]}', ['a', 'c']],
    ['in', 'filter: {priority: {in: [1, 3]}}', ['a', 'c']],
    ['not', 'filter: {not: {priority: {eq: 1}}}', ['b', 'c', 'd']],
    ['in nothing', 'filter: {priority: {in: []}}', []],
    ['an explicit null', 'priority: null', ['d']],
    ['an argument and a filter', 'priority: 2, filter: {title: {beginsWith: "title"}}', ['b']],
    ['nothing', 'filter: {}', ['a', 'b', 'c', 'd']],
  ])('filter by %s', async (_, argument, expected) => {
    await subscribed('c', `subscription { onCreateTodo(${argument}) { id } }`);
    await relay.deliver([
      insert('a', priority(1)),
      insert('b', priority(2)),
      insert('c', priority(3)),
      insert('d'),
    ]);
    expect(ids('c')).toEqual(expected);
  });

  test('an argument whose variable was not given does not filter, an explicit null does', async () => {
    await relay.connect('c');
    const query = 'subscription S($p: Int) { onCreateTodo(priority: $p) { id } }';
    await relay.subscribe('c', 'absent', query, { variables: {} });
    await relay.subscribe('c', 'null', query, { variables: { p: null } });
    await relay.deliver([insert('a', priority(1))]);
    expect(relay.frames('c').map((frame) => frame['id'])).toEqual(['absent']);
  });

  test('fields called constructor and toString filter by variable like any other', async () => {
    relay = createTestRelay({
      sdl: 'type Odd @table { id: ID! constructor: String toString: Int }',
    });
    await relay.connect('c');
    const query = 'subscription S($f: TableOddFilterInput) { onCreateOdd(filter: $f) { id constructor } }';
    expect(
      await relay.subscribe('c', '1', query, { variables: { f: { toString: { ge: 2 } } } }),
    ).toBeUndefined();
    const odd = (id: string, value: number) =>
      record({
        table: 'Odd',
        newImage: { id: { S: id }, ...Object.fromEntries([['toString', { N: String(value) }]]) },
      });
    await relay.deliver([odd('a', 1), odd('b', 2)]);
    expect(data('c')).toEqual([{ onCreateOdd: { id: 'b', constructor: null } }]);
  });

  test('a subscription found by several of its keys gets one payload a record', async () => {
    await subscribed(
      'c',
      'subscription { onChangeTodo(filter: {or: [{priority: {eq: 1}}, {priority: {eq: 2}}]}) { kind } }',
    );
    await relay.deliver([modify('a', priority(1), priority(2))]);
    expect(data('c')).toEqual([{ onChangeTodo: { kind: 'UPDATE' } }]);
  });

  test('removal by time to live is a delete that says so', async () => {
    await subscribed('c', 'subscription { onDeleteTodo { id } }');
    await relay.deliver([record({ oldImage: todo('a'), expired: true })]);
    expect(payloads('c')).toEqual([
      expect.objectContaining({
        data: { onDeleteTodo: { id: 'a' } },
        extensions: expect.objectContaining({ expired: true }),
      }),
    ]);
  });

  test('what is certainly older than the subscription is dropped; in doubt it is delivered', async () => {
    await subscribed('c', 'subscription { onCreateTodo { id } }');
    const now = relay.clock.now();
    await relay.deliver([
      todoRecord(now - 6_001, { newImage: todo('old') }),
      todoRecord(now - 6_000, { newImage: todo('doubtful') }),
    ]);
    expect(ids('c')).toEqual(['doubtful']);
  });

  test('a disconnected client is owed nothing, a completed operation neither', async () => {
    await subscribed('gone', 'subscription { onCreateTodo { id } }');
    await subscribed('c', 'subscription { onCreateTodo { id } }');
    await relay.disconnect('gone');
    await relay.send('c', { type: 'complete', id: '1' });
    await relay.deliver([insert('a')]);
    expect(relay.connections.posts).toBe(0);
  });
});

describe('payloads', () => {
  test('carry event id, sequence number and time, and on updates what differs', async () => {
    await subscribed('c', 'subscription { onUpdateTodo { id } }');
    const change = modify('a', priority(1), priority(2));
    await relay.deliver([change]);
    expect(payloads('c')).toEqual([
      {
        data: { onUpdateTodo: { id: 'a' } },
        extensions: {
          eventId: change.eventID,
          sequenceNumber: change.dynamodb?.SequenceNumber,
          approximateCreationTime: new Date(relay.clock.now()).toISOString(),
          updatedFields: ['priority'],
        },
      },
    ]);
  });

  test('C2 a redelivered record has the same event id', async () => {
    await subscribed('c', 'subscription { onCreateTodo { id } }');
    const change = insert('a');
    await relay.deliver([change]);
    await relay.deliver([change]);
    const [first, second] = relay.connections.frames('c');
    expect(second).toBe(first);
  });

  test('an attribute that does not fit is a field error inside a delivered payload', async () => {
    await subscribed('c', 'subscription { onCreateTodo { id priority title } }');
    await relay.deliver([
      insert('a', { priority: { S: 'high' } }),
      insert('b', { priority: { N: '2147483648' } }),
    ]);
    expect(payloads('c')).toEqual([
      expect.objectContaining({
        data: { onCreateTodo: { id: 'a', priority: null, title: 'title of a' } },
        errors: [
          expect.objectContaining({
            path: ['onCreateTodo', 'priority'],
            message: expect.stringContaining('Int'),
          }),
        ],
      }),
      expect.objectContaining({
        errors: [expect.objectContaining({ message: expect.stringContaining('32') })],
      }),
    ]);
  });

  test('a missing attribute of a non-null field leaves the root null, never data', async () => {
    await subscribed('c', 'subscription { onCreateTodo { id title } }');
    await relay.deliver([record({ newImage: { id: { S: 'a' } } })]);
    expect(payloads('c')).toEqual([
      expect.objectContaining({
        data: { onCreateTodo: null },
        errors: [expect.objectContaining({ path: ['onCreateTodo', 'title'] })],
      }),
    ]);
  });

  test('aliases, fragments, directives and __typename come out as asked for', async () => {
    await relay.connect('c');
    await relay.subscribe(
      'c',
      '1',
      `subscription S($no: Boolean!) { made: onCreateTodo { __typename key: id ...Rest ... on Todo { priority @skip(if: $no) } memo @include(if: $no) } }
       fragment Rest on Todo { title }`,
      { variables: { no: true } },
    );
    await relay.deliver([insert('a', { ...priority(1), memo: { S: 'm' } })]);
    expect(data('c')).toEqual([{ made: { __typename: 'Todo', key: 'a', title: 'title of a', memo: 'm' } }]);
  });

  test('C10 equal selections are rendered once a change, however they were written and whatever they filter by', async () => {
    const queries = [
      'subscription { onCreateTodo { id title } }',
      'subscription Named { onCreateTodo(priority: 1) { id, title } }',
      'subscription { onCreateTodo(filter: {title: {ne: "x"}}) { ...F } } fragment F on Todo { id title }',
      'subscription { onCreateTodo { ... on Todo { id } title } }',
    ];
    for (const [index, query] of queries.entries()) await subscribed(`c${index}`, query);
    await subscribed('other', 'subscription { onCreateTodo { title id } }');
    await relay.deliver([insert('a', priority(1)), insert('b', priority(1))]);
    for (const index of queries.keys()) expect(ids(`c${index}`)).toEqual(['a', 'b']);
    const batch = relay.logs.find(({ event }) => event === 'stream.batch');
    expect(batch).toMatchObject({ renderings: 4, matched: 10, sent: 10 });
  });

  test('too large for a frame: told with key, event and size, and the subscription stays', async () => {
    await subscribed('c', 'subscription { onCreateTodo { id memo } }');
    await subscribed('small', 'subscription { onCreateTodo { id } }');
    const memo = { memo: { S: 'ね'.repeat(50_000) } };
    await relay.deliver([insert('big', memo), insert('a')]);
    expect(payloads('c')).toEqual([
      {
        data: { onCreateTodo: null },
        errors: [
          {
            message: expect.stringContaining('131072'),
            path: ['onCreateTodo'],
            extensions: {
              code: 'PAYLOAD_TOO_LARGE',
              key: { id: 'big' },
              eventId: expect.any(String),
              bytes: expect.any(Number),
            },
          },
        ],
        extensions: expect.objectContaining({ eventId: expect.any(String) }),
      },
      expect.objectContaining({ data: { onCreateTodo: { id: 'a', memo: null } } }),
    ]);
    expect(ids('small')).toEqual(['big', 'a']);
  });

  test('onChange drops previous first when both images do not fit', async () => {
    await subscribed('c', 'subscription { onChangeTodo { kind item { memo } previous { memo } } }');
    const memo = (letter: string): Image => ({ memo: { S: letter.repeat(100_000) } });
    await relay.deliver([modify('a', memo('a'), memo('b'))]);
    expect(data('c')).toEqual([
      { onChangeTodo: { kind: 'UPDATE', item: { memo: 'b'.repeat(100_000) }, previous: null } },
    ]);
  });

  test('frames are never over the limit, counted in bytes of UTF-8 with the client id', async () => {
    relay = createTestRelay({ settings: { maxFrameBytes: 2_000 } });
    const clientId = 'é'.repeat(100);
    await subscribed('c', 'subscription { onCreateTodo { id memo } }', clientId);
    const around = Array.from({ length: 100 }, (_, index) =>
      insert('i', { memo: { S: `ね${'x'.repeat(1_350 + index * 3)}` } }),
    );
    await relay.deliver(around);
    const sizes = relay.connections.frames('c').map((frame) => Buffer.byteLength(frame));
    expect(sizes).toHaveLength(100);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000);
    expect(Math.max(...sizes)).toBeGreaterThan(1_990);
    expect(payloads('c').some((payload) => JSON.stringify(payload).includes('PAYLOAD_TOO_LARGE'))).toBe(true);
  });
});

describe('C4 isolation', () => {
  const healthy = ['h1', 'h2', 'h3'];
  const ill = 'ill';
  const batch = () => Array.from({ length: 20 }, (_, index) => insert(`i${index}`));
  const expected = Array.from({ length: 20 }, (_, index) => `i${index}`);

  beforeEach(async () => {
    for (const id of [...healthy, ill]) await subscribed(id, 'subscription { onCreateTodo { id } }');
  });

  test.each([
    ['a 429', ['throttled']],
    ['a full buffer for a while', ['bufferFull', 'bufferFull']],
    ['a 500', ['internalError']],
    ['a 503', ['unavailable']],
    ['a connection reset', ['reset']],
    ['a 410 on a young connection', ['goneNameless']],
  ] as const)('%s is retried, and nobody loses anything', async (_, outcomes) => {
    relay.connections.script(ill, 'sent', ...outcomes);
    expect(await relay.deliver(batch())).toEqual({});
    for (const id of [...healthy, ill]) expect(ids(id)).toEqual(expected);
  });

  test('a 5xx after delivery makes a repeat with the same event id, and keeps the order', async () => {
    relay.connections.script(ill, 'sent', 'errorAfterDelivery');
    await relay.deliver(batch());
    const got = relay.connections.frames(ill);
    expect(got).toHaveLength(21);
    expect(got[2]).toBe(got[1]);
    expect(ids(ill).filter((id, index, all) => all.indexOf(id) === index)).toEqual(expected);
  });

  test.each([
    ['hangs', 'hang'],
    ['is throttled for ever', 'bufferFull'],
    ['fails for ever', 'internalError'],
  ] as const)(
    'a client that %s is ended and told; the others get everything in order',
    async (_, outcome) => {
      relay.connections.script(ill, 'sent');
      relay.connections.default(ill, outcome);
      expect(await relay.deliver(batch())).toEqual({});
      for (const id of healthy) expect(ids(id)).toEqual(expected);
      expect(relay.counters.take().get('connection.slow')).toBe(1);
      // It took no frame at all, so that its socket is closed rather than left silent.
      expect(relay.connections.closedByServer(ill)).toBe(true);
      const before = relay.connections.posts;
      await relay.deliver(batch());
      expect(relay.connections.posts).toBe(before + 3 * 20);
    },
  );

  test('a client that recovers just too late is told by an error frame, and its other operations live on', async () => {
    await relay.subscribe(ill, 'other', 'subscription { onDeleteTodo { id } }');
    relay.connections.script(ill, 'sent', 'internalError', 'internalError');
    await relay.deliver(batch());
    const frames = relay.frames(ill);
    expect(frames[1]).toEqual({
      type: 'error',
      id: '1',
      payload: [expect.objectContaining({ extensions: { code: 'SLOW_CONSUMER' } })],
    });
    await relay.deliver([insert('later'), remove('later')]);
    expect(relay.frames(ill).slice(2)).toEqual([expect.objectContaining({ type: 'next', id: 'other' })]);
    expect(relay.connections.closedByServer(ill)).toBe(false);
  });

  test('a client that is gone is reaped once a batch', async () => {
    await relay.clock.advance(11_000);
    relay.connections.close(ill);
    const before = relay.connections.posts;
    await relay.deliver(batch());
    expect(relay.connections.posts).toBe(before + 3 * 20 + 1);
    expect(await relay.context.registry.subscriptions(ill)).toEqual([]);
    for (const id of healthy) expect(ids(id)).toEqual(expected);
  });

  test('one that hangs holds one lane: the rest is under way meanwhile', async () => {
    relay.connections.default(ill, 'hang');
    const before = relay.clock.now();
    await relay.deliver(batch());
    // Two time-outs of 3 s and the attempt to tell it, not twenty.
    expect(relay.clock.now() - before).toBeLessThan(15_000);
  });

  test('poison, unknown table, keys only: each is logged with what and why, counted, stepped over', async () => {
    const poison = [
      null,
      'text',
      { dynamodb: {} },
      { ...insert('x'), dynamodb: { ...insert('x').dynamodb, NewImage: { id: { S: 7 } } } },
      record({ newImage: todo('x'), table: 'Nobodys' }),
      record({ newImage: todo('x'), viewType: 'KEYS_ONLY' }),
    ];
    expect(await relay.deliver([insert('i0'), ...poison, insert('i1')])).toEqual({});
    for (const id of healthy) expect(ids(id)).toEqual(['i0', 'i1']);
    expect(relay.counters.take().get('gap')).toBe(poison.length);
    const errors = relay.logs.filter(({ level }) => level === 50);
    expect(errors.map(({ event }) => event)).toEqual([
      'record.undecodable',
      'record.undecodable',
      'record.undecodable',
      'record.undecodable',
      'record.unknown-table',
      'record.undecodable',
    ]);
    expect(errors[4]).toMatchObject({ table: 'Nobodys', expected: ['Todos'], eventId: expect.any(String) });
    expect(errors[5]).toMatchObject({ reason: 'wrong-view-type', table: 'Todos' });
  });
});

describe('infrastructure', () => {
  const batch = () => [insert('i0'), insert('i1'), insert('i2')];

  async function three() {
    for (const id of ['a', 'b', 'c']) await subscribed(id, 'subscription { onCreateTodo { id } }');
  }

  test('403 fails the record, deletes no subscription, and sends nothing later in the invocation', async () => {
    await three();
    relay.connections.outage('forbidden');
    const records = batch();
    const { failedFrom } = await relay.deliver(records);
    expect(failedFrom?.sequenceNumber).toBe(records[0]?.dynamodb?.SequenceNumber);
    expect(relay.connections.posts).toBeLessThanOrEqual(3);
    relay.connections.outage(undefined);
    await relay.deliver(records);
    for (const id of ['a', 'b', 'c']) expect(ids(id)).toEqual(['i0', 'i1', 'i2']);
  });

  test('every one of three connections failing is ours: the batch comes again and nobody is ended', async () => {
    await three();
    relay.connections.outage('unavailable');
    const records = batch();
    const { failedFrom } = await relay.deliver(records);
    expect(failedFrom?.sequenceNumber).toBe(records[0]?.dynamodb?.SequenceNumber);
    relay.connections.outage(undefined);
    await relay.deliver(records);
    for (const id of ['a', 'b', 'c']) expect(ids(id)).toEqual(['i0', 'i1', 'i2']);
  });

  test('the relay table failing makes the whole batch come again', async () => {
    relay = createTestRelay({
      wrapRegistry: (registry) => ({
        ...registry,
        shapes: async () => {
          throw new TablecastError('REGISTRY_UNAVAILABLE', 'relay table: expected an answer, got throttling');
        },
      }),
    });
    const records = batch();
    const { failedFrom } = await relay.deliver(records);
    expect(failedFrom?.sequenceNumber).toBe(records[0]?.dynamodb?.SequenceNumber);
  });

  test('near the deadline the first undone record is returned, and what was sent comes with the same event id again', async () => {
    await three();
    const records = batch();
    let calls = 0;
    const { failedFrom } = await relay.deliver(records, () => (calls++ < 4 ? 60_000 : 1_000));
    expect(failedFrom).toMatchObject({ reason: 'deadline' });
    const index = records.findIndex(
      ({ dynamodb }) => dynamodb?.SequenceNumber === failedFrom?.sequenceNumber,
    );
    expect(index).toBeGreaterThanOrEqual(1);
    await relay.deliver(records.slice(index));
    for (const id of ['a', 'b', 'c']) expect([...new Set(ids(id))]).toEqual(['i0', 'i1', 'i2']);
  });

  test('C10 a batch costs one shape query a table and one lookup a distinct filter key, whoever subscribes', async () => {
    const calls: string[] = [];
    relay = createTestRelay({
      wrapRegistry: (registry) => ({
        ...registry,
        shapes: (table) => {
          calls.push(`shapes ${table}`);
          return registry.shapes(table);
        },
        candidates: (lookups) => {
          calls.push(`candidates ${lookups.length}`);
          return registry.candidates(lookups);
        },
      }),
    });
    await subscribed('c', 'subscription { onCreateTodo(priority: 1) { id } }');
    await subscribed('d', 'subscription { onCreateTodo { id } }');
    await relay.deliver(Array.from({ length: 50 }, (_, index) => insert(`i${index}`, priority(1))));
    expect(calls).toEqual(['shapes Todos', 'candidates 2']);
    expect(ids('c')).toHaveLength(50);
  });
});

describe('C5 gaps are told', () => {
  test('a batch given up ends the operations of its table with EVENTS_LOST, and counts', async () => {
    await subscribed('c', 'subscription { onCreateTodo { id } }');
    await subscribed('c', 'subscription { onDeleteTodo { id } }', '2');
    const lost = readLostBatch(
      JSON.stringify({
        DDBStreamBatchInfo: {
          shardId: 'shardId-1',
          startSequenceNumber: '1',
          endSequenceNumber: '9',
          batchSize: 7,
          streamArn: streamArnOf('Todos'),
        },
      }),
    );
    if (typeof lost === 'string') throw new Error(lost);
    await drive(relay.clock, reportGap(relay.context, lost));
    expect(relay.frames('c')).toEqual(
      ['1', '2'].map((id) => ({
        type: 'error',
        id,
        payload: [expect.objectContaining({ extensions: { code: 'EVENTS_LOST' } })],
      })),
    );
    const counts = relay.counters.take();
    expect([counts.get('gap'), counts.get('gap.records')]).toEqual([1, 7]);
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
  });

  test('another table is not told', async () => {
    await subscribed('c', 'subscription { onCreateTodo { id } }');
    const lost = {
      table: 'Others',
      streamArn: streamArnOf('Others'),
      shardId: 's',
      startSequenceNumber: '1',
      endSequenceNumber: '2',
      batchSize: 1,
    };
    await drive(relay.clock, reportGap(relay.context, lost));
    expect(relay.frames('c')).toEqual([]);
  });

  test.each([
    '',
    'text',
    'null',
    '{}',
    '{"DDBStreamBatchInfo":{"streamArn":7}}',
    '{"DDBStreamBatchInfo":{"streamArn":"arn:aws:s3:::b"}}',
  ])('the message %j is told apart from a lost batch', (body) => {
    expect(readLostBatch(body)).toEqual(expect.stringContaining('on-failure message: expected'));
  });
});

describe('deploys with sockets open', () => {
  test('an operation the schema of today cannot serve is ended with SCHEMA_CHANGED; the others go on', async () => {
    await subscribed('c', 'subscription { onCreateTodo { id memo } }');
    await subscribed('d', 'subscription { onCreateTodo(filter: {memo: {ne: "x"}}) { id } }');
    await subscribed('e', 'subscription { onCreateTodo { id } }');
    const v2 = createTestRelay({
      sdl: 'type Todo @table(name: "Todos") { id: ID! title: String! }',
      wrapRegistry: () => relay.context.registry,
    });
    for (const id of ['c', 'd', 'e']) v2.connections.open(id);
    await v2.deliver([insert('a')]);
    for (const id of ['c', 'd']) {
      expect(v2.frames(id)).toEqual([
        {
          type: 'error',
          id: '1',
          payload: [expect.objectContaining({ extensions: { code: 'SCHEMA_CHANGED' } })],
        },
      ]);
      expect(await relay.context.registry.subscriptions(id)).toEqual([]);
    }
    expect(v2.frames('e')).toEqual([expect.objectContaining({ type: 'next' })]);
  });
});

describe('C8 secrets stay out of logs', () => {
  test('no key, frame, variable or image value is logged, even at debug', async () => {
    await relay.open('c');
    await relay.send('c', { type: 'connection_init', payload: { 'x-api-key': 'CANARY-wrong' } });
    await relay.send('c', { type: 'connection_init', payload: { 'x-api-key': 'local-dev-key' } });
    await relay.subscribe('c', '1', 'subscription S($t: String) { onCreateTodo(title: $t) { id title } }', {
      variables: { t: 'CANARY-variable' },
    });
    await relay.deliver([
      insert('CANARY-key', { title: { S: 'CANARY-variable' } }),
      { ...insert('CANARY-poison'), dynamodb: { Keys: 'CANARY', SequenceNumber: '1' } },
    ]);
    expect(relay.frames('c')).toHaveLength(1);
    const text = JSON.stringify(relay.logs);
    expect(text).not.toMatch(/CANARY|local-dev-key/);
    expect(relay.logs.length).toBeGreaterThan(4);
  });
});
