import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'graphql-ws';
import WebSocket from 'ws';
import {
  connect,
  type Frame,
  graphqlWsClient,
  type Listener,
  listen,
  type Payload,
} from '../../fixtures/clients.ts';
import { type LocalLoop, loopClient } from '../../fixtures/local-loop.ts';
import { oneLoop } from './one-loop.ts';

interface Todo {
  readonly id: string;
  readonly title: string;
  readonly memo?: string;
  readonly priority?: number;
  readonly completed?: boolean;
}

let loop: LocalLoop;
let dynamodb: DynamoDBClient;
let table: DynamoDBDocumentClient;
const clients: Client[] = [];

beforeAll(async () => {
  loop = await oneLoop();
  dynamodb = loopClient(loop.ready);
  table = DynamoDBDocumentClient.from(dynamodb);
}, 300_000);
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose()));
}, 60_000);
afterAll(() => dynamodb?.destroy());

const client = (params?: Record<string, unknown>) => {
  const made = graphqlWsClient(loop.ready, params);
  clients.push(made);
  return made;
};
const put = (item: Todo) => table.send(new PutCommand({ TableName: 'Todos', Item: item }));
const remove = (id: string) => table.send(new DeleteCommand({ TableName: 'Todos', Key: { id } }));
const update = (id: string, field: string, value: unknown) =>
  table.send(
    new UpdateCommand({
      TableName: 'Todos',
      Key: { id },
      UpdateExpression: 'SET #f = :v',
      ExpressionAttributeNames: { '#f': field },
      ExpressionAttributeValues: { ':v': value },
    }),
  );
const item = (payload: Payload | undefined, field: string) => payload?.data?.[field];
/** A write that every one of these listeners gets, after all that was written before: what has not come by then never will. */
async function fence(listeners: readonly Listener<Payload>[], write: () => Promise<unknown>) {
  const counts = listeners.map(({ payloads }) => payloads.length);
  await write();
  await Promise.all(listeners.map((listener, index) => listener.waitFor((counts[index] ?? 0) + 1)));
}

