import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import type { ConsoleInfo } from '../../src/cli/console-pages.ts';
import { type ConsoleServer, startConsole } from '../../src/cli/console-server.ts';
import { createLocalIssuer } from '../../src/cli/local-issuer.ts';
import type { PageInfo } from '../../src/console/page-info.ts';
import { loadModel } from '../../src/schema/load.ts';

const run = promisify(execFile);

/** Names and values that a careless quoting or a plain object would trip over. */
const SDL = `
directive @table(name: String, where: EntityCondition) on OBJECT
directive @attribute(name: String!) on FIELD_DEFINITION
input EntityCondition { attribute: String! equals: String beginsWith: String }

type Note @table(name: "Owner's") {
  id: ID!
  body: String!
  hidden: String @attribute(name: "__proto__")
}
type Place { city: String!  zip: Int }
enum Colour { RED BLUE }
type Order @table(name: "Orders", where: { attribute: "kind", equals: "order" }) {
  id: ID!
  total: Float!
  colour: Colour
  place: Place!
  secondPlace: Place
  tags: [String!]!
  labels: [String!]
  paid: Boolean @attribute(name: "is_paid")
  costly(rate: Int!): Int
}
enum ChangeKind { ENTER UPDATE LEAVE }
type OrderChange { kind: ChangeKind!  item: Order  previous: Order  eventId: ID! }
type NoteChange { kind: ChangeKind!  item: Note  previous: Note  eventId: ID! }
input TableStringFilterInput { eq: String }
input TableBooleanFilterInput { eq: Boolean }
input TableNoteFilterInput { body: TableStringFilterInput }
input TableOrderFilterInput { paid: TableBooleanFilterInput }
type Query { ping: Boolean }
type Subscription {
  onCreateNote(id: ID, body: String, filter: TableNoteFilterInput): Note
  onChangeNote(filter: TableNoteFilterInput): NoteChange
  orders(userId: String!, colours: [Colour!]!): Order
  onChangeOrder(filter: TableOrderFilterInput): OrderChange
  clock: Int
}
`;

const INFO: ConsoleInfo = {
  ws: 'ws://127.0.0.1:4001/dev',
  apiKey: `it's "quoted" $HOME`,
  sdl: SDL,
  region: 'us-east-1',
  dynamodb: 'http://127.0.0.1:8000',
  tables: ['Orders', "Owner's"],
};

let folder: string;
let assets: URL;
let server: ConsoleServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tablecast-console-'));
  assets = pathToFileURL(`${folder}/`);
  const script = fileURLToPath(new URL('../../scripts/build-console.mjs', import.meta.url));
  await run(process.execPath, [script, folder]);
  const issuer = createLocalIssuer('http://localhost:3000', Date.now);
  server = await startConsole({ port: 0, info: INFO, assets, issuer });
});

afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** `fetch` cannot send a path or a Host as it stands. */
function ask(
  path: string,
  options: { method?: string; host?: string; more?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', host, more = {} } = options;
    const headers = host === undefined ? more : { ...more, host };
    const asked = request({ host: '127.0.0.1', port: server.port, path, method, headers, agent: false });
    asked.once('error', reject);
    asked.once('response', (response) => {
      text(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        reject,
      );
    });
    asked.end();
  });
}

async function pageInfo(): Promise<PageInfo> {
  const response = await fetch(`${server.url}info.json`);
  return (await response.json()) as PageInfo;
}

describe('what is served', () => {
  test.each([
    ['/', 'text/html; charset=utf-8', '<title>Tablecast</title>'],
    ['/?from=terminal', 'text/html; charset=utf-8', '<title>Tablecast</title>'],
    ['/app.js', 'text/javascript; charset=utf-8', 'graphql-transport-ws'],
    ['/style.css', 'text/css; charset=utf-8', 'prefers-color-scheme'],
    ['/icon.svg', 'image/svg+xml', '<svg'],
    ['/schema.graphql', 'text/plain; charset=utf-8', SDL],
    ['/info.json', 'application/json; charset=utf-8', '"ws":"ws://127.0.0.1:4001/dev"'],
  ])('%s is %s', async (path, type, content) => {
    const answer = await ask(path);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.body).toContain(content);
    const head = await ask(path, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)));
  });

  test('the page has no script or style of its own and asks no other host', async () => {
    const { body } = await ask('/');
    expect(body).not.toMatch(/<style|style=|\son\w+=|javascript:|https?:/);
    expect(body.match(/<script[^>]*>/g)).toEqual(['<script type="module" src="/app.js">']);
  });

  test.each([
    '/nosuch',
    '//',
    '/../package.json',
    '/%2e%2e/package.json',
    '/__proto__',
    '/constructor',
    '/index.html',
  ])('%s is a 404 in JSON', async (path) => {
    const answer = await ask(path);
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(answer.body).error.message).toContain(`got ${path}`);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])(
    '%s is a 405 that names what is allowed',
    async (method) => {
      const answer = await ask('/info.json', { method });
      expect(answer.status).toBe(405);
      expect(answer.headers['allow']).toBe('GET, HEAD');
      expect(answer.body).not.toContain('quoted');
    },
  );
});

