import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { LiveAnswer } from '../../../src/cli/explain-live.ts';
import { type LocalLoop, loopClient } from '../../fixtures/local-loop.ts';
import { oneLoop, subscribed, tablecast } from './one-loop.ts';

let loop: LocalLoop;

beforeAll(async () => {
  loop = await oneLoop();
}, 400_000);

/** `tablecast explain` as a user runs it, in another terminal. */
const explain = (...args: string[]) => tablecast('explain', ...args);

async function write(id: string, priority: number): Promise<void> {
  const client = loopClient(loop.ready);
  const Item = { id: { S: id }, title: { S: 'Buy milk' }, priority: { N: String(priority) } };
  await client.send(new PutItemCommand({ TableName: 'Todos', Item }));
  client.destroy();
}

describe('tablecast explain against a running loop', () => {
  test('says of its latest records, and of one by its event id, who was sent it and who was not, and why', async () => {
    const all = await subscribed(loop.ready, 'subscription { onCreateTodo { id } }');
    const urgent = await subscribed(
      loop.ready,
      'subscription { onCreateTodo(filter: {priority: {gt: 5}}) { id } }',
    );
    await write('explained', 3);
    const frame = await all.next((each) => each.payload?.extensions?.['eventId'] !== undefined);
    const eventId = String(frame.payload?.extensions?.['eventId']);

    const { stdout, stderr, exitCode } = await explain('--event', eventId, '--url', loop.ready.http);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toContain(`INSERT in Todos   event ${eventId}`);
    expect(stdout).toContain('Delivered: the filter holds for the item.');
    expect(stdout).toContain('its filter fails on the new image: priority gt.');
    expect(stdout).toContain('fails: priority gt "5"   stored: {"N":"3"}');

    const latest = await explain('--last', '1', '--json', '--url', loop.ready.http);
    const answer: LiveAnswer = JSON.parse(latest.stdout);
    expect(answer.subscriptions).toBe(2);
    expect(answer.records).toMatchObject([{ eventId, attempts: 1, doneAt: expect.any(String) }]);
    const outcomes = answer.records[0]?.explanations.map(({ reason, payload }) => ({
      reason,
      payload: payload?.payload,
    }));
    expect(outcomes).toHaveLength(2);
    expect(outcomes).toContainEqual({ reason: 'filter', payload: undefined });
    // What it says was sent is what came.
    expect(outcomes).toContainEqual({ reason: 'delivered', payload: frame.payload });
    await all.close();
    await urgent.close();
  }, 120_000);

  test('an event id that is not among the records is a clear error', async () => {
    const { stderr, exitCode } = await explain('--event', 'never', '--url', loop.ready.http);
    expect(stderr).toMatch(/^error: event: expected one of the last \d+ records, got "never"$/);
    expect(exitCode).toBe(1);
  });

  test('the page answers no other host and no other method', async () => {
    const { port } = new URL(loop.ready.http);
    const ask = (method: string, host: string) =>
      new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
        const asked = request({
          host: '127.0.0.1',
          port,
          path: '/explain.json?last=1',
          method,
          headers: { host },
        });
        asked.on('error', reject);
        asked.on('response', (response) => {
          json(response).then((body) => resolve({ status: response.statusCode, body }), reject);
        });
        asked.end();
      });
    expect(await ask('GET', 'evil.example')).toMatchObject({
      status: 403,
      body: { error: expect.anything() },
    });
    expect(await ask('POST', `localhost:${port}`)).toMatchObject({ status: 405 });
    expect(await ask('GET', `localhost:${port}`)).toMatchObject({
      status: 200,
      body: { kept: expect.any(Number) },
    });
  });
});
