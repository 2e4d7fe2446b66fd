import { setTimeout as pause } from 'node:timers/promises';
import { ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { apiKeyHash } from '../../../src/auth/api-keys.ts';
import { connect } from '../../fixtures/clients.ts';
import { type LocalLoop, loopClient } from '../../fixtures/local-loop.ts';
import { oneLoop, subscribed, tablecast } from './one-loop.ts';

let loop: LocalLoop;

beforeAll(async () => {
  loop = await oneLoop();
}, 400_000);

/** The relay table, once it holds no subscription of the tests before. */
async function emptyRelayTable(): Promise<string> {
  const client = loopClient(loop.ready);
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const TableName = TableNames.find((name) => name.endsWith('-tablecast-relay')) ?? 'none';
  const isSubscription = (item: { readonly sk?: { readonly S?: string } }) =>
    item.sk?.S?.startsWith('SUB#') === true;
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { Items = [] } = await client.send(new ScanCommand({ TableName, ConsistentRead: true }));
    if (!Items.some(isSubscription)) break;
    if (Date.now() > deadline) throw new Error(`expected ${TableName} without subscriptions within 30 s`);
    await pause(100);
  }
  client.destroy();
  return TableName;
}

describe('tablecast revoke against a running loop', () => {
  // The last of all: the loop's own key is refused from then on.
  test('S10 a revoked key is told, its socket closed, and it subscribes no more', async () => {
    const { dynamodb, ws, apiKey } = loop.ready;
    const table = await emptyRelayTable();
    const client = await subscribed(loop.ready, 'subscription { onCreateTodo { id } }');
    const { stdout, stderr, exitCode } = await tablecast(
      ...[
        'revoke',
        '--table',
        table,
        '--endpoint',
        dynamodb,
        '--connections-endpoint',
        `http://127.0.0.1:${new URL(ws).port}`,
      ],
      ...['--api-key-hash', apiKeyHash(apiKey), '--json'],
    );
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ operations: 1, untold: 0, undisconnected: 0, failed: 0 });
    const revoked = (frame: { readonly type?: unknown }) =>
      frame.type === 'error' && JSON.stringify(frame).includes('"REVOKED"');
    await client.next(revoked);
    await client.closed;

    const again = await connect(`${ws}?x-api-key=${apiKey}`);
    again.send({ type: 'connection_init' });
    const query = 'subscription { onCreateTodo { id } }';
    again.send({ id: 'again', type: 'subscribe', payload: { query } });
    await again.next(revoked);
    again.close();
  }, 60_000);
});
