import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '../../src/adapters/clock.ts';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { apiKeyHash, createApiKeys } from '../../src/auth/api-keys.ts';
import type { Identity } from '../../src/auth/identity.ts';
import { identityHash } from '../../src/auth/identity-hash.ts';
import { createProgram } from '../../src/cli/program.ts';
import { canonicalFilter } from '../../src/filter/canonical.ts';
import { createCounters } from '../../src/observe/counters.ts';
import type { NewSubscription, Registry } from '../../src/relay/ports.ts';
import { revokeConnection, revokeIdentity, revokeMatching } from '../../src/relay/revoke.ts';
import { createFakeConnections, type FakeConnections } from '../../src/testing/connections.ts';
import type { ConnectionsServer } from '../../src/testing/connections-server.ts';
import { createRelayTable, useDynamoDB } from '../fixtures/dynamodb.ts';
import { contextOf } from '../unit/relay/keepalive-context.ts';

const TABLE = 'relay';
const ISSUER = 'https://issuer.example';
const KEY = 'some-key';
const JANE: Identity = { kind: 'jwt', hash: identityHash('jwt', ISSUER, 'jane') };

const dynamodb = useDynamoDB();
let connections: FakeConnections;
let gateway: ConnectionsServer;
let registry: Registry;

beforeAll(async () => {
  await createRelayTable(dynamodb.client, TABLE);
  connections = createFakeConnections({ clock: systemClock });
  gateway = await connections.listen();
  registry = createDynamoDBRegistry({
    client: DynamoDBDocumentClient.from(dynamodb.client),
    tableName: TABLE,
    clock: systemClock,
  });
});

afterAll(() => gateway?.close());

/** The command as `tablecast` runs it. */
async function run(...args: string[]) {
  const out = new PassThrough();
  const err = new PassThrough();
  const { signal } = new AbortController();
  const printed = Promise.all([text(out), text(err)]);
  const places = [
    '--table',
    TABLE,
    '--endpoint',
    dynamodb.endpoint,
    '--connections-endpoint',
    gateway.endpoint,
  ];
  const fault = await createProgram({ folder: '.', out, err, signal })
    .parseAsync(['node', 'tablecast', 'revoke', ...places, ...args])
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  out.end();
  err.end();
  const [stdout, stderr] = await printed;
  return { stdout, stderr, fault };
}

const END = Math.floor(Date.now() / 1_000) + 7_200;

async function open(id: string, identity: Identity): Promise<void> {
  connections.open(id);
  await registry.open({
    id,
    stage: 'dev',
    dialect: 'appsync',
    connectedAt: Date.now(),
    expiresAt: END,
    identity,
  });
  await registry.initialise(id, {});
}

const subscribe = (connectionId: string, clientId: string, by: Identity, room = '1') => {
  const subscription: NewSubscription = {
    connectionId,
    clientId,
    field: 'onCreateMessage',
    table: 'Messages',
    alternatives: [new Map([['room', room]])],
    filter: canonicalFilter({
      kind: 'condition',
      field: 'room',
      fieldKind: 'ID',
      operator: 'eq',
      values: [room],
    }),
    document: { hash: 'd', text: 'subscription { onCreateMessage { id } }' },
    renderingKey: 'r',
    dialect: 'appsync',
    stage: 'dev',
    activatedAt: Date.now(),
    expiresAt: END,
    subscriber: { identityHash: by.hash, ...(by.kind === 'jwt' && { maxSubscriptions: 10 }) },
    maxOnConnection: 100,
  };
  return registry.subscribe(subscription);
};

const idsOn = async (id: string) => (await registry.subscriptions(id)).map(({ clientId }) => clientId).sort();

const codesAt = (id: string) => connections.frames(id).map((frame) => /"code":"(\w+)"/.exec(frame)?.[1]);

test('S10 a subject of an issuer is ended on every connection, told, disconnected, and let in no more', async () => {
  await open('hers', JANE);
  await open('his', { kind: 'jwt', hash: 'joe' });
  for (const [connectionId, id] of [
    ['hers', '1'],
    ['hers', '2'],
    ['his', 'hers too'],
  ] as const)
    expect(await subscribe(connectionId, id, JANE)).toBe('active');
  expect(await subscribe('his', 'his', { kind: 'jwt', hash: 'joe' })).toBe('active');

  const who = ['--issuer', ISSUER, '--subject', 'jane'];
  const dry = await run(...who, '--dry-run');
  expect(dry.stdout).toContain('would end 3 subscriptions and close 1 connection, of 2 looked at');
  expect(await idsOn('hers')).toEqual(['1', '2']);

  const { stdout, stderr, fault } = await run(...who, '--for', '1h', '--json');
  expect({ stderr, fault }).toEqual({ stderr: '', fault: undefined });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ identity: JANE.hash, operations: 3, closed: 1, untold: 0, failed: 0 });
  expect(report.until - Date.now() / 1_000).toBeGreaterThan(3_500);
  expect(report.until - Date.now() / 1_000).toBeLessThanOrEqual(3_600);
  expect([await idsOn('hers'), await idsOn('his')]).toEqual([[], ['his']]);
  expect(codesAt('hers')).toEqual(['REVOKED', 'REVOKED']);
  expect(codesAt('his')).toEqual(['REVOKED']);
  expect([connections.isOpen('hers'), connections.isOpen('his')]).toEqual([false, true]);
  expect(await subscribe('his', 'again', JANE)).toBe('revoked');
}, 30_000);

