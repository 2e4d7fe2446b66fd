import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { apiKeyHash } from '../../src/auth/api-keys.ts';
import { type BundledProject, esbuildOptions } from '../../src/deploy/bundling.ts';
import { createFakeConnections } from '../../src/testing/connections.ts';
import type { ConnectionsServer } from '../../src/testing/connections-server.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../src/testing/dynamodb-local.ts';
import { ROOT } from '../fixtures/built.ts';
import { createRelayTable, DYNAMODB_HOOK_MS, useDynamoDB } from '../fixtures/dynamodb.ts';
import { mustRun } from '../fixtures/packaging/built-copy.ts';
import { KEY, todoRecord } from '../fixtures/relay.ts';

/**
 * Bundles as they are deployed, with all that is left out of them: one process loads four of them and plays a
 * connection's life against DynamoDB Local and a gateway that wants signatures.
 */

const SCHEMA = 'type Todo @table(name: "Todos") { id: ID! title: String! reader: String @resolved }\n';
const SCHEMA_WITHOUT_CODE = 'type Todo @table(name: "Todos") { id: ID! title: String! }\n';

/** Answers a field of the item with what only the API's context knows. */
const RESOLVERS = `
export const resolvers = {
  Todo: {
    reader: (todo, _args, context) =>
      [todo.title, context.identity.kind, typeof context.tables.Todo.get, typeof context.publish].join(' '),
  },
};
`;

const FUNCTIONS = ['connect', 'subscribe', 'stream', 'disconnect'];

const dynamodb = useDynamoDB();
const connections = createFakeConnections();
let gateway: ConnectionsServer;
let place: string;

beforeAll(async () => {
  gateway = await connections.listen({ requireSignature: true });
  place = await realpath(await mkdtemp(join(tmpdir(), 'tablecast-bundles-')));
}, DYNAMODB_HOOK_MS);

afterAll(async () => {
  await gateway?.close();
  if (place) await rm(place, { recursive: true, force: true });
});

/** Each function by itself, as serverless-esbuild makes them. */
async function bundleAll(
  outdir: string,
  project: Pick<BundledProject, 'project' | 'ownCode' | 'sdkTransport'>,
) {
  const options = esbuildOptions({
    ...project,
    graphql: dirname(createRequire(import.meta.url).resolve('graphql/package.json')),
    handlers: 'handlers',
    offline: false,
    fanOut: false,
  });
  for (const name of FUNCTIONS) {
    await build({
      ...options,
      absWorkingDir: ROOT,
      entryPoints: [`handlers/${name}.ts`],
      outdir,
      logLevel: 'error',
    });
  }
}

/** What a client is answered and sent from `$connect` to `$disconnect`, one item being created between. */
async function life(
  name: string,
  project: Pick<BundledProject, 'project' | 'ownCode' | 'sdkTransport'>,
  schema: string,
  selection: string,
) {
  const outdir = join(place, name);
  await bundleAll(outdir, project);
  await writeFile(join(outdir, 'schema.graphql'), schema);
  await createRelayTable(dynamodb.client, `relay-${name}`);
  connections.open(name);
  const record = todoRecord(Date.now(), { newImage: { id: { S: 'a' }, title: { S: 'milk' } } });
  const script = `
    const at = (eventType) => ({ eventType, connectionId: '${name}', stage: 'dev', connectedAt: Date.now() });
    const load = async (name) => (await import('./' + name + '.mjs')).handler;
    const [connect, subscribe, stream, disconnect] = await Promise.all(${JSON.stringify(FUNCTIONS)}.map(load));
    const send = async (frame) =>
      (await subscribe({ requestContext: at('MESSAGE'), isBase64Encoded: false, body: JSON.stringify(frame) })).body;
    const headers = { 'x-api-key': '${KEY}', 'Sec-WebSocket-Protocol': 'graphql-transport-ws' };
    const answers = [
      (await connect({ requestContext: at('CONNECT'), headers })).statusCode,
      await send({ type: 'connection_init' }),
      await send({ type: 'subscribe', id: '1', payload: { query: 'subscription { onCreateTodo { ${selection} } }' } }),
      await stream({ Records: [${JSON.stringify(record)}] }, { getRemainingTimeInMillis: () => 60000 }),
      (await disconnect({ requestContext: at('DISCONNECT') })).statusCode,
    ];
    console.log(JSON.stringify(answers.map((answer) => answer ?? null)));`;
  const printed = await mustRun(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    cwd: outdir,
    env: {
      AWS_REGION: LOCAL_REGION,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      DYNAMODB_ENDPOINT: dynamodb.endpoint,
      TABLECAST_RELAY_TABLE: `relay-${name}`,
      TABLECAST_CONNECTIONS_ENDPOINT: gateway.endpoint,
      TABLECAST_API_KEY_HASHES: apiKeyHash(KEY),
      TABLECAST_PAGE_SECRET: 'x'.repeat(40),
      TABLECAST_LOG_LEVEL: 'silent',
      ...(project.sdkTransport && { TABLECAST_TRANSPORT: 'sdk' }),
    },
  });
  const sent = connections.frames(name).map((text) => JSON.parse(text));
  return { answers: JSON.parse(printed), sent };
}

/** To `$connect`, `connection_init`, `subscribe`, the batch, `$disconnect`. */
const ANSWERS = [200, '{"type":"connection_ack"}', null, { batchItemFailures: [] }, 200];

const noProject = join(ROOT, 'src/no-project.ts');

test.each([false, true])(
  'what was left out is not missed: a whole life of a connection (the SDK’s own transport: %s)',
  async (sdkTransport) => {
    const project = { project: noProject, ownCode: false, sdkTransport };
    const { answers, sent } = await life(`plain-${sdkTransport}`, project, SCHEMA_WITHOUT_CODE, 'id title');
    expect(answers).toEqual(ANSWERS);
    expect(sent).toEqual([
      expect.objectContaining({
        id: '1',
        payload: expect.objectContaining({ data: { onCreateTodo: { id: 'a', title: 'milk' } } }),
      }),
    ]);
  },
  120_000,
);

test('resolvers of a project have the API at delivery', async () => {
  const file = join(place, 'resolvers.js');
  await writeFile(file, RESOLVERS);
  const project = { project: file, ownCode: true, sdkTransport: false };
  const { answers, sent } = await life('own', project, SCHEMA, 'id reader');
  expect(answers).toEqual(ANSWERS);
  const reader = 'milk api-key function function';
  expect(sent).toEqual([
    expect.objectContaining({
      payload: expect.objectContaining({ data: { onCreateTodo: { id: 'a', reader } } }),
    }),
  ]);
}, 120_000);

test('a bundle made for the lean transport says how to have the other one', async () => {
  const outdir = join(place, 'lean');
  await bundleAll(outdir, { project: noProject, ownCode: false, sdkTransport: false });
  await writeFile(join(outdir, 'schema.graphql'), SCHEMA_WITHOUT_CODE);
  const script = `await import('./stream.mjs').catch((error) => console.log(error.code, error.message));`;
  const printed = await mustRun(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    cwd: outdir,
    env: { TABLECAST_TRANSPORT: 'sdk', TABLECAST_LOG_LEVEL: 'silent' },
  });
  expect(printed).toMatch(/^CONFIG_INVALID TABLECAST_TRANSPORT: expected lean.*provider\.environment/);
}, 60_000);
