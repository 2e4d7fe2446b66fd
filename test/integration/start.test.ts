import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { ensureBuilt, MAIN, ROOT } from '../fixtures/built.ts';
import { connect } from '../fixtures/clients.ts';
import { startDynamoDB } from '../fixtures/dynamodb.ts';
import { type LocalLoop, loopClient, type Ready, startLocalLoop } from '../fixtures/local-loop.ts';
import { commandLine, descendants, isAlive } from '../fixtures/processes.ts';

const folders: string[] = [];
const running: LocalLoop[] = [];

beforeAll(ensureBuilt, 150_000);

afterAll(async () => {
  for (const stack of running) if (isAlive(stack.pid)) await stack.end('SIGTERM');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}, 30_000);

async function started(...args: string[]): Promise<LocalLoop> {
  const stack = await startLocalLoop(args);
  running.push(stack);
  return stack;
}

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tablecast-start-'));
  folders.push(folder);
  return folder;
}

const QUERY = 'subscription { onCreateTodo { id title } }';

/** Subscribes as a person with wscat would, and waits until the subscription is confirmed. */
async function subscribed({ ws, apiKey }: Ready) {
  const client = await connect(`${ws}?x-api-key=${apiKey}`);
  client.send({ type: 'connection_init' });
  client.send({ id: '1', type: 'subscribe', payload: { query: QUERY, extensions: { confirm: true } } });
  await client.next((frame) => frame.payload?.extensions?.['subscribed'] === true);
  return client;
}

async function write(ready: Ready, id: string, title: string): Promise<void> {
  const client = loopClient(ready);
  const Item = { id: { S: id }, title: { S: title } };
  await client.send(new PutItemCommand({ TableName: 'Todos', Item }));
  client.destroy();
}

async function sampleTitle(ready: Ready): Promise<string | undefined> {
  const client = loopClient(ready);
  const { Item } = await client.send(new GetItemCommand({ TableName: 'Todos', Key: { id: { S: 'L5' } } }));
  client.destroy();
  return Item?.['title']?.S;
}

