import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type DocumentServer, startDocumentServer } from '../../../scripts/attack/tokens/document-server.ts';
import { jwk, rsaKey, seconds, token } from '../../../scripts/attack/tokens/signing.ts';
import { ensureBuilt } from '../../fixtures/built.ts';
import type { ClientAdapter, ConnectedClient, Credential } from '../../fixtures/clients/adapter.ts';
import { type Heard, hear } from '../../fixtures/clients/heard.ts';
import { CLIENTS } from '../../fixtures/clients/matrix.ts';
import { documentedPrograms, run } from '../../fixtures/clients/programs.ts';
import { type ServerSide, serverSide } from '../../fixtures/clients/server-side.ts';
import { mutationWriter, restWriter, sdkWriter, type Writer } from '../../fixtures/clients/writers.ts';
import { type LocalLoop, loopClient, startLocalLoop } from '../../fixtures/local-loop.ts';
import { EXAMPLE } from '../example-project.ts';

/**
 * Real clients, unmodified, against the whole local loop of examples/todos at its one origin: the packages that
 * applications of AppSync and Apollo are made with, set up as docs/clients.md says.
 */

jest.setTimeout(180_000);

const TITLE = '買い物 🍣';
const FIELDS = ['onCreateTodo', 'onUpdateTodo', 'onDeleteTodo'] as const;
/** A document with a variable and a filter, for one kind of change. */
const documentOf = (field: string) =>
  `subscription On($least: Int) { ${field}(filter: {priority: {ge: $least}}) { id title priority } }`;
const CREATED = documentOf('onCreateTodo');

const signingKey = rsaKey('of-the-issuer');
let issuer: DocumentServer;
let loop: LocalLoop;
let dynamodb: DynamoDBClient;
let server: ServerSide;
let writers: readonly Writer[];
let sdk: Writer;
let key: Credential;
const clients: ConnectedClient[] = [];