describe('a write by the AWS SDK reaches exactly who asked for it', () => {
  test('create, update and delete, with filters and without, Japanese text byte for byte', async () => {
    const one = client();
    const title = '日本語のタイトル 🍣 \u{20BB7}野家 café';
    const heard = {
      created: listen(one, 'subscription { onCreateTodo { id title memo priority completed } }'),
      high: listen(one, 'subscription { onCreateTodo(filter: {priority: {ge: 5}}) { id } }'),
      low: listen(one, 'subscription { onCreateTodo(filter: {priority: {lt: 5}}) { id } }'),
      byTitle: listen(one, 'subscription($t: String) { onCreateTodo(title: $t) { id title } }', { t: title }),
      updated: listen(one, 'subscription { onUpdateTodo { id priority } }'),
      deleted: listen(one, 'subscription { onDeleteTodo { id title priority } }'),
    };
    await Promise.all(Object.values(heard).map(({ live }) => live));

    await put({ id: 'sdk-1', title, memo: 'メモ', priority: 7, completed: false });
    await update('sdk-1', 'priority', 8);
    await remove('sdk-1');
    await heard.deleted.waitFor(1);
    await fence([heard.created, heard.low], () => put({ id: 'fence-1', title: 'fence', priority: 1 }));

    expect(heard.created.payloads.map((payload) => item(payload, 'onCreateTodo'))).toEqual([
      { id: 'sdk-1', title, memo: 'メモ', priority: 7, completed: false },
      { id: 'fence-1', title: 'fence', memo: null, priority: 1, completed: null },
    ]);
    expect(heard.high.payloads.map((payload) => item(payload, 'onCreateTodo'))).toEqual([{ id: 'sdk-1' }]);
    expect(heard.low.payloads.map((payload) => item(payload, 'onCreateTodo'))).toEqual([{ id: 'fence-1' }]);
    expect(heard.byTitle.payloads.map((payload) => item(payload, 'onCreateTodo'))).toEqual([
      { id: 'sdk-1', title },
    ]);
    expect(heard.updated.payloads).toEqual([
      {
        data: { onUpdateTodo: { id: 'sdk-1', priority: 8 } },
        extensions: expect.objectContaining({ updatedFields: ['priority'], eventId: expect.any(String) }),
      },
    ]);
    expect(heard.deleted.payloads.map((payload) => item(payload, 'onDeleteTodo'))).toEqual([
      { id: 'sdk-1', title, priority: 8 },
    ]);
  }, 180_000);

  test('an update that leaves the filter gives LEAVE on onChange and nothing on onUpdate', async () => {
    const one = client();
    const change = listen(
      one,
      'subscription { onChangeTodo(priority: 41) { kind item { id } previous { id priority } } }',
    );
    const updated = listen(one, 'subscription { onUpdateTodo(priority: 41) { id } }');
    await Promise.all([change.live, updated.live]);
    await put({ id: 'leave-1', title: 't', priority: 41 });
    await update('leave-1', 'priority', 42);
    await put({ id: 'leave-2', title: 't', priority: 41 });
    await fence([change, updated], () => update('leave-2', 'title', 'u'));
    await change.waitFor(4);
    expect(change.payloads.map((payload) => item(payload, 'onChangeTodo'))).toEqual([
      { kind: 'ENTER', item: { id: 'leave-1' }, previous: null },
      { kind: 'LEAVE', item: null, previous: { id: 'leave-1', priority: 41 } },
      { kind: 'ENTER', item: { id: 'leave-2' }, previous: null },
      { kind: 'UPDATE', item: { id: 'leave-2' }, previous: { id: 'leave-2', priority: 41 } },
    ]);
    expect(updated.payloads.map((payload) => item(payload, 'onUpdateTodo'))).toEqual([{ id: 'leave-2' }]);
  }, 180_000);

  test('an item expired by its time to live is a delete that says so', async () => {
    await table.send(
      new UpdateTimeToLiveCommand({
        TableName: 'Todos',
        TimeToLiveSpecification: { AttributeName: 'goneAt', Enabled: true },
      }),
    );
    const deleted = listen(client(), 'subscription { onDeleteTodo(id: "ttl-1") { id title } }');
    await deleted.live;
    await table.send(
      new PutCommand({
        TableName: 'Todos',
        Item: { id: 'ttl-1', title: 'soon gone', goneAt: Math.floor(Date.now() / 1000) - 60 },
      }),
    );
    await deleted.waitFor(1, 120_000);
    expect(deleted.payloads).toEqual([
      {
        data: { onDeleteTodo: { id: 'ttl-1', title: 'soon gone' } },
        extensions: expect.objectContaining({ expired: true }),
      },
    ]);
  }, 180_000);
});

describe('C1 active means active', () => {
  test('subscribe with confirmation, write at once, 200 times in a row: 200 delivered', async () => {
    let one = client();
    const delivered: Promise<void>[] = [];
    for (let round = 0; round < 200; round++) {
      // Two frames a round: one connection may not send 300 a minute.
      if (round % 100 === 0) one = client();
      const id = `c1-${round}`;
      const heard = listen(one, 'subscription($id: ID) { onCreateTodo(id: $id) { id } }', { id });
      await heard.live;
      await put({ id, title: 't' });
      // Not waited for here: the next write is not held up by the reader's interval.
      delivered.push(heard.waitFor(1, 180_000).then(() => heard.stop()));
    }
    expect(await Promise.all(delivered)).toHaveLength(200);
  }, 300_000);

  test('one client resubscribing 50 ids at once is acknowledged 50 times, and each gets its change', async () => {
    const socket = await connect(`${loop.ready.ws}?x-api-key=${loop.ready.apiKey}`, 'graphql-transport-ws');
    await socket.ask({ type: 'connection_init', payload: { confirmSubscriptions: true } });
    const ids = Array.from({ length: 50 }, (_, index) => `re-${index}`).sort();
    for (const id of ids) {
      const payload = { query: 'subscription($id: ID) { onCreateTodo(id: $id) { id } }', variables: { id } };
      socket.send({ type: 'subscribe', id, payload });
    }
    const isConfirmation = ({ payload }: Frame) => payload?.extensions?.['subscribed'] === true;
    const confirmed = await socket.several(50, isConfirmation);
    expect(confirmed.map(({ id }) => id).sort()).toEqual(ids);
    await Promise.all(ids.map((id) => put({ id, title: 't' })));
    const delivered = await socket.several(50, (frame) => frame.type === 'next' && !isConfirmation(frame));
    expect(delivered.map(({ id }) => id).sort()).toEqual(ids);
    for (const { id, payload } of delivered) expect(payload?.data).toEqual({ onCreateTodo: { id } });
    socket.close();
  }, 180_000);
});

