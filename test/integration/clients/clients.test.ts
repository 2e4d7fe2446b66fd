import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureBuilt } from '../../fixtures/built.ts';
import type { ClientAdapter, ConnectedClient, Credential } from '../../fixtures/clients/adapter.ts';
import { type Heard, hear } from '../../fixtures/clients/heard.ts';
import { CLIENTS } from '../../fixtures/clients/matrix.ts';
import { type ServerSide, serverSide } from '../../fixtures/clients/server-drop.ts';
import { mutationWriter, sdkWriter, type Writer } from '../../fixtures/clients/writers.ts';
import type { Payload } from '../../fixtures/clients.ts';
import { type LocalLoop, loopClient, startLocalLoop } from '../../fixtures/local-loop.ts';
import { jwk, rsaKey, seconds, token } from '../../unit/auth/token-issuer.ts';
import { type DocumentServer, startDocumentServer } from '../jwt-server.ts';

/**
 * Real clients, unmodified, against the whole local loop at its one origin: the packages that applications of AppSync and
 * Apollo are made with, set up as docs/clients.md says.
 */

const TEST_MS = 180_000;
const TITLE = '買い物 🍣';
/** One document for each kind of change, with a variable and a filter. */
const documentOf = (field: string) =>
  `subscription On($least: Int) { ${field}(filter: {priority: {ge: $least}}) { id title priority } }`;
const FIELDS = ['onCreateTodo', 'onUpdateTodo', 'onDeleteTodo'] as const;

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
  loop = await startLocalLoop(['--in-memory'], {
    env: {
      TABLECAST_JWT: JSON.stringify([
        { issuer: issuer.origin, audience: 'app', jwksUri: `${issuer.origin}/keys` },
      ]),
    },
  });
  dynamodb = loopClient(loop.ready);
  server = await serverSide(dynamodb, loop.ready.ws);
  sdk = sdkWriter(dynamodb);
  writers = [mutationWriter(loop.ready.http, loop.ready.apiKey), sdk];
  key = { kind: 'key', key: loop.ready.apiKey };
}, 300_000);
afterEach(async () => {
  // Amplify is one for the process: each client is gone before the next comes.
  await Promise.all(clients.splice(0).map((client) => client.close()));
}, 60_000);
afterAll(async () => {
  dynamodb?.destroy();
  await loop?.end('SIGTERM');
  await issuer?.stop();
}, 60_000);

function connect(adapter: ClientAdapter, credential: Credential, told: string[] = []): ConnectedClient {
  const client = adapter.connect(loop.ready.http, credential, {
    connectionError: (message) => told.push(message),
  });
  clients.push(client);
  return client;
}

const itemsOf = (heard: Heard, field: string) => heard.payloads.map(({ data }) => data?.[field]);
const framesOf = (client: ConnectedClient, id: string, field: string) =>
  client.traffic.received.filter(({ payload }) => {
    const text = JSON.stringify(payload?.data ?? {});
    return text.includes(id) && text.includes(field);
  });

