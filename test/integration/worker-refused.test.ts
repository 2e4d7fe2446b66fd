import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureBuilt } from '../fixtures/built.ts';
import { createItemTable, createRelayTable, useDynamoDB } from '../fixtures/dynamodb.ts';
import { runWorkerCommand, workerEnvironment } from '../fixtures/worker.ts';

/** What stops the worker before it reads anything: each a clear line, and nothing on standard output. */

const dynamodb = useDynamoDB();
const folders: string[] = [];

beforeAll(async () => {
  await ensureBuilt();
  await createRelayTable(dynamodb.client, 'relay');
  await createItemTable(dynamodb.client, 'Items', { stream: 'NEW_AND_OLD_IMAGES' });
  await createItemTable(dynamodb.client, 'NoStream');
  await createItemTable(dynamodb.client, 'KeysOnly', { stream: 'KEYS_ONLY' });
}, 300_000);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function project(sdl: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'tablecast-project-'));
  folders.push(folder);
  for (const [name, text] of Object.entries({ 'schema.graphql': sdl, ...files }))
    writeFileSync(join(folder, name), text);
  return folder;
}

const ITEMS = 'type Item @table(name: "Items") { id: ID! n: Int }\n';

interface Wrong {
  readonly sdl?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

async function refusal({ sdl = ITEMS, env = {}, files = {} }: Wrong): Promise<string> {
  const folder = project(sdl, files);
  const place = {
    folder,
    endpoint: dynamodb.endpoint,
    connections: 'http://127.0.0.1:1',
    relayTable: 'relay',
  };
  const { exitCode, stdout, stderr } = await runWorkerCommand({
    folder,
    env: workerEnvironment({ ...place, env }),
  });
  expect(exitCode).toBe(1);
  // What is logged by then is JSON, and tells of no reading.
  expect(stdout).not.toContain('worker.ready');
  expect(stderr).toMatch(/^error: /);
  return stderr.replace(/^error: /, '');
}

describe('the worker is refused', () => {
  test('a variable that is wrong, by its name, what was expected and what came', async () => {
    expect(await refusal({ env: { TABLECAST_WORKER_PORT: 'http' } })).toBe(
      'TABLECAST_WORKER_PORT: expected a port from 0 to 65535, got "http"',
    );
  }, 60_000);

  test('without a word on where to post', async () => {
    expect(await refusal({ env: { TABLECAST_CONNECTIONS_ENDPOINT: '' } })).toBe(
      'TABLECAST_API_ID: expected the WebSocket API id (or TABLECAST_CONNECTIONS_ENDPOINT), got neither',
    );
  }, 60_000);

  test('a table whose stream is off, with the command that turns it on', async () => {
    const said = await refusal({ sdl: 'type Item @table(name: "NoStream") { id: ID! }\n' });
    expect(said).toMatch(/^Table NoStream: expected a stream of NEW_AND_OLD_IMAGES, but its stream is off/);
    expect(said).toContain(
      `aws dynamodb update-table --region us-east-1 --table-name NoStream --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES --endpoint-url ${dynamodb.endpoint}`,
    );
  }, 60_000);

  test('a stream without both images, and all else that is wrong with the tables in the same breath', async () => {
    const sdl =
      'type A @table(name: "KeysOnly") { id: ID! }\ntype B @table(name: "Nowhere") { id: ID! }\ntype C @table(name: "Items") { id: ID! }\n';
    const said = await refusal({ sdl, env: { TABLECAST_RELAY_TABLE: 'no-relay' } });
    expect(said).toContain('Table KeysOnly: expected a stream of NEW_AND_OLD_IMAGES, got one of KEYS_ONLY.');
    expect(said).toContain(`Table Nowhere: expected it in the DynamoDB at ${dynamodb.endpoint}, found none;`);
    expect(said).toMatch(/^TABLECAST_RELAY_TABLE: expected the relay table .* found none called no-relay$/m);
    expect(said).not.toContain('Items');
  }, 60_000);

  test('a relay table that is another table', async () => {
    expect(await refusal({ env: { TABLECAST_RELAY_TABLE: 'Items' } })).toBe(
      'TABLECAST_RELAY_TABLE: expected the relay table of a deploy, whose keys are pk and sk, got Items with id',
    );
  }, 60_000);

  test('an endpoint that is no URL, by its variable', async () => {
    expect(await refusal({ env: { TABLECAST_CONNECTIONS_ENDPOINT: 'localhost:3001' } })).toBe(
      'TABLECAST_CONNECTIONS_ENDPOINT: expected a URL such as http://127.0.0.1:3001, got "localhost:3001"',
    );
    expect(await refusal({ env: { DYNAMODB_ENDPOINT: 'dynamodb' } })).toBe(
      'DYNAMODB_ENDPOINT: expected a URL such as http://127.0.0.1:8000, got "dynamodb"',
    );
  }, 60_000);

  test('a renamed table is looked for under its real name', async () => {
    const said = await refusal({
      sdl: 'type Item @table(name: "Orders") { id: ID! }\n',
      env: { TABLECAST_TABLE_NAMES: '{"NoStream":"Orders"}' },
    });
    expect(said).toMatch(/^Table NoStream: /);
  }, 60_000);

  test('a DynamoDB that does not answer', async () => {
    expect(await refusal({ env: { DYNAMODB_ENDPOINT: 'http://127.0.0.1:1' } })).toMatch(
      /^Relay table relay: expected DynamoDB to describe it, got ECONNREFUSED/,
    );
  }, 60_000);

  test('a schema that is wrong, by its line', async () => {
    expect(await refusal({ sdl: 'type Item @table(name: "Items") { id: Nothing! }\n' })).toMatch(
      /^schema\.graphql:1:\d+ /,
    );
  }, 60_000);

  test('a schema that needs a resolver where there is none, and one that is not the schema’s', async () => {
    const sdl = `${ITEMS}type Query { hello: String }\n`;
    expect(await refusal({ sdl })).toContain('Query.hello: expected a resolver in resolvers.ts, got none');
    const files = { 'resolvers.ts': 'export const resolvers = { Query: { hello: () => 1, bye: () => 2 } };' };
    expect(await refusal({ sdl, files })).toContain('Query.bye: expected a field of Query');
  }, 60_000);

  test('resolvers that cannot be read, by their line', async () => {
    expect(await refusal({ files: { 'resolvers.ts': 'export const = 1;' } })).toMatch(/^resolvers\.ts:1:14 /);
  }, 60_000);

  test('a port that somebody has', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      expect(await refusal({ env: { TABLECAST_WORKER_PORT: String(port) } })).toMatch(
        new RegExp(
          `^TABLECAST_WORKER_HOST, TABLECAST_WORKER_PORT: expected to listen on 127.0.0.1:${port}, got listen EADDRINUSE`,
        ),
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }, 60_000);
});

test('what it does not know of the command line ends with 2, and the help with 0', async () => {
  const folder = project(ITEMS);
  const wrong = await runWorkerCommand({ folder, env: {} }, ['--port', '1']);
  expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
  expect(wrong.stderr).toContain("unknown option '--port'");
  expect((await runWorkerCommand({ folder, env: {} }, ['--help'])).exitCode).toBe(0);
}, 60_000);