describe('C1 C2 C3 under load', () => {
  const FILTERS: readonly (readonly [string, (todo: Todo) => boolean])[] = [
    ['', () => true],
    ['(filter: {})', () => true],
    ['(priority: 3)', ({ priority }) => priority === 3],
    ['(completed: true)', ({ completed }) => completed === true],
    ['(priority: 4, completed: false)', ({ priority, completed }) => priority === 4 && completed === false],
    ['(filter: {priority: {ge: 7}})', ({ priority = 0 }) => priority >= 7],
    ['(filter: {priority: {between: [2, 5]}})', ({ priority = 0 }) => priority >= 2 && priority <= 5],
    [
      '(filter: {or: [{priority: {eq: 1}}, {completed: {eq: true}}]})',
      ({ priority, completed }) => priority === 1 || completed === true,
    ],
    ['(filter: {priority: {in: [0, 2, 4, 6, 8]}})', ({ priority = 1 }) => priority % 2 === 0],
    ['(filter: {not: {priority: {eq: 5}}})', ({ priority }) => priority !== 5],
  ];

  test('1,000 changes to 50 items, 20 clients, one of them killed half-way: nothing lost, nothing leaked, in order', async () => {
    const heard = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const own = client();
        const [filter, test] = FILTERS[index % FILTERS.length] ?? ['', () => true];
        const listener = listen(
          own,
          `subscription { onChangeTodo${filter} { kind item { id title priority completed } previous { id title } } }`,
        );
        await listener.live;
        return { own, listener, test };
      }),
    );
    const killed = heard[19];
    const items = Array.from({ length: 50 }, (_, index) => `load-${index}`);
    const written = new Map<string, Todo[]>(items.map((id) => [id, []]));
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    let writes = 0;
    // Each item is written by one writer, one write after the other; the items side by side.
    const writeItem = async (id: string) => {
      for (let version = 0; version < 20; version++) {
        const todo: Todo = { id, title: `v${version}`, priority: next(10), completed: next(2) === 1 };
        written.get(id)?.push(todo);
        await put(todo);
        writes += 1;
        if (writes === 500) killed?.own.terminate();
      }
    };
    for (let start = 0; start < items.length; start += 10)
      await Promise.all(items.slice(start, start + 10).map(writeItem));
    expect(writes).toBe(1_000);

    const others = heard.slice(0, 19).map(({ listener, test }) => {
      const expected = new Map(items.map((id) => [id, steps(written.get(id) ?? [], test)]));
      return { listener, expected, total: [...expected.values()].flat().length };
    });
    await Promise.all(others.map(({ listener, total }) => listener.waitFor(total, 200_000)));
    for (const { listener, expected } of others) {
      const got = new Map<string, string[]>(items.map((id) => [id, []]));
      for (const { data } of listener.payloads) {
        const change = data?.['onChangeTodo'] as { kind: string; item: Todo | null; previous: Todo | null };
        const id = change.item?.id ?? change.previous?.id ?? '';
        got.get(id)?.push(`${change.kind} ${change.previous?.title ?? '-'} ${change.item?.title ?? '-'}`);
      }
      expect(got).toEqual(expected);
    }
  }, 360_000);

  /** What a subscriber of the filter must get of one item's versions, in order. */
  function steps(versions: readonly Todo[], test: (todo: Todo) => boolean): string[] {
    return versions.flatMap((todo, index) => {
      const before = versions[index - 1];
      // DynamoDB writes no stream record for a write that changes nothing; titles always differ here.
      const was = before !== undefined && test(before);
      const is = test(todo);
      if (!was && !is) return [];
      if (!was) return [`ENTER - ${todo.title}`];
      return is ? [`UPDATE ${before.title} ${todo.title}`] : [`LEAVE ${before.title} -`];
    });
  }
});