describe.each(CLIENTS)('$name', (adapter) => {
  test(
    'subscribes with variables and a filter, and gets what several writers create, update and delete',
    async () => {
      const client = connect(adapter, key);
      const heard = new Map(
        FIELDS.map((field) => [field, hear(client, documentOf(field), { least: 5 })] as const),
      );
      await Promise.all([...heard.values()].map((each) => each.live()));

      const expected: { id: string; title: string; priority: number }[] = [];
      for (const writer of writers) {
        const excluded = await writer.create({ title: TITLE, memo: writer.name, priority: 4 });
        await writer.retitle(excluded, 'excluded');
        await writer.remove(excluded);
        const id = await writer.create({ title: TITLE, memo: writer.name, priority: 5 });
        await writer.retitle(id, `${TITLE} ${writer.name}`);
        await writer.remove(id);
        expected.push({ id, title: `${TITLE} ${writer.name}`, priority: 5 });
      }

      await Promise.all([...heard.values()].map((each) => each.payload(writers.length)));
      const created = expected.map((todo) => ({ ...todo, title: TITLE }));
      for (const [field, each] of heard) {
        const wanted = field === 'onCreateTodo' ? created : expected;
        expect(itemsOf(each, field)).toEqual(wanted.map((todo) => expect.objectContaining(todo)));
        expect(each.errors).toEqual([]);
      }
      expect(client.traffic.connects).toBe(1);
    },
    TEST_MS,
  );

  test(
    'unsubscribes, and is sent no more of it while its other subscription goes on',
    async () => {
      const client = connect(adapter, key);
      const stopped = hear(client, documentOf('onCreateTodo'), { least: 0 });
      const other = hear(client, documentOf('onUpdateTodo'), { least: 0 });
      await Promise.all([stopped.live(), other.live()]);
      const write = async () => {
        const id = await sdk.create({ title: TITLE, memo: '', priority: 1 });
        await sdk.retitle(id, 'later');
        return id;
      };
      await write();
      await Promise.all([stopped.payload(1), other.payload(1)]);

      stopped.stop();
      // What was written while the word of it travelled may still be sent, and is thrown away by the client.
      let sent = 1;
      for (let round = 2; round <= 6 && sent > 0; round += 1) {
        const id = await write();
        // Changes of one item come in order: when the update is there, the creation would have been.
        await other.payload(round);
        sent = framesOf(client, id, 'onCreateTodo').length;
      }
      expect(sent).toBe(0);
      expect(stopped.payloads).toHaveLength(1);
      expect([stopped.errors, other.errors]).toEqual([[], []]);
    },
    TEST_MS,
  );

  test(
    'dropped by the server, it does what it always does',
    async () => {
      const before = await server.connectionIds();
      const client = connect(adapter, key);
      const heard = hear(client, documentOf('onCreateTodo'), { least: 0 });
      await heard.live();
      const own = [...(await server.connectionIds())].filter((id) => !before.has(id));
      expect(own).toHaveLength(1);
      for (const id of own) await server.drop(id);

      const again = adapter.afterDrop === 'reconnects' ? heard : undefined;
      if (adapter.afterDrop === 'tells') await heard.error();
      else if (adapter.afterDrop === 'is silent') await client.traffic.closed();
      if (!again) {
        await pause(adapter.triesAgainWithinMs);
        expect(client.traffic.connects).toBe(1);
        return;
      }
      await again.live(2);
      const id = await sdk.create({ title: TITLE, memo: '', priority: 1 });
      await again.payload(1);
      expect(itemsOf(again, 'onCreateTodo')).toEqual([expect.objectContaining({ id })]);
      expect(client.traffic.connects).toBe(2);
      expect(heard.errors).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'with a wrong key it is refused in its own way, and stops',
    async () => {
      const told: string[] = [];
      const client = connect(adapter, { kind: 'key', key: 'a-wrong-key' }, told);
      const heard = hear(client, documentOf('onCreateTodo'), { least: 0 });
      const end = Date.now() + 60_000;
      while (told.length + heard.errors.length === 0 && Date.now() < end) await pause(50);
      await pause(adapter.triesAgainWithinMs);
      expect([...told, ...heard.errors].join('; ')).toMatch(adapter.refusal);
      expect(client.traffic.connects).toBe(1);
      expect(heard.payloads).toEqual([]);
      heard.stop();
    },
    TEST_MS,
  );

  test(
    'is told which field is not there, and keeps its other subscription',
    async () => {
      const client = connect(adapter, key);
      const good = hear(client, documentOf('onCreateTodo'), { least: 0 });
      await good.live();
      const wrong = hear(client, 'subscription { onCreateTodo { titel } }');
      expect(await wrong.error()).toContain(
        'Cannot query field \\"titel\\"'.replaceAll('\\', adapter.dialect === 'appsync' ? '\\' : ''),
      );
      const id = await sdk.create({ title: TITLE, memo: '', priority: 1 });
      await good.payload(1);
      expect(itemsOf(good, 'onCreateTodo')).toEqual([expect.objectContaining({ id })]);
      expect(wrong.payloads).toEqual([]);
      expect(client.traffic.connects).toBe(1);
    },
    TEST_MS,
  );

  test(
    'is let in by a JSON Web Token',
    async () => {
      const claims = { iss: issuer.origin, aud: 'app', sub: 'alice', exp: seconds(3_600), iat: seconds(0) };
      const client = connect(adapter, { kind: 'token', token: token(signingKey, claims) });
      const heard = hear(client, documentOf('onCreateTodo'), { least: 0 });
      await heard.live();
      const id = await sdk.create({ title: TITLE, memo: '', priority: 1 });
      await heard.payload(1);
      expect(itemsOf(heard, 'onCreateTodo')).toEqual([expect.objectContaining({ id })]);
    },
    TEST_MS,
  );

  if (adapter.dialect === 'apollo') {
    test(
      'is sent nothing but what its protocol has: never ka, never start_ack',
      async () => {
        const client = connect(adapter, key);
        const heard = hear(client, documentOf('onCreateTodo'), { least: 0 });
        await heard.live();
        await sdk.create({ title: TITLE, memo: '', priority: 1 });
        await heard.payload(1);
        hear(client, 'subscription { nope }');
        heard.stop();
        const wanted = new Set(['connection_ack', 'data', 'error', 'complete']);
        const end = Date.now() + 60_000;
        const types = () => new Set(client.traffic.received.map(({ type }) => type));
        while (types().size < wanted.size && Date.now() < end) await pause(50);
        expect(types()).toEqual(wanted);
      },
      TEST_MS,
    );
  }
});

describe.each(CLIENTS.filter(({ dialect }) => dialect !== 'appsync'))('$name', (adapter) => {
  const client = () => connect(adapter, key);

  test.each([1])(
    'runs queries and mutations over its socket',
    async () => {
      const one = client();
      if (!one.execute) return;
      const run = (document: string, variables: Record<string, unknown>): Promise<Payload> =>
        one.execute?.(document, variables) ?? Promise.reject(new Error('it has no way to run operations'));
      const id = `socket-${adapter.name}`;
      expect(
        await run('mutation M($input: CreateTodoInput!) { createTodo(input: $input) { id title } }', {
          input: { id, title: TITLE },
        }),
      ).toMatchObject({ data: { createTodo: { id, title: TITLE } } });
      expect(await run('query Q($id: ID!) { getTodo(id: $id) { title } }', { id })).toMatchObject({
        data: { getTodo: { title: TITLE } },
      });
      await expect(run('query { getTodo(id: "x") { titel } }', {})).rejects.toThrow('titel');
    },
    TEST_MS,
  );
});
