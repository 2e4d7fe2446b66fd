import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildSchema, GraphQLError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { Browser, Page } from 'playwright-core';
import { WebSocketServer } from 'ws';
import { type ConsoleServer, startConsole } from '../../src/cli/console-server.ts';
import { createLocalIssuer } from '../../src/cli/local-issuer.ts';
import { launchChromium, type OpenPage, openPage } from './chromium.ts';
import { type Gateway, type RefusingGateway, startGateway, startRefusingGateway } from './gateway.ts';
import { TODO_SDL } from './schema.ts';

const KEY = 'the-key';
const L5 = {
  id: 'L5',
  title: 'プロフィールページ作成',
  memo: '分かりやすく端的に、且つ、魅力的に',
  priority: 3,
  completed: false,
};

let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tablecast-page-'));
  const script = fileURLToPath(new URL('../../scripts/build-console.mjs', import.meta.url));
  await promisify(execFile)(process.execPath, [script, folder]);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

function serve(ws: string): Promise<ConsoleServer> {
  const info = {
    ws,
    apiKey: KEY,
    sdl: TODO_SDL,
    region: 'us-east-1',
    dynamodb: 'http://127.0.0.1:8000',
    tables: ['Todos'],
  };
  return startConsole({ port: 0, info, assets: pathToFileURL(`${folder}/`) });
}

const status = (page: Page, state: string) => page.locator(`#status[data-state="${state}"]`).waitFor();
const entries = (page: Page) => page.locator('#feed > li');
const cards = (page: Page) => page.locator('#live > li');
const active = (page: Page, count: number) =>
  page
    .locator('#live .state[data-state="active"]')
    .nth(count - 1)
    .waitFor();

async function subscribe(page: Page, document: string, variables = ''): Promise<void> {
  await page.getByLabel('Subscription', { exact: true }).fill(document);
  await page.getByLabel('Variables').fill(variables);
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
}