describe('unmodified clients', () => {
  test('graphql-ws is told of a misspelt field and stays connected', async () => {
    const one = client();
    await expect(listen(one, 'subscription { onCreateTodo { titel } }').live).rejects.toEqual([
      expect.objectContaining({ message: expect.stringContaining('titel') }),
    ]);
    const good = listen(one, 'subscription { onCreateTodo(id: "still-1") { id } }');
    await good.live;
    await put({ id: 'still-1', title: 't' });
    await good.waitFor(1);
  }, 180_000);

  test('graphql-ws with a wrong key stops after one attempt, although it would try again', async () => {
    let connects = 0;
    const wrong = graphqlWsClient(
      loop.ready,
      { 'x-api-key': 'wrong' },
      { retryAttempts: 5, retryWait: () => Promise.resolve() },
    );
    clients.push(wrong);
    wrong.on('opened', () => {
      connects += 1;
    });
    // It rejects once it has given up.
    await expect(listen(wrong, 'subscription { onCreateTodo { id } }').live).rejects.toBeDefined();
    expect(connects).toBe(1);
  }, 180_000);

  test.each([
    ['?x-api-key=wrong', {}],
    ['', { 'x-api-key': 'wrong' }],
  ])('a wrong key at the upgrade (%j %j) is 401', async (query, headers) => {
    const socket = new WebSocket(`${loop.ready.ws}${query}`, { headers });
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('401');
  });

  test('C7 every kind of bad frame is answered over the real gateway, and the socket lives on', async () => {
    const socket = await connect(`${loop.ready.ws}?x-api-key=${loop.ready.apiKey}`);
    expect(socket.subprotocol).toBe('');
    const ask = (frame: object | string) => socket.ask(frame);
    const subscribe = (query: string, id = 'x') => ({ type: 'subscribe', id, payload: { query } });
    expect(await ask('{"type":"connection_init"}')).toEqual({ type: 'connection_ack' });
    for (const frame of [
      'nonsense',
      '[]',
      '{"type":"what"}',
      '{"type":"subscribe","payload":{"query":"x"}}',
    ]) {
      expect(await ask(frame)).toMatchObject({ type: 'connection_error', payload: { code: 4400 } });
    }
    for (const query of ['subscription {', 'subscription { nope }', '{ nope }', `#${'x'.repeat(17_000)}`]) {
      expect(await ask(subscribe(query))).toMatchObject({ type: 'error', id: 'x' });
    }
    expect(await ask(subscribe('subscription { onCreateTodo { id } }', 'i'.repeat(3_072)))).toMatchObject({
      type: 'error',
    });
    expect(await ask('{"type":"ping"}')).toEqual({ type: 'pong' });
    const query = 'subscription { onCreateTodo(id: "proto-1") { id } }';
    const payload = { query, extensions: { confirm: true } };
    expect(await ask({ type: 'subscribe', id: '__proto__', payload })).toMatchObject({
      id: '__proto__',
      payload: { extensions: { subscribed: true } },
    });
    const before = socket.frames.length;
    await put({ id: 'proto-1', title: 't' });
    await socket.next((frame) => frame.payload?.data?.['onCreateTodo'] != null);
    expect(socket.frames.slice(before)).toEqual([expect.objectContaining({ type: 'next', id: '__proto__' })]);
    socket.close();
  }, 120_000);

  test('wscat, with the one line the README has, sees a write arrive', async () => {
    const wscat = createRequire(import.meta.url).resolve('wscat/bin/wscat');
    const payload = {
      query: 'subscription { onCreateTodo(id: "wscat-1") { id title } }',
      extensions: { confirm: true },
    };
    const child = spawn(
      process.execPath,
      [
        wscat,
        ...['-c', `${loop.ready.ws}?x-api-key=${loop.ready.apiKey}`, '-w', '-1'],
        ...['-x', '{"type":"connection_init"}'],
        ...['-x', JSON.stringify({ type: 'subscribe', id: '1', payload })],
      ],
      // Its input stays open, as a terminal's does: wscat ends with it.
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    const until = async (text: string) => {
      const signal = AbortSignal.timeout(60_000);
      while (!output.includes(text)) {
        await once(child.stdout, 'data', { signal }).catch((cause) => {
          throw new Error(`expected ${text}, got ${output}`, { cause });
        });
      }
    };
    try {
      await until('{"type":"connection_ack"}');
      await until('"subscribed":true');
      await put({ id: 'wscat-1', title: '買い物' });
      await until('"onCreateTodo":{"id":"wscat-1","title":"買い物"}');
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  }, 240_000);
});