describe('who may look', () => {
  test('every answer allows the page itself and the gateway, and nothing else', async () => {
    for (const path of ['/', '/info.json', '/nosuch']) {
      const { headers } = await ask(path);
      const policy = String(headers['content-security-policy']);
      expect(policy.split('; ')).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self' ws://127.0.0.1:4001",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
        ]),
      );
      expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['cache-control']).toBe('no-store');
    }
  });

  test.each(['localhost', 'LOCALHOST:80', '127.0.0.1:4002', '[::1]:4002'])(
    'Host %s is this machine',
    async (host) => {
      expect((await ask('/', { host })).status).toBe(200);
    },
  );

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:4002',
    'localhost:80:80',
    '192.168.0.1',
    '[::2]',
    'localhost:x',
  ])('Host %s is a page of somebody else and learns nothing', async (host) => {
    for (const path of ['/info.json', '/', '/nosuch']) {
      const answer = await ask(path, { host });
      expect(answer.status).toBe(403);
      expect(answer.body).toContain(`got ${host}`);
      expect(answer.body).not.toContain('quoted');
    }
  });

  describe('a token of the local issuer', () => {
    const TOKEN = '/local-issuer/token?sub=admin';
    const isToken = ({ body }: Answer) => body.includes('"token"');

    test('is for programs of this machine and for the page itself', async () => {
      const programs = await fetch(new URL(TOKEN, server.url));
      expect(await programs.json()).toEqual({ token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) });
      for (const site of ['same-origin', 'none'])
        expect(isToken(await ask(TOKEN, { more: { 'sec-fetch-site': site } }))).toBe(true);
    });

    test.each<[string, Parameters<typeof ask>[1] & object, number]>([
      ['a name that was made to mean this machine', { host: 'evil.example' }, 403],
      [
        'an image, a script or a no-cors request of another site',
        { more: { 'sec-fetch-site': 'cross-site' } },
        403,
      ],
      [
        'a page on another port',
        { more: { 'sec-fetch-site': 'same-site', origin: 'http://localhost:5173' } },
        403,
      ],
      ['a form that is posted', { method: 'POST', more: { origin: 'https://evil.example' } }, 405],
      ['a preflight', { method: 'OPTIONS', more: { origin: 'https://evil.example' } }, 405],
    ])('is not made for %s', async (_, options, status) => {
      const answer = await ask(TOKEN, options);
      expect(answer.status).toBe(status);
      expect(isToken(answer)).toBe(false);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    });

    test('is read by no page of a browser that does not say where it asks from', async () => {
      const { headers } = await ask(TOKEN, { more: { origin: 'https://evil.example' } });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      expect(headers).toMatchObject({
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
    });
  });

  test('a request without Host is refused', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.end('GET /info.json HTTP/1.0\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 /);
  });
});

describe('starting and stopping', () => {
  test('a taken port is a LOCAL_STACK error that names it', async () => {
    await expect(startConsole({ port: server.port, info: INFO, assets })).rejects.toMatchObject({
      code: 'LOCAL_STACK',
      message: expect.stringContaining(`127.0.0.1:${server.port}: the port is taken`),
    });
  });

  test('a page that is not built is a LOCAL_STACK error', async () => {
    const nowhere = new URL('nowhere/', assets);
    await expect(startConsole({ port: 0, info: INFO, assets: nowhere })).rejects.toMatchObject({
      code: 'LOCAL_STACK',
      message: expect.stringContaining('npm run build'),
    });
  });

  test('close frees the port though a browser keeps its connection open, and may be called twice', async () => {
    const other = await startConsole({ port: 0, info: INFO, assets });
    const idle = connect(other.port, '127.0.0.1');
    idle.on('error', () => {});
    await (await fetch(other.url)).text();
    await other.close();
    await other.close();
    idle.destroy();
    const again = await startConsole({ port: other.port, info: INFO, assets });
    expect(again.port).toBe(other.port);
    await again.close();
  });
});

