import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Packaged, packageProject } from '../fixtures/packaging/serverless-package.ts';
import { runPackaged } from './example-bundle.ts';
import { EXAMPLE_HOOK_MS, linkedExample } from './example-project.ts';

let out: string;
let packaged: Packaged;

beforeAll(async () => {
  const folder = await linkedExample('chat');
  out = mkdtempSync(join(tmpdir(), 'tablecast-chat-'));
  packaged = await packageProject(folder, out, { TABLECAST_API_KEYS: 'a-key' });
}, EXAMPLE_HOOK_MS);
afterAll(() => rmSync(out, { recursive: true, force: true }));

test('the page and its files are one function, which may do nothing but log', () => {
  expect([...(packaged.zips.get('page.zip')?.keys() ?? [])].sort()).toEqual([
    'page/app.js',
    'page/index.html',
    'page/serve.mjs',
    'page/socket.js',
    'page/style.css',
    'page/view.js',
  ]);
  const [policy, ...others] = Object(packaged.resources['PageRole']?.Properties['Policies']);
  expect(others).toEqual([]);
  expect(policy.PolicyDocument.Statement.map(({ Action }: { Action: unknown }) => Action)).toEqual([
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
  ]);
  expect(packaged.resources).not.toHaveProperty('IamRoleLambdaExecution');
});

test('the page is told where the WebSocket is, and the deploy where the page is', () => {
  const { Variables } = Object(packaged.resources['PageLambdaFunction']?.Properties['Environment']);
  expect(JSON.stringify(Variables['CHAT_WEBSOCKET_URL'])).toBe(
    JSON.stringify({
      'Fn::Join': [
        '',
        [
          'wss://',
          { Ref: 'WebsocketsApi' },
          '.execute-api.',
          { Ref: 'AWS::Region' },
          '.',
          { Ref: 'AWS::URLSuffix' },
          '/dev',
        ],
      ],
    }),
  );
  expect(JSON.parse(packaged.text).Outputs).toHaveProperty('ChatPageUrl');
});

test('the deployed page connects to that address alone, and knows no key', async () => {
  const { body, headers } = await runPackaged(packaged, {
    zip: 'page.zip',
    bundle: 'page/serve.mjs',
    event: { routeKey: 'GET /chat', headers: { host: 'localhost:3000' } },
    env: { CHAT_WEBSOCKET_URL: 'wss://abc.execute-api.eu-west-1.amazonaws.com/dev' },
  });
  expect(body).toContain(
    '<meta name="chat-websocket" content="wss://abc.execute-api.eu-west-1.amazonaws.com/dev" />',
  );
  expect(body).toContain('<meta name="chat-api-key" content="" />');
  expect(headers['content-security-policy']).toContain(
    'connect-src wss://abc.execute-api.eu-west-1.amazonaws.com;',
  );
});