describe('with a gateway that accepts the key', () => {
  let gateway: Gateway;
  let server: ConsoleServer;
  let opened: OpenPage;
  let page: Page;

  beforeEach(async () => {
    gateway = await startGateway({ apiKey: KEY });
    server = await serve(gateway.url);
    opened = await openPage(browser, server.url);
    page = opened.page;
    await status(page, 'connected');
  });

  afterEach(async () => {
    await opened?.close();
    await server?.close();
    await gateway?.close();
  });

  test('what the page offers runs as it stands, and a delivery is shown with kind, eventId and Japanese text', async () => {
    await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
    await active(page, 1);
    expect(await entries(page).count()).toBe(0);
    gateway.deliver('onChangeTodo', {
      data: { onChangeTodo: { kind: 'ENTER', item: L5, previous: null, eventId: 'event-1', at: 'now' } },
      extensions: { eventId: 'event-1', sequenceNumber: '51' },
    });
    await entries(page).first().waitFor();
    const entry = entries(page).first();
    expect(await entry.locator('.kind').textContent()).toBe('ENTER');
    expect(await entry.locator('.event-id').textContent()).toBe('event-1');
    expect(await entry.locator('.source').textContent()).toBe('#1 onChangeTodo');
    expect(await entry.locator('time').textContent()).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/);
    const shown = (await entry.locator('pre').first().textContent()) ?? '';
    expect(JSON.parse(shown).data.onChangeTodo.item).toEqual(L5);
    expect(shown).toContain('"title": "プロフィールページ作成"');
    expect(opened.complaints).toEqual([]);
  });

  test('several subscriptions run side by side, newest delivery first, and each ends alone', async () => {
    await subscribe(page, 'subscription { onChangeTodo { kind } }');
    await subscribe(page, 'subscription Made { onCreateTodo { id title } }');
    await active(page, 2);
    gateway.deliver('onCreateTodo', { data: { onCreateTodo: L5 } });
    await entries(page).first().waitFor();
    gateway.deliver('onChangeTodo', {
      data: { onChangeTodo: { kind: 'LEAVE' } },
      extensions: { expired: true },
    });
    await entries(page).nth(1).waitFor();
    expect(await entries(page).locator('.kind').allTextContents()).toEqual(['LEAVE', 'CREATE']);
    expect(await entries(page).locator('.mark').allTextContents()).toEqual(['expired by TTL']);

    await page.getByRole('button', { name: 'Unsubscribe #1 onChangeTodo' }).click();
    await cards(page).nth(1).waitFor({ state: 'detached' });
    await until(() => gateway.running.length === 1);
    gateway.deliver('onCreateTodo', { data: { onCreateTodo: { ...L5, title: 'いいえ' } } });
    await entries(page).nth(2).waitFor();
    expect(await entries(page).first().locator('.source').textContent()).toBe('#2 onCreateTodo');
    expect(await page.locator('#live-count').textContent()).toBe('1');
    expect(await page.locator('#feed-count').textContent()).toBe('3');
  });

  test('Ctrl+Enter in the editor subscribes, with the variables of the box', async () => {
    await page.getByLabel('Start from').selectOption('onChangeTodo, filtered');
    await page.getByLabel('Subscription', { exact: true }).press('Control+Enter');
    await active(page, 1);
    expect(gateway.running).toEqual([
      { field: 'onChangeTodo', variables: { filter: { completed: { eq: false } } } },
    ]);
  });

  test.each([
    ['{', 'expected JSON'],
    ['[1]', 'expected a JSON object, got [1]'],
    ['null', 'expected a JSON object, got null'],
  ])('variables %s are refused beside their box and nothing is sent', async (variables, message) => {
    await subscribe(page, 'subscription { onChangeTodo { kind } }', variables);
    await page.locator('#variables-problem', { hasText: message }).waitFor();
    expect(await page.getByLabel('Variables').getAttribute('aria-invalid')).not.toBeNull();
    expect(await cards(page).count()).toBe(0);
    await subscribe(page, 'subscription { onChangeTodo { kind } }', '{}');
    await active(page, 1);
    expect(await page.getByLabel('Variables').getAttribute('aria-invalid')).toBeNull();
  });

  test('a misspelt field shows what the server says and the others go on', async () => {
    await subscribe(page, 'subscription { onChangeTodo { kind } }');
    await active(page, 1);
    await subscribe(page, 'subscription { onChangeTodo { knd } }');
    const alert = page.locator('#live').getByRole('alert').filter({ hasText: 'Cannot query field "knd"' });
    await alert.waitFor();
    expect(await alert.textContent()).toContain('(line 1, column 31)');
    expect(await entries(page).first().locator('.kind').textContent()).toBe('ERROR');
    expect(JSON.parse((await entries(page).first().locator('pre').textContent()) ?? '')[0].message).toContain(
      'knd',
    );
    gateway.deliver('onChangeTodo', { data: { onChangeTodo: { kind: 'UPDATE' } } });
    await entries(page).nth(1).waitFor();
    await page.getByRole('button', { name: 'Remove #2 onChangeTodo' }).click();
    expect(await cards(page).count()).toBe(1);
    await status(page, 'connected');
  });

  test('a payload that is an error says which and of what event, and the subscription stays', async () => {
    await subscribe(page, 'subscription { onCreateTodo { id title } }');
    await active(page, 1);
    const extensions = { code: 'PAYLOAD_TOO_LARGE', eventId: 'event-9', bytes: 200_000 };
    const tooLarge = new GraphQLError('Payload: expected at most 131072 bytes, got 200000', { extensions });
    gateway.deliver('onCreateTodo', { data: { onCreateTodo: null }, errors: [tooLarge] });
    const misfit = new GraphQLError('Int cannot represent 3000000000', {
      path: ['onCreateTodo', 'priority'],
    });
    gateway.deliver('onCreateTodo', { data: { onCreateTodo: { id: 'L5', title: null } }, errors: [misfit] });
    await entries(page).nth(1).waitFor();
    expect(await entries(page).locator('.kind').allTextContents()).toEqual(['CREATE', 'ERROR']);
    expect(await entries(page).locator('.mark').allTextContents()).toEqual([
      '1 field error',
      'PAYLOAD_TOO_LARGE',
    ]);
    expect(await entries(page).locator('.event-id').allTextContents()).toEqual(['event-9']);
    expect(await page.locator('#live .received').textContent()).toBe('2 delivered');
    await active(page, 1);
  });

  test('what is delivered stays text: no markup in it is ever read', async () => {
    const title = '<img src=x onerror="document.title=1"><script>document.title=2</script> "\\" {"a":1}';
    await subscribe(page, 'subscription { onCreateTodo { title } }');
    await active(page, 1);
    gateway.deliver('onCreateTodo', {
      data: { onCreateTodo: { title } },
      extensions: { eventId: '<b>x</b>' },
    });
    await entries(page).first().waitFor();
    expect(JSON.parse((await entries(page).locator('pre').first().textContent()) ?? '')).toEqual({
      data: { onCreateTodo: { title } },
    });
    expect(await entries(page).locator('.event-id').textContent()).toBe('<b>x</b>');
    expect(await page.locator('#feed :is(img, script, b)').count()).toBe(0);
    expect(await page.title()).toBe('Tablecast');
    expect(opened.complaints).toEqual([]);
  });

  test('a lost gateway is told, and its subscriptions are active again when it is back', async () => {
    await subscribe(page, 'subscription { onCreateTodo { title } }');
    await active(page, 1);
    const { port } = gateway;
    await gateway.close();
    await status(page, 'waiting');
    expect(await page.locator('#status').textContent()).toMatch(/^Not connected: .+ Trying again in \d+ s$/);
    await page.locator('#live .state[data-state="waiting"]').waitFor();
    gateway = await startGateway({ apiKey: KEY, port });
    await status(page, 'connected');
    await active(page, 1);
    gateway.deliver('onCreateTodo', { data: { onCreateTodo: L5 } });
    await entries(page).first().waitFor();
  });

  test('the page asks its own server and the gateway, nobody else', async () => {
    await subscribe(page, 'subscription { onCreateTodo { title } }');
    await active(page, 1);
    const origins = new Set(opened.requested.map((address) => new URL(address).origin));
    expect([...origins].sort()).toEqual([new URL(server.url).origin, gateway.url].sort());
  });

  test('GraphiQL, which runs queries and mutations too, is one click away', async () => {
    await page.getByRole('link', { name: 'GraphiQL' }).click();
    await page.waitForURL(`${server.url}graphql`);
    await page.locator('.graphiql-query-editor').waitFor();
  });

  test('the completed schema opens by keyboard, and the commands are there to copy', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const schema = page.locator('#sdl');
    expect(await schema.isVisible()).toBe(false);
    await page.getByText('Completed schema').focus();
    await page.keyboard.press('Enter');
    await schema.waitFor();
    expect(await schema.textContent()).toBe(TODO_SDL);
    expect(await page.locator('#wscat').textContent()).toContain(
      `npx wscat -c ${gateway.url} -H x-api-key:${KEY}`,
    );
    const copy = page.getByRole('button', { name: 'Copy the command that writes an item' });
    await copy.click();
    await copy.filter({ hasText: 'Copied' }).waitFor();
    expect(await page.locator('#put-item').textContent()).toContain(`"title":{"S":"こんにちは"}`);
  });

  test('on a narrow screen nothing is wider than the screen', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await subscribe(page, 'subscription { onChangeTodo { kind item { id title memo } } }');
    await active(page, 1);
    const data = { onChangeTodo: { kind: 'UPDATE', item: { ...L5, memo: 'あ'.repeat(400) } } };
    gateway.deliver('onChangeTodo', { data, extensions: { eventId: 'e'.repeat(64) } });
    await entries(page).first().waitFor();
    const body = await page.locator('body').boundingBox();
    const entry = await entries(page).first().boundingBox();
    expect(body?.width).toBe(360);
    expect((entry?.x ?? 0) + (entry?.width ?? 0)).toBeLessThanOrEqual(360);
  });
});