describe('what to begin with', () => {
  test('the first table comes first, and its onChange field before the others', async () => {
    const { examples } = await pageInfo();
    expect(examples.map(({ title }) => title)).toEqual([
      'onChangeOrder',
      'onChangeOrder, filtered',
      'orders',
      'onChangeNote',
      'onChangeNote, filtered',
      'onCreateNote',
      'clock',
    ]);
  });

  test('every example is valid against the schema, with the variables it needs', async () => {
    const schema = buildSchema(SDL);
    const { examples } = await pageInfo();
    for (const { document } of examples) expect(validate(schema, parse(document))).toEqual([]);
    const variables = new Map(examples.map(({ title, variables }) => [title, JSON.parse(variables)]));
    expect(variables.get('onChangeOrder')).toEqual({});
    expect(variables.get('onChangeOrder, filtered')).toEqual({ filter: { paid: { eq: false } } });
    expect(variables.get('onChangeNote, filtered')).toEqual({ filter: { body: { eq: 'こんにちは' } } });
    expect(variables.get('orders')).toEqual({ userId: 'こんにちは', colours: ['RED'] });
  });

  test('of a schema as it is completed at start, every example is valid too', async () => {
    const model = loadModel(
      'type Todo @table(name: "Todos") { id: ID! title: String! priority: Int completed: Boolean tags: [String] }',
    );
    const other = await startConsole({
      port: 0,
      info: { ...INFO, sdl: model.sdl, tables: ['Todos'] },
      assets,
    });
    const { examples } = (await (await fetch(`${other.url}info.json`)).json()) as PageInfo;
    await other.close();
    expect(examples.map(({ title }) => title)).toEqual([
      'onChangeTodo',
      'onChangeTodo, filtered',
      'onCreateTodo',
      'onUpdateTodo',
      'onDeleteTodo',
    ]);
    for (const { document } of examples) expect(validate(model.schema, parse(document))).toEqual([]);
  });

  test('a sample item has the stored names and types, what may not be missing, and its entity', async () => {
    const { examples } = await pageInfo();
    const samples = new Map(examples.map(({ field, sample }) => [field, sample]));
    expect(samples.get('onChangeOrder')).toEqual({
      table: 'Orders',
      item: {
        id: { S: 'demo-1' },
        total: { N: '1.5' },
        colour: { S: 'RED' },
        place: { M: { city: { S: 'こんにちは' }, zip: { N: '1' } } },
        tags: { L: [] },
        is_paid: { BOOL: false },
        costly: { N: '1' },
        kind: { S: 'order' },
      },
    });
    const note = Object.entries(samples.get('onCreateNote')?.item ?? {});
    expect(note).toContainEqual(['__proto__', { S: 'こんにちは' }]);
    expect(samples.get('clock')).toBeUndefined();
  });

  test('the put-item line reaches the AWS command line as it is meant, through a real shell', async () => {
    const { examples } = await pageInfo();
    const note = examples.find(({ field }) => field === 'onChangeNote');
    const args = await shellArguments('aws', note?.putItem ?? '');
    expect(args.slice(0, 8)).toEqual([
      'dynamodb',
      'put-item',
      '--endpoint-url',
      'http://127.0.0.1:8000',
      '--region',
      'us-east-1',
      '--table-name',
      "Owner's",
    ]);
    expect(JSON.parse(args[9] ?? '')).toMatchObject({ id: { S: 'demo-1' }, body: { S: 'こんにちは' } });
  });

  test('the wscat line presents the key in a header and subscribes, through a real shell', async () => {
    const { examples } = await pageInfo();
    const args = await shellArguments('npx', examples[1]?.wscat ?? '');
    expect(args.slice(0, 7)).toEqual([
      'wscat',
      '-c',
      'ws://127.0.0.1:4001/dev',
      '-H',
      `x-api-key:${INFO.apiKey}`,
      '-w',
      '-1',
    ]);
    expect([args[7], args[9]]).toEqual(['-x', '-x']);
    expect(JSON.parse(args[8] ?? '')).toEqual({ type: 'connection_init' });
    const subscribe = JSON.parse(args[10] ?? '');
    expect(subscribe).toMatchObject({
      id: '1',
      type: 'subscribe',
      payload: { variables: { filter: { paid: { eq: false } } } },
    });
    expect(validate(buildSchema(SDL), parse(subscribe.payload.query))).toEqual([]);
  });
});

/** What a command line passes to its command, word for word. */
async function shellArguments(command: string, line: string): Promise<string[]> {
  const { stdout } = await run('sh', ['-c', `${command}() { printf '%s\\0' "$@"; }\n${line}`]);
  return stdout.split('\0').slice(0, -1);
}