async function eventually<T>(work: () => Promise<T>, timeoutMs = 60_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function javaOf(stack: LocalLoop): number {
  const java = descendants(stack.pid).find((pid) => commandLine(pid).includes('DynamoDBLocal.jar'));
  if (java === undefined) throw new Error('expected DynamoDB Local among the processes of start');
  return java;
}

describe('tablecast start', () => {
  test('--json prints one line when everything answers; a write arrives; with DynamoDB Local killed under it, in memory, tables and samples come back, clients are let go and served again; Ctrl-C leaves no process', async () => {
    const stack = await started('--in-memory');
    const { ready } = stack;
    expect(Object.keys(ready)).toEqual([
      'ready',
      'ws',
      'http',
      'graphql',
      'dynamodb',
      'region',
      'apiKey',
      'tables',
    ]);
    expect(ready).toMatchObject({
      ready: true,
      region: 'us-east-1',
      apiKey: 'local-dev-key',
      tables: ['Todos'],
    });
    expect(ready.ws).toMatch(/^ws:\/\/localhost:\d+$/);
    expect(await sampleTitle(ready)).toBe('プロフィールページ作成');
    expect((await fetch(ready.http)).status).toBe(200);
    expect(await (await fetch(`${ready.http}/schema.graphql`)).text()).toContain('onChangeTodo');

    const client = await subscribed(ready);
    await write(ready, 'n1', '牛乳を買う');
    const frame = await client.next(
      (each) => each.payload?.data?.['onCreateTodo'] !== null && each.type === 'next',
    );
    expect(frame.payload?.data).toEqual({ onCreateTodo: { id: 'n1', title: '牛乳を買う' } });
    await expect(connect(`${ready.ws}?x-api-key=wrong`)).rejects.toThrow('401');

    process.kill(javaOf(stack), 'SIGKILL');
    await client.closed;
    const again = await eventually(() => subscribed(ready));
    expect(await sampleTitle(ready)).toBe('プロフィールページ作成');
    await write(ready, 'after', 'やり直し');
    const later = await again.next((each) => JSON.stringify(each).includes('"after"'));
    expect(later.payload?.data).toEqual({ onCreateTodo: { id: 'after', title: 'やり直し' } });

    const family = descendants(stack.pid);
    expect(family.length).toBeGreaterThanOrEqual(3);
    const { exitCode, ms } = await stack.end('SIGINT');
    expect(exitCode).toBe(0);
    expect(ms).toBeLessThan(5_000);
    await again.closed;
    expect(family.filter(isAlive).map(commandLine)).toEqual([]);
    expect(stack.stdout().trim().split('\n')).toHaveLength(1);
  }, 300_000);

  test('DynamoDB Local killed under it, data kept: the same subscription goes on; a restart finds the items again; killed with a signal it cannot catch, it still leaves no process', async () => {
    const data = dataFolder();
    const stack = await started('--data', data);
    const client = await subscribed(stack.ready);
    await write(stack.ready, 'k1', 'one');
    await client.next((each) => JSON.stringify(each).includes('"k1"'));
    process.kill(javaOf(stack), 'SIGKILL');
    await eventually(() => write(stack.ready, 'k2', 'two'));
    await client.next((each) => JSON.stringify(each).includes('"k2"'), 60_000);
    client.close();

    const refused = await execa(process.execPath, [MAIN, 'start', '--json', '--data', data], {
      cwd: ROOT,
      env: { NODE_OPTIONS: '' },
      stdin: 'ignore',
      reject: false,
    });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('expected a folder that no other process uses');

    expect((await stack.end('SIGTERM')).ms).toBeLessThan(5_000);
    const next = await started('--data', data);
    const reader = loopClient(next.ready);
    const { Count } = await reader.send(new ScanCommand({ TableName: 'Todos', ConsistentRead: true }));
    reader.destroy();
    expect(Count).toBe(5);

    const family = descendants(next.pid);
    expect(family.length).toBeGreaterThanOrEqual(3);
    await next.end('SIGKILL');
    await eventually(async () => expect(family.filter(isAlive).map(commandLine)).toEqual([]), 20_000);
  }, 300_000);

  test('with DYNAMODB_ENDPOINT it starts none and uses that one, also after its data were lost', async () => {
    let server = await startDynamoDB();
    try {
      const stack = await startLocalLoop(['--no-auth'], { env: { DYNAMODB_ENDPOINT: server.endpoint } });
      running.push(stack);
      expect(stack.ready.dynamodb).toBe(server.endpoint);
      expect(descendants(stack.pid).some((pid) => commandLine(pid).includes('DynamoDBLocal.jar'))).toBe(
        false,
      );
      const client = await connect(stack.ready.ws);
      client.send({ type: 'connection_init' });
      await client.next((frame) => frame.type === 'connection_ack');

      await server.stop();
      server = await startDynamoDB({ port: server.port });
      await client.closed;
      const again = await eventually(() => subscribed(stack.ready));
      await write(stack.ready, 'again', 'x');
      await again.next((each) => JSON.stringify(each).includes('"again"'));
      again.close();
      await stack.end('SIGTERM');
      expect(server.process.exitCode).toBeNull();
    } finally {
      await server.stop();
    }
  }, 240_000);

  test('killed while DynamoDB Local starts, before that answers, it leaves no process', async () => {
    const child = execa(process.execPath, [MAIN, 'start', '--in-memory', '--json'], {
      cwd: ROOT,
      env: { NODE_OPTIONS: '', DYNAMODB_ENDPOINT: '' },
      stdin: 'ignore',
      reject: false,
    });
    await eventually(async () => {
      const family = descendants(child.pid ?? 0);
      expect(family.some((pid) => commandLine(pid).includes('DynamoDBLocal.jar'))).toBe(true);
    });
    const family = descendants(child.pid ?? 0);
    child.kill('SIGKILL');
    await child;
    await eventually(async () => expect(family.filter(isAlive).map(commandLine)).toEqual([]), 10_000);
  }, 60_000);

  test('stopped while it starts, it leaves no process', async () => {
    const child = execa(process.execPath, [MAIN, 'start', '--in-memory', '--json'], {
      cwd: ROOT,
      env: { NODE_OPTIONS: '' },
      stdin: 'ignore',
      reject: false,
    });
    await eventually(async () => {
      const family = descendants(child.pid ?? 0);
      expect(family.some((pid) => commandLine(pid).includes('serverless'))).toBe(true);
    });
    const family = descendants(child.pid ?? 0);
    const from = Date.now();
    child.kill('SIGTERM');
    const result = await child;
    expect(Date.now() - from).toBeLessThan(5_000);
    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(family.filter(isAlive).map(commandLine)).toEqual([]);
  }, 120_000);
});

describe('tablecast start refuses', () => {
  let taken: Server;
  let port = 0;

  beforeAll(async () => {
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    port = typeof address === 'object' && address ? address.port : 0;
  });

  afterAll(() => new Promise((resolve) => taken.close(resolve)));

  test('a taken port asked for by --ws-port, --http-port or --dynamodb-port, naming both', async () => {
    const refused = async (option: string) => {
      const result = await execa(process.execPath, [MAIN, 'start', '--in-memory', option, String(port)], {
        cwd: ROOT,
        env: { NODE_OPTIONS: '' },
        stdin: 'ignore',
        reject: false,
      });
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toContain(`error: ${option} ${port}: expected a free port`);
      expect(result.stderr).not.toContain('    at ');
      expect(result.stdout).toBe('');
    };
    await Promise.all(['--ws-port', '--http-port', '--dynamodb-port'].map(refused));
  }, 120_000);
});