beforeAll(async () => {
  issuer = await startDocumentServer();
  issuer.documents.set('/keys', { keys: [jwk(signingKey)] });
  await ensureBuilt();
  const issuers = [{ issuer: issuer.origin, audience: 'app', jwksUri: `${issuer.origin}/keys` }];
  loop = await startLocalLoop(['--in-memory'], {
    command: [process.execPath, EXAMPLE, 'todos'],
    env: { TABLECAST_JWT: JSON.stringify(issuers) },
  });
  const { http, ws, apiKey } = loop.ready;
  dynamodb = loopClient(loop.ready);
  server = await serverSide(dynamodb, ws);
  sdk = sdkWriter(dynamodb);
  writers = [mutationWriter(http, apiKey), sdk, restWriter(http)];
  key = { kind: 'key', key: apiKey };
}, 300_000);
afterEach(async () => {
  // Amplify is one for the process: each client is gone before the next comes.
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(async () => {
  dynamodb?.destroy();
  await loop?.end('SIGTERM');
  await issuer?.stop();
});

function connect(adapter: ClientAdapter, credential: Credential, told: string[] = []): ConnectedClient {
  const client = adapter.connect(loop.ready.http, credential, {
    connectionError: (message) => told.push(message),
  });
  clients.push(client);
  return client;
}

const write = (priority = 1) => sdk.create({ title: TITLE, memo: '', priority });
const itemsOf = (heard: Heard, field: string) => heard.payloads.map(({ data }) => data?.[field]);
/** Frames it received whose data hold both texts. */
const framesWith = ({ traffic }: ConnectedClient, ...texts: string[]) =>
  traffic.received
    .map(({ payload }) => JSON.stringify(payload?.data ?? null))
    .filter((data) => texts.every((text) => data.includes(text)));

/** Sees the client do what it always does, and resolves with a subscription that is live after it. */
async function afterDrop(adapter: ClientAdapter, client: ConnectedClient, heard: Heard): Promise<Heard> {
  if (adapter.afterDrop === 'reconnects') {
    await heard.live(2);
    expect(client.traffic.connects).toBe(2);
    expect(heard.errors).toEqual([]);
    return heard;
  }
  await client.traffic.closed();
  const isSilent = adapter.afterDrop === 'is silent';
  if (!isSilent) await heard.error();
  await pause(adapter.triesAgainWithinMs);
  expect(client.traffic.connects).toBe(1);
  expect(heard.errors).toHaveLength(isSilent ? 0 : 1);
  if (adapter.afterDrop === 'tells') expect(heard.errors[0]).toContain('Connection closed');
  const again = hear(adapter.afterDrop === 'ends' ? connect(adapter, key) : client, CREATED, { least: 0 });
  await again.live();
  return again;
}

describe.each(CLIENTS)('$name', (adapter) => {
  test('subscribes with variables and a filter, and gets what three writers create, update and delete', async () => {
    const client = connect(adapter, key);
    const heard = FIELDS.map((field) => hear(client, documentOf(field), { least: 5 }));
    await Promise.all(heard.map((each) => each.live()));

    const wanted: { readonly id: string; readonly title: string; readonly priority: number }[] = [];
    for (const writer of writers) {
      const excluded = await writer.create({ title: TITLE, memo: writer.name, priority: 4 });
      await writer.retitle(excluded, 'excluded');
      await writer.remove(excluded);
      const id = await writer.create({ title: TITLE, memo: writer.name, priority: 5 });
      await writer.retitle(id, `${TITLE} ${writer.name}`);
      await writer.remove(id);
      wanted.push({ id, title: `${TITLE} ${writer.name}`, priority: 5 });
    }

    await Promise.all(heard.map((each) => each.payload(writers.length)));
    const created = wanted.map((todo) => ({ ...todo, title: TITLE }));
    const got = FIELDS.map((field, index) => heard[index]?.payloads.map(({ data }) => data?.[field]));
    expect(got).toEqual(
      [created, wanted, wanted].map((todos) => todos.map((todo) => expect.objectContaining(todo))),
    );
    expect(heard.flatMap(({ errors }) => errors)).toEqual([]);
    expect(client.traffic.connects).toBe(1);
  });

  test('unsubscribes, and is sent no more of it while its other subscription goes on', async () => {
    const client = connect(adapter, key);
    const stopped = hear(client, CREATED, { least: 0 });
    const other = hear(client, documentOf('onUpdateTodo'), { least: 0 });
    await Promise.all([stopped.live(), other.live()]);
    const writeTwice = async () => {
      const id = await write();
      await sdk.retitle(id, 'later');
      return id;
    };
    await writeTwice();
    await Promise.all([stopped.payload(1), other.payload(1)]);

    stopped.stop();
    // What was written while the word of it travelled may still be sent, and is thrown away by the client.
    let sent = 1;
    for (let round = 2; round <= 6 && sent > 0; round += 1) {
      const id = await writeTwice();
      // Changes of one item come in order: when the update is there, the creation would have been.
      await other.payload(round);
      sent = framesWith(client, id, 'onCreateTodo').length;
    }
    expect(sent).toBe(0);
    expect(stopped.payloads).toHaveLength(1);
    expect([...stopped.errors, ...other.errors]).toEqual([]);
  });

  test(`dropped by the server it ${adapter.afterDrop}, and live again it gets changes`, async () => {
    const before = await server.connectionIds();
    const client = connect(adapter, key);
    const heard = hear(client, CREATED, { least: 0 });
    await heard.live();
    const own = [...(await server.connectionIds())].filter((id) => !before.has(id));
    expect(own).toHaveLength(1);
    for (const id of own) await server.drop(id);

    const again = await afterDrop(adapter, client, heard);
    const id = await write();
    await again.payload(1);
    expect(itemsOf(again, 'onCreateTodo')).toEqual([expect.objectContaining({ id })]);
  });

  test('is told which field is not there, and keeps its other subscription', async () => {
    const client = connect(adapter, key);
    const good = hear(client, CREATED, { least: 0 });
    await good.live();
    const wrong = hear(client, 'subscription { onCreateTodo { titel } }');
    expect(await wrong.error()).toMatch(/Cannot query field .*titel/);
    const id = await write();
    await good.payload(1);
    expect(itemsOf(good, 'onCreateTodo')).toEqual([expect.objectContaining({ id })]);
    expect(wrong.payloads).toEqual([]);
    expect(client.traffic.connects).toBe(1);
  });

  test('is let in by a JSON Web Token', async () => {
    const claims = { iss: issuer.origin, aud: 'app', sub: 'alice', exp: seconds(3_600), iat: seconds(0) };
    const client = connect(adapter, { kind: 'token', token: token(signingKey, claims) });
    const heard = hear(client, CREATED, { least: 0 });
    await heard.live();
    const id = await write();
    await heard.payload(1);
    expect(itemsOf(heard, 'onCreateTodo')).toEqual([expect.objectContaining({ id })]);
  });

  test(`runs queries and mutations ${adapter.operations}`, async () => {
    const client = connect(adapter, key);
    const id = randomUUID();
    const create = 'mutation M($input: CreateTodoInput!) { createTodo(input: $input) { id title } }';
    expect(await client.execute(create, { input: { id, title: TITLE } })).toMatchObject({
      data: { createTodo: { id, title: TITLE } },
    });
    const get = 'query Q($id: ID!) { getTodo(id: $id) { title } }';
    expect(await client.execute(get, { id })).toMatchObject({ data: { getTodo: { title: TITLE } } });
    await expect(client.execute('query { getTodo(id: "x") { titel } }', {})).rejects.toThrow(
      /Cannot query field .*titel/,
    );
    const isSocket = adapter.operations === 'over its socket';
    expect(framesWith(client, 'getTodo', TITLE)).toHaveLength(isSocket ? 1 : 0);
  });
});

describe.each(CLIENTS.filter(({ dialect }) => dialect === 'apollo'))('$name', (adapter) => {
  test('is sent nothing but what its protocol has: never ka, never start_ack', async () => {
    const client = connect(adapter, key);
    const heard = hear(client, CREATED, { least: 0 });
    await heard.live();
    await write();
    await heard.payload(1);
    await hear(client, 'subscription { nope }').error();
    const get = 'query { listTodos(limit: 1) { nextToken } }';
    expect(await client.execute(get, {})).toMatchObject({ data: { listTodos: {} } });
    expect([...new Set(client.traffic.received.map(({ type }) => type))].sort()).toEqual([
      'complete',
      'connection_ack',
      'data',
      'error',
    ]);
  });
});

describe('with a wrong key', () => {
  interface Refusal {
    readonly said: string;
    readonly connects: number;
  }

  const refusedOf = async (adapter: ClientAdapter): Promise<Refusal> => {
    const told: string[] = [];
    const connectionError = (message: string) => told.push(message);
    const wrong: Credential = { kind: 'key', key: 'a-wrong-key' };
    const client = adapter.connect(loop.ready.http, wrong, { connectionError });
    const heard = hear(client, CREATED, { least: 0 });
    try {
      await heard.error();
      await pause(adapter.triesAgainWithinMs);
      expect(heard.payloads).toEqual([]);
      return { said: [...told, ...heard.errors].join('; '), connects: client.traffic.connects };
    } finally {
      heard.stop();
      await client.close();
    }
  };

  // All at once, for most of it is the pause in which nothing may happen.
  const refusals = new Map<string, Promise<Refusal>>();
  beforeAll(() => {
    let before: Promise<unknown> = Promise.resolve();
    for (const adapter of CLIENTS) {
      const refused = adapter.takesGlobalSocket ? before.then(() => refusedOf(adapter)) : refusedOf(adapter);
      const settled = refused.catch(() => {});
      if (adapter.takesGlobalSocket) before = settled;
      refusals.set(adapter.name, refused);
    }
  });

  test.each(CLIENTS)('$name is refused in its own way, and stops', async ({ name, refusal }) => {
    const refused = await refusals.get(name);
    expect(refused?.said).toMatch(refusal);
    expect(refused?.connects).toBe(1);
  });
});

describe('docs/clients.md', () => {
  const programs = documentedPrograms();

  test('has a program for each client that is a package', () => {
    expect(programs.map(({ heading }) => heading)).toEqual([
      'graphql-ws',
      'Apollo Client over graphql-ws',
      'subscriptions-transport-ws',
      'Apollo Client over subscriptions-transport-ws',
      'aws-appsync-subscription-link',
      'Amplify',
    ]);
  });

  test.each(programs)('the program for $heading prints a change', async ({ text }) => {
    const { http, apiKey } = loop.ready;
    const program = run(
      text.replaceAll('localhost:3000', new URL(http).host).replaceAll('local-dev-key', apiKey),
    );
    const written: string[] = [];
    const printed = () => written.find((id) => program.output().includes(id));
    try {
      // It does not say when it listens: items are written until it prints one.
      const end = Date.now() + 60_000;
      while (printed() === undefined && Date.now() < end) {
        written.push(await write());
        await pause(250);
      }
      expect([printed() ?? program.output(), written]).toEqual([
        expect.stringMatching(/^[\w-]{36}$/),
        written,
      ]);
    } finally {
      await program.end();
    }
  });
});