describe('with a gateway that turns the page away', () => {
  let refusing: RefusingGateway | undefined;
  let gateway: Gateway | undefined;
  let server: ConsoleServer;
  let opened: OpenPage | undefined;

  afterEach(async () => {
    await opened?.close();
    await server?.close();
    await refusing?.close();
    await gateway?.close();
    refusing = gateway = opened = undefined;
  });

  test('a refusal is shown with its reason, and is not tried again until asked for', async () => {
    refusing = await startRefusingGateway('API key: expected a known one, got another');
    server = await serve(refusing.url);
    opened = await openPage(browser, server.url);
    const { page } = opened;
    await status(page, 'refused');
    expect(await page.locator('#status').textContent()).toBe(
      'Refused: API key: expected a known one, got another (401)',
    );
    // The client's own first retry would have come at once: the server closed with 1000.
    expect(refusing.attempts()).toBe(1);
    await page.getByRole('button', { name: 'Connect again' }).click();
    await until(() => refusing?.attempts() === 2);
    await status(page, 'refused');
  });

  test('a close code of the protocol is shown as a refusal too', async () => {
    gateway = await startGateway({ apiKey: 'another' });
    server = await serve(gateway.url);
    opened = await openPage(browser, server.url);
    await status(opened.page, 'refused');
    expect(await opened.page.locator('#status').textContent()).toBe(
      'Refused: the gateway closed the connection: Forbidden (4403)',
    );
  });
});

