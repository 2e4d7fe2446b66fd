import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { createMemoryFanOutQueue, type MemoryFanOutQueue } from '../../src/adapters/memory/fan-out-queue.ts';
import { createSqsClient } from '../../src/adapters/sqs/client.ts';
import { packed } from '../../src/adapters/sqs/pack.ts';
import { createSqsQueue } from '../../src/adapters/sqs/queue.ts';
import type { FanOutQueue, QueueMessage } from '../../src/relay/fan-out/ports.ts';
import { createVirtualClock, type VirtualClock } from '../../src/testing/clock.ts';

/** What the server does with the next requests beside taking their messages; then it takes all. */
type Answer = 'take' | 'throttle' | 'refuse' | 'denied' | 'lost';

let clock: VirtualClock;
let taken: MemoryFanOutQueue;
let requests: { readonly entries: number; readonly bytes: number }[];
let answers: Answer[];
let server: Server;
let queueUrl: string;

beforeAll(() => {
  process.env['AWS_ACCESS_KEY_ID'] = 'local';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'local';
});

interface Entry {
  readonly Id: string;
  readonly MessageBody: string;
  readonly MessageGroupId: string;
  readonly MessageDeduplicationId: string;
}

/** SendMessageBatch as SQS has it in its JSON protocol, in front of the queue in this process. */
beforeEach(async () => {
  clock = createVirtualClock();
  taken = createMemoryFanOutQueue({ clock });
  requests = [];
  answers = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { Entries }: { Entries: Entry[] } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    expect(request.headers['x-amz-target']).toBe('AmazonSQS.SendMessageBatch');
    requests.push({
      entries: Entries.length,
      bytes: Entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody), 0),
    });
    const answer = answers.shift() ?? 'take';
    if (answer === 'denied') {
      response.writeHead(403, { 'content-type': 'application/x-amz-json-1.0' });
      return response.end('{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}');
    }
    const refused = answer === 'throttle' || answer === 'refuse' ? Entries.slice(0, 1) : [];
    const accepted = Entries.slice(refused.length);
    await taken.send(
      accepted.map(({ MessageBody, MessageGroupId, MessageDeduplicationId }) => {
        return { id: MessageDeduplicationId, group: MessageGroupId, body: MessageBody };
      }),
    );
    if (answer === 'lost') return request.socket.destroy();
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      JSON.stringify({
        Successful: accepted.map(({ Id, MessageBody }) => ({
          Id,
          MessageId: Id,
          MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
        })),
        Failed: refused.map(({ Id }) => ({
          Id,
          Code: answer === 'throttle' ? 'RequestThrottled' : 'InvalidMessageContents',
          Message: 'so it is',
          SenderFault: answer === 'refuse',
        })),
      }),
    );
  });
  const port = await getPort({ host: '127.0.0.1' });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  queueUrl = `http://127.0.0.1:${port}/000000000000/q.fifo`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function messages(count: number, bytes = 10): QueueMessage[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `id-${n}`,
    group: `g${n}`,
    body: 'x'.repeat(bytes),
  }));
}

function sqs(): FanOutQueue {
  return createSqsQueue({
    client: createSqsClient('us-east-1', queueUrl),
    queueUrl,
    // Pauses take no time.
    clock: { now: clock.now, sleep: async () => {} },
    random: () => 0,
  });
}

describe('the queue on SQS', () => {
  test('takes messages by ten and by 256 KB a request, each with its group and its deduplication id', async () => {
    expect(await sqs().send(messages(25))).toEqual({ refused: [], unsure: [] });
    expect(requests.map(({ entries }) => entries).sort()).toEqual([10, 10, 5]);
    const delivered = taken.receive(25)?.messages.map(({ id, group }) => [id, group]);
    expect(delivered?.sort()).toEqual(
      messages(25)
        .map(({ id, group }) => [id, group])
        .sort(),
    );
    await sqs().send(messages(6, 100_000));
    for (const { bytes } of requests) expect(bytes).toBeLessThanOrEqual(256 * 1024);
    expect(requests).toHaveLength(6);
  });

  test('sends again what was throttled, and names what was refused', async () => {
    answers = ['throttle', 'throttle'];
    expect(await sqs().send(messages(3))).toEqual({ refused: [], unsure: [] });
    expect(taken.accepted).toBe(3);
    answers = ['refuse'];
    const other = messages(3).map((message) => ({ ...message, id: `other-${message.id}` }));
    expect(await sqs().send(other)).toEqual({
      refused: ['other-id-0'],
      unsure: [],
      detail: 'InvalidMessageContents: so it is',
    });
    answers = Array.from({ length: 20 }, () => 'throttle' as const);
    const third = messages(1).map((message) => ({ ...message, id: 'third' }));
    expect(await sqs().send(third)).toMatchObject({ refused: ['third'], unsure: [] });
  });

  test('a request whose answer was lost is sent again, and its messages are in the queue once', async () => {
    answers = ['lost'];
    expect(await sqs().send(messages(3))).toEqual({ refused: [], unsure: [] });
    expect(requests.length).toBe(2);
    expect(taken.accepted).toBe(3);
  });

  test('tells what may have been taken from what was not', async () => {
    answers = ['lost', 'lost', 'lost', 'lost'];
    expect(await sqs().send(messages(2))).toMatchObject({ refused: [], unsure: ['id-0', 'id-1'] });
    expect(taken.accepted).toBe(2);
    answers = ['denied'];
    const other = messages(2).map((message) => ({ ...message, id: `other-${message.id}` }));
    expect(await sqs().send(other)).toMatchObject({
      refused: ['other-id-0', 'other-id-1'],
      unsure: [],
      detail: expect.stringContaining('AccessDenied'),
    });
    expect(taken.accepted).toBe(2);
  });

  test('one that is too large by itself goes alone, to be refused alone', () => {
    const [large] = messages(1, 300_000);
    const small = messages(2);
    expect(packed(large ? [...small, large, ...small] : []).map(({ length }) => length)).toEqual([2, 1, 2]);
  });
});

describe('the queue in this process', () => {
  test('delivers nothing of a group while some of it is under way or hidden, and keeps its order', async () => {
    const queue = createMemoryFanOutQueue({ clock, visibilityMs: 1_000 });
    const body = 'x';
    for (const id of ['1', '2', '3']) await queue.send([{ id, group: 'g', body }]);
    await queue.send([{ id: '4', group: 'h', body }]);
    const first = queue.receive(2);
    expect(first?.messages.map(({ id }) => id)).toEqual(['1', '2']);
    expect(queue.receive()?.messages.map(({ id }) => id)).toEqual(['4']);
    first?.settle(['2']);
    expect(queue.receive()).toBeUndefined();
    await clock.advance(1_000);
    expect(queue.receive()?.messages.map(({ id, receives }) => [id, receives])).toEqual([
      ['2', 2],
      ['3', 1],
    ]);
  });

  test('takes an id once in five minutes, and what SQS would refuse never', async () => {
    const queue = createMemoryFanOutQueue({ clock });
    const message = { id: '1', group: 'g', body: 'x' };
    await queue.send([message]);
    await queue.send([message]);
    expect(queue.accepted).toBe(1);
    await clock.advance(300_000);
    await queue.send([message]);
    expect(queue.accepted).toBe(2);
    const bad = ['\uFFFF', '\u0000', 'x'.repeat(300_000)].map((body, n) => ({
      id: `bad${n}`,
      group: 'g',
      body,
    }));
    expect((await queue.send(bad)).refused).toEqual(['bad0', 'bad1', 'bad2']);
  });
});
