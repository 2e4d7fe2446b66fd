import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { ensureBuilt, ROOT } from '../fixtures/built.ts';
import { type LocalLoop, startLocalLoop } from '../fixtures/local-loop.ts';
import { temporaryFolder } from '../fixtures/packaging/built-copy.ts';

/** What a user writes: it reads the token where Amplify's Lambda mode puts it, or in a header. */
const AUTHORIZE = `
export async function handler({ headers, methodArn }) {
  const all = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const offered = (all.get('sec-websocket-protocol') ?? '').split(',').map((text) => text.trim());
  const header = offered.find((text) => text.startsWith('header-'))?.slice('header-'.length);
  const token = header ? JSON.parse(Buffer.from(header, 'base64url')).Authorization : all.get('authorization');
  const Effect = token === 'deny' ? 'Deny' : 'Allow';
  const policyDocument = {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: methodArn }],
  };
  if (token === undefined) return { principalId: 'any', policyDocument, context: { tablecast: 'defer' } };
  return { principalId: token, policyDocument, context: { groups: '["staff"]' } };
}
`;
/** What the hook of the project lets in: who the authoriser named, so that the identity can be told by the answer. */
const RESOLVERS = `
import { GraphQLError } from 'graphql';
export const hooks = {
  connect({ identity, params }) {
    if (params.get('tell') !== true) return;
    throw new GraphQLError(identity.kind + ' ' + identity.claims?.subject + ' ' + identity.claims?.groups);
  },
  authorize: (token) => (token === 'opaque' ? { subject: 'by-hook', groups: ['crew'] } : undefined),
};
`;

let folder: string;
let loop: LocalLoop;

beforeAll(async () => {
  await ensureBuilt();
  folder = await temporaryFolder();
  await mkdir(join(folder, 'node_modules'));
  for (const name of [
    'serverless',
    'serverless-esbuild',
    'serverless-offline',
    'graphql',
    'amplify-dynamodb-simulator',
  ]) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  await symlink(ROOT, join(folder, 'node_modules/tablecast'));
  const yaml = (await readFile(join(ROOT, 'serverless.yml'), 'utf8'))
    .replaceAll('./serverless.cjs', 'node_modules/tablecast/serverless.cjs')
    .replace('    schema: schema.graphql', '    schema: schema.graphql\n    authorizer: { name: authorize }')
    .replace(
      /^functions: (.*)$/m,
      'functions:\n  - $1\n  - authorize: { handler: authorize.handler, runtime: nodejs22.x }',
    );
  await writeFile(join(folder, 'serverless.yml'), yaml);
  await writeFile(join(folder, 'schema.graphql'), 'type Todo @table(name: "Todos") { id: ID! }\n');
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'authorize.js'), AUTHORIZE);
  await writeFile(join(folder, 'resolvers.js'), RESOLVERS);
  loop = await startLocalLoop(['--in-memory'], { folder });
}, 240_000);

afterAll(async () => {
  await loop?.end('SIGTERM');
  if (folder) await rm(folder, { recursive: true, force: true });
}, 30_000);

/** The status of a refused upgrade, or the answer to `connection_init`. */
function connecting(
  protocols: readonly string[],
  headers: Record<string, string> = {},
  payload: object = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(loop.ready.ws, [...protocols], { headers, handshakeTimeout: 20_000 });
    const late = setTimeout(() => reject(new Error('expected an answer within 20 s')), 20_000);
    const done = (answer: unknown) => {
      clearTimeout(late);
      socket.terminate();
      resolve(answer);
    };
    socket.on('unexpected-response', (_, { statusCode }) => done(statusCode));
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { tell: true, ...payload } })),
    );
    socket.on('message', (data) => done(JSON.parse(data.toString())));
    socket.on('close', (code, reason) => done({ code, reason: reason.toString() }));
    socket.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
  });
}

const amplify = (token: string) => [
  'graphql-ws',
  `header-${Buffer.from(JSON.stringify({ Authorization: token, host: 'localhost' })).toString('base64url')}`,
];

describe('a Lambda authoriser before $connect', () => {
  test('says who it is, be the token where Amplify puts it', async () => {
    expect(JSON.stringify(await connecting(amplify('alice')))).toContain('lambda alice staff');
    expect(JSON.stringify(await connecting(['graphql-transport-ws'], { authorization: 'bob' }))).toContain(
      'lambda bob staff',
    );
  }, 60_000);

  test('refuses', async () => {
    expect(await connecting(['graphql-transport-ws'], { authorization: 'deny' })).toBe(403);
    expect(await connecting(amplify('deny'))).toBe(403);
  }, 60_000);

  test('leaves it to what the client presents: a key, a token the project knows, or nothing that counts', async () => {
    const init = (payload: object) => connecting(['graphql-transport-ws'], {}, payload);
    expect(JSON.stringify(await init({ 'x-api-key': loop.ready.apiKey }))).toContain('api-key undefined');
    expect(JSON.stringify(await init({ authorization: 'Bearer opaque' }))).toContain('lambda by-hook crew');
    expect(JSON.stringify(await init({ authorization: 'Bearer other' }))).toContain(
      'a token that nobody knows',
    );
    expect(JSON.stringify(await init({}))).toContain('Unauthorized');
  }, 60_000);
});

test('the hook of the project is asked over HTTP too, where no authoriser runs offline', async () => {
  const status = async (token: string) =>
    (
      await fetch(`${loop.ready.http}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: token },
        body: JSON.stringify({ query: '{ __typename }' }),
        signal: AbortSignal.timeout(20_000),
      })
    ).status;
  expect(await status('opaque')).toBe(200);
  expect(await status('other')).toBe(401);
}, 60_000);