describe('with a schema that has rules', () => {
  test('the page speaks as a person of the local issuer, says so, and is somebody else when asked', async () => {
    const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(sockets, 'listening');
    const presented: unknown[] = [];
    const gateway = useServer(
      {
        schema: buildSchema(TODO_SDL),
        onConnect: ({ connectionParams }) => {
          presented.push(connectionParams);
          return true;
        },
      },
      sockets,
    );
    const address = sockets.address();
    const ws = `ws://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    const tokenCommand = 'npx tablecast token --sub alice';
    const owners = [{ table: 'Todos', attribute: 'memo', list: false }];
    const issuer = createLocalIssuer('http://localhost:3000', Date.now);
    const facts = { ws, apiKey: KEY, sdl: TODO_SDL, region: 'us-east-1', dynamodb: 'http://127.0.0.1:8000' };
    const server = await startConsole({
      port: 0,
      info: { ...facts, tables: ['Todos'], rules: true, tokenCommand, owners },
      issuer,
      assets: pathToFileURL(`${folder}/`),
    });
    const opened = await openPage(browser, server.url);
    const { page } = opened;
    const saysConnectedAs = (text: string) =>
      page.locator('#status[data-state="connected"]').filter({ hasText: text }).waitFor();
    try {
      await saysConnectedAs('Connected as alice');
      expect(await page.locator('#wscat').textContent()).toContain(`"authorization:$(${tokenCommand})"`);
      expect(await page.locator('#put-item').textContent()).toContain('"memo":{"S":"alice"}');
      await page.getByLabel('You are').fill('bob');
      await page.getByLabel('in groups').fill('Admin, Payroll');
      await page.getByRole('button', { name: 'Change' }).click();
      await saysConnectedAs('Connected as bob');
      await page.goto(`${server.url}?as=`);
      await saysConnectedAs('Connected');
      expect(presented.map(subjectOf)).toEqual([
        { sub: 'alice', groups: undefined },
        { sub: 'bob', groups: ['Admin', 'Payroll'] },
        { 'x-api-key': KEY },
      ]);
      expect(opened.complaints).toEqual([]);
    } finally {
      await opened.close();
      await server.close();
      for (const socket of sockets.clients) socket.terminate();
      await gateway.dispose();
    }
  });
});

/** Who a token is for; other credentials as they are. */
function subjectOf(params: unknown): unknown {
  if (typeof params !== 'object' || params === null || !('authorization' in params)) return params;
  const [, payload = ''] = String(params.authorization).split('.');
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  if (typeof claims !== 'object' || claims === null || !('sub' in claims)) return claims;
  return { sub: claims.sub, groups: 'cognito:groups' in claims ? claims['cognito:groups'] : undefined };
}

/** Waits until `met`, 10 s at most. */
async function until(met: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!met()) {
    if (Date.now() > deadline) throw new Error(`expected within 10 s: ${String(met)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
