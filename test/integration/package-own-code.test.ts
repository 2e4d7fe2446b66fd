import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { builtCopy, cleanEnvironment, mustRun, temporaryFolder } from '../fixtures/packaging/built-copy.ts';
import { KEY, projectWithCode } from '../fixtures/packaging/own-code.ts';
import {
  type Packaged,
  packageProject,
  serverlessEnvironment,
  serverlessScript,
} from '../fixtures/packaging/serverless-package.ts';

const HELLO = { query: '{ hello(name: "プロフィール") refuse }' };
/** What a resolver throws is told only if it is an error of the very graphql that runs it. */
const ANSWER = {
  data: { hello: 'Hello, プロフィール', refuse: null },
  errors: [expect.objectContaining({ message: 'refused by the project', path: ['refuse'] })],
};

let root: string;
let project: string;
let packaged: Packaged;

beforeAll(async () => {
  root = await builtCopy();
  project = await projectWithCode(root);
  packaged = await packageProject(project, join(project, 'out'), { TABLECAST_API_KEYS: KEY });
}, 120_000);

afterAll(async () => {
  if (root) await rm(root, { recursive: true, force: true });
});

const properties = (id: string) => packaged.resources[id]?.Properties ?? {};

describe('a project with code of its own, packaged', () => {
  test('its resolvers run in the bundle, with their own packages and one copy of graphql', async () => {
    const folder = await temporaryFolder();
    for (const [path, data] of packaged.zips.get('graphql.zip') ?? []) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), data);
    }
    const event = {
      version: '2.0',
      routeKey: 'ANY /graphql',
      rawPath: '/graphql',
      rawQueryString: '',
      headers: { 'content-type': 'application/json', 'x-api-key': KEY },
      requestContext: { http: { method: 'POST', path: '/graphql' } },
      body: JSON.stringify(HELLO),
      isBase64Encoded: false,
    };
    const script = `
      const { handler } = await import('./node_modules/tablecast/dist/handlers/graphql.mjs');
      const { statusCode, body } = await handler(${JSON.stringify(event)});
      console.log(JSON.stringify({ statusCode, body: JSON.parse(body) }));`;
    const { Variables } = Object(properties('GraphqlLambdaFunction')['Environment']);
    const text = Object.entries(Variables).filter(([, value]) => typeof value === 'string');
    const references = {
      TABLECAST_RELAY_TABLE: 'x',
      TABLECAST_API_ID: 'x',
      TABLECAST_PAGE_SECRET: 'x'.repeat(40),
    };
    const printed = await mustRun(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      env: {
        AWS_REGION: 'us-east-1',
        ...references,
        ...Object.fromEntries(text),
        TABLECAST_LOG_LEVEL: 'silent',
      },
    });
    await rm(folder, { recursive: true, force: true });
    expect(JSON.parse(printed)).toEqual({ statusCode: 200, body: ANSWER });
  }, 60_000);

  test('what only the resolvers need is in every function that runs them, for any may', () => {
    for (const name of ['graphql', 'subscribe', 'stream']) {
      const bundle = packaged.zips
        .get(`${name}.zip`)
        ?.get(`node_modules/tablecast/dist/handlers/${name}.mjs`);
      // Not the text itself, which is the whole bundle, in a message of a test.
      expect([name, bundle?.includes('refused by the project')]).toEqual([name, true]);
    }
  });

  test('each bundle that reads the schema holds one copy of graphql, the others none', () => {
    const readers = ['graphql.zip', 'stream.zip', 'subscribe.zip'];
    for (const [name, files] of packaged.zips) {
      const text = [...files].map(([, data]) => data.toString('utf8')).join('\n');
      const copies = text.match(/\[Symbol\.toStringTag\]\(\)\{return["']GraphQLScalarType["']\}/g) ?? [];
      expect([name, copies.length]).toEqual([name, readers.includes(name) ? 1 : 0]);
    }
  });

  test('its own function stands beside ours, with its own role, and there is no default role', () => {
    expect(properties('AddTodoLambdaFunction')).toMatchObject({
      Handler: 'rest/add-todo.handler',
      Role: { 'Fn::GetAtt': ['AddTodoRole', 'Arn'] },
    });
    expect([...(packaged.zips.get('addTodo.zip')?.keys() ?? [])]).toEqual(['rest/add-todo.mjs']);
    expect(packaged.resources).not.toHaveProperty('IamRoleLambdaExecution');
    // osls gives its default role the connections of every API in every account.
    expect(packaged.text).not.toContain('execute-api:*');
    const routes = Object.values(packaged.resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::ApiGatewayV2::Route' ? [Properties['RouteKey']] : [],
    );
    expect(routes).toEqual(['$connect', '$default', '$disconnect', 'ANY /graphql', 'POST /todos']);
  });
});

describe('the same project, by serverless offline', () => {
  let child: ChildProcess;
  let http: string;

  beforeAll(async () => {
    const [httpPort, webSocketPort, lambdaPort] = [await getPort(), await getPort(), await getPort()];
    http = `http://127.0.0.1:${httpPort}`;
    const ports = [
      `--httpPort=${httpPort}`,
      `--websocketPort=${webSocketPort}`,
      `--lambdaPort=${lambdaPort}`,
    ];
    const options = ['--host=127.0.0.1', '--noPrependStageInUrl', '--useInProcess', ...ports];
    child = spawn(process.execPath, [serverlessScript(project), 'offline', ...options], {
      cwd: project,
      env: {
        ...cleanEnvironment(),
        ...serverlessEnvironment(project),
        TABLECAST_API_KEYS: KEY,
        DYNAMODB_ENDPOINT: 'http://127.0.0.1:9',
      },
      stdio: 'ignore',
    });
    for (const until = Date.now() + 90_000; Date.now() < until; ) {
      if (child.exitCode !== null)
        throw new Error(`Expected serverless offline to run, it ended: ${child.exitCode}`);
      if (await fetch(http).then(Boolean, () => false)) return;
      await pause(100);
    }
    throw new Error(`Expected serverless offline to answer on ${http} within 90 s`);
  }, 120_000);

  afterAll(async () => {
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(late);
  }, 20_000);

  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${http}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    return { status: response.status, body: await response.json() };
  };

  test('its resolvers answer over HTTP', async () => {
    expect(await post('/graphql', HELLO, { 'x-api-key': KEY })).toEqual({ status: 200, body: ANSWER });
    expect((await post('/graphql', HELLO)).status).toBe(401);
  }, 30_000);

  test('its own function answers beside them', async () => {
    expect(await post('/todos', { title: 'x' })).toEqual({
      status: 201,
      body: { received: '{"title":"x"}' },
    });
  }, 30_000);
});