test('S10 by filter, by connection, and by the hash of an API key wherever it speaks', async () => {
  const presented = createApiKeys([{ hash: apiKeyHash(KEY) }]).identityOf(KEY, Date.now());
  const key: Identity = presented.kind === 'identified' ? presented.identity : JANE;
  await open('a', key);
  await open('b', { kind: 'jwt', hash: 'ann' });
  for (const [connectionId, id, room] of [
    ['a', '1', '1'],
    ['a', '2', '2'],
    ['b', '2', '2'],
    ['b', '3', '3'],
  ] as const)
    expect(await subscribe(connectionId, id, key, room)).toBe('active');

  const matching = await run('--filter', '{"field":"onCreateMessage","where":{"room":2}}');
  expect(matching.stdout).toMatch(/^ended 2 subscriptions and closed 0 connections, of \d+ looked at\n$/);
  expect([await idsOn('a'), await idsOn('b')]).toEqual([['1'], ['3']]);

  const { stdout } = await run('--api-key-hash', apiKeyHash(KEY), '--json');
  expect(JSON.parse(stdout)).toMatchObject({ identity: key.hash, operations: 2, closed: 1 });
  expect([connections.isOpen('a'), connections.isOpen('b')]).toEqual([false, true]);
  expect(await subscribe('b', '4', key)).toBe('revoked');

  expect((await run('--connection', 'b')).stdout).toContain('closed 1 connection,');
  expect((await run('--connection', 'no-such')).stdout).toContain(
    'there was nothing to end: no such connection is open',
  );
  expect(connections.isOpen('b')).toBe(false);
}, 30_000);

test.each<[string, readonly string[], RegExp]>([
  ['nothing to revoke', [], /expected one of --subject .* got none/],
  ['two things', ['--identity', JANE.hash, '--connection', 'y'], /got several/],
  ['an identity hash cut short', ['--identity', JANE.hash.slice(1)], /expected an identity hash: 22/],
  ['a role by its name alone', ['--iam', 'Readers'], /--iam: expected an ARN such as arn:.*, got "Readers"/],
  ['a subject without its issuer', ['--subject', 'jane'], /--subject and --issuer together/],
  [
    'a key in place of its hash',
    ['--api-key-hash', 'secret-key'],
    /expected 64 hex digits, got 10 characters/,
  ],
  ['a filter that is no JSON', ['--filter', '{field:1}'], /expected JSON, such as/],
  ['a filter of nothing', ['--filter', '{"where":{}}'], /one of "field", "type" and "table"/],
  ['an operator', ['--filter', '{"field":"f","where":{"a":{"eq":1}}}'], /for "a", got object/],
  ['a misspelt member', ['--filter', '{"field":"f","were":{}}'], /got "were" too/],
  ['a type that is not in the schema', ['--filter', '{"type":"Nothing"}'], /expected a type of the schema/],
  ['a time without a unit', ['--identity', JANE.hash, '--for', '24'], /such as 90m, 24h or 7d/],
])('a wrong call is refused before anything is asked: %s', async (_, args, words) => {
  const { stdout, stderr, fault } = await run(...args);
  expect(stdout).toBe('');
  expect(stderr).toMatch(words);
  expect(stderr).not.toContain('secret-key');
  expect(fault).toMatchObject({ name: 'CommanderError' });
});

test('S10 a session of a role is revoked as API Gateway tells of it: by its role', async () => {
  const role = 'arn:aws:iam::123456789012:role/Readers';
  const { stdout } = await run('--iam', 'arn:aws:sts::123456789012:assumed-role/Readers/jane', '--dry-run');
  expect(stdout).toContain(`would refuse identity ${identityHash('iam', 'iam', role)} until`);
});

test('a table that is not there fails in words', async () => {
  const { stdout, fault } = await run('--table', 'no-such-table', '--identity', JANE.hash);
  expect(stdout).toBe('');
  expect(fault).toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
    message: expect.stringContaining('relay table no-such-table'),
  });
});

test('docs/revocation.md lists just the actions that revoking takes', async () => {
  const done = new Set<string>();
  const client = dynamodb.newClient();
  client.middlewareStack.add(
    (next, context) => (args) => {
      done.add(String(context['commandName']).replace(/Command$/, ''));
      return next(args);
    },
    { step: 'initialize', name: 'recordActions' },
  );
  const recorded = createDynamoDBRegistry({
    client: DynamoDBDocumentClient.from(client),
    tableName: TABLE,
    clock: systemClock,
  });
  const counters = createCounters();
  const transport = connections.transport;
  const context = contextOf({ registry: recorded, transport, clock: systemClock, counters, logs: [] });
  const ann: Identity = { kind: 'jwt', hash: 'ann' };
  for (const id of ['x', 'y', 'z']) {
    await open(id, ann);
    for (const clientId of ['1', '2']) await subscribe(id, clientId, ann);
  }
  // Ended by its client between being listed and being ended: a mark is left.
  connections.script('x', 'sent');
  const racing: Registry = {
    ...recorded,
    async subscriptions(id) {
      const found = await recorded.subscriptions(id);
      if (id === 'x') await registry.complete('x', '1');
      return found;
    },
  };
  await revokeMatching({ ...context, registry: racing }, { table: 'Messages', equalities: new Map() });
  await revokeConnection(context, 'y');
  const identity = { identityHash: 'ann', until: END, closeConnections: true };
  await revokeIdentity(context, identity);
  const policy = /```json\n([\s\S]*?)```/.exec(readFileSync('docs/revocation.md', 'utf8'))?.[1];
  const statements: { Action: string[] }[] = JSON.parse(policy ?? '{}').Statement;
  const allowed = statements.flatMap(({ Action }) => Action);
  expect(allowed.filter((action) => action.startsWith('dynamodb:'))).toEqual(
    [...done].sort().map((action) => `dynamodb:${action}`),
  );
  expect(allowed).toContain('execute-api:ManageConnections');
}, 30_000);
