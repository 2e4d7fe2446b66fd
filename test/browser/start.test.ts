import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startConsole } from '../../src/cli/console-server.ts';
import type { PageInfo } from '../../src/console/page-info.ts';
import { ROOT } from '../fixtures/built.ts';
import { type LocalLoop, loopClient, startLocalLoop } from '../fixtures/local-loop.ts';
import { launchChromium, type OpenPage, openPage } from './chromium.ts';
import { TODO_SDL } from './schema.ts';

let loop: LocalLoop;
let browser: Browser;
let client: DynamoDBClient;
let opened: OpenPage;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
  loop = await startLocalLoop();
  client = loopClient(loop.ready);
}, 120_000);

afterAll(async () => {
  client?.destroy();
  await browser?.close();
  await loop?.end('SIGTERM');
}, 30_000);

beforeEach(async () => {
  opened = await openPage(browser, loop.ready.http);
  page = opened.page;
  await page.locator('#status[data-state="connected"]').waitFor();
});

afterEach(async () => {
  await opened?.close();
});

type Item = Record<string, AttributeValue>;

function todo(id: string, title: string, completed = false): Item {
  return { id: { S: id }, title: { S: title }, priority: { N: '3' }, completed: { BOOL: completed } };
}

const put = (item: Item) => client.send(new PutItemCommand({ TableName: 'Todos', Item: item }));

/** Subscribes to what the page offers under a title and waits until the gateway has confirmed it. */
async function subscribe(title: string): Promise<void> {
  const active = page.locator('#live .state[data-state="active"]');
  const before = await active.count();
  await page.getByLabel('Start from').selectOption(title);
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  await active.nth(before).waitFor();
}

/** The payload of the nth delivery as it stands in the page, once it is there. */
async function delivered(nth: number): Promise<{ kind: string; payload: Payload }> {
  const entries = page.locator('#feed > li');
  await entries.nth(nth - 1).waitFor();
  const newest = entries.first();
  const shown = (await newest.locator('pre').first().textContent()) ?? '';
  return { kind: (await newest.locator('.kind').textContent()) ?? '', payload: JSON.parse(shown) };
}

interface Payload {
  readonly data: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

test('an item written, changed and deleted by the AWS SDK shows as ENTER, UPDATE and LEAVE, Japanese text exact', async () => {
  await subscribe('onChangeTodo');
  await put(todo('p1', 'プロフィールページ作成 (分かりやすく端的に、且つ、魅力的に)'));
  const enter = await delivered(1);
  expect(enter.kind).toBe('ENTER');
  expect(enter.payload.data['onChangeTodo']).toMatchObject({
    kind: 'ENTER',
    item: {
      id: 'p1',
      title: 'プロフィールページ作成 (分かりやすく端的に、且つ、魅力的に)',
      priority: 3,
      memo: null,
    },
    previous: null,
  });
  await put(todo('p1', '𠮷野家 🍣 か゚'));
  const update = await delivered(2);
  expect(update.payload.data['onChangeTodo']).toMatchObject({
    kind: 'UPDATE',
    item: { title: '𠮷野家 🍣 か゚' },
    previous: { title: 'プロフィールページ作成 (分かりやすく端的に、且つ、魅力的に)' },
    updatedFields: ['title'],
  });
  await client.send(new DeleteItemCommand({ TableName: 'Todos', Key: { id: { S: 'p1' } } }));
  const leave = await delivered(3);
  expect(leave.kind).toBe('LEAVE');
  expect(leave.payload.data['onChangeTodo']).toMatchObject({
    item: null,
    previous: { title: '𠮷野家 🍣 か゚' },
  });
  const eventIds = await page.locator('#feed .event-id').allTextContents();
  expect(new Set(eventIds).size).toBe(3);
  expect(opened.complaints).toEqual([]);
});

test('an update that leaves the filter shows as LEAVE, and as an update only where no filter is', async () => {
  await subscribe('onChangeTodo, filtered');
  await subscribe('onUpdateTodo');
  await put(todo('p2', '牛乳', false));
  expect((await delivered(1)).kind).toBe('ENTER');
  await put(todo('p2', '牛乳', true));
  await delivered(3);
  const shown = page.locator('#feed > li');
  const kinds = await shown.locator('.kind').allTextContents();
  const sources = await shown.locator('.source').allTextContents();
  const heads = kinds.map((kind, index) => `${kind} ${sources[index]}`).slice(0, 2);
  expect(heads.sort()).toEqual(['LEAVE #1 onChangeTodo', 'UPDATE #2 onUpdateTodo']);
  const leave = shown.filter({ hasText: 'LEAVE' }).locator('pre').first();
  expect(JSON.parse((await leave.textContent()) ?? '').data.onChangeTodo).toMatchObject({
    item: null,
    previous: { title: '牛乳', completed: false },
    updatedFields: null,
  });
});

test('a misspelt field shows the message of the gateway, and the page goes on', async () => {
  await page.getByLabel('Subscription', { exact: true }).fill('subscription { onCreateTodo { titel } }');
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  const alert = page.locator('#live').getByRole('alert').filter({ hasText: 'titel' });
  await alert.waitFor();
  expect(await alert.textContent()).toContain('Cannot query field "titel" on type "Todo".');
  await subscribe('onCreateTodo');
  await put(todo('p3', '卵'));
  await page.locator('#feed .kind[data-kind="CREATE"]').waitFor();
});

test('a key the gateway does not know is refused, with the reason, and is not tried again', async () => {
  const { ws, dynamodb, region } = loop.ready;
  const info = { ws, dynamodb, region, apiKey: 'not-the-key', sdl: TODO_SDL, tables: ['Todos'] };
  const other = await startConsole({ port: 0, info });
  const turnedAway = await openPage(browser, other.url);
  try {
    await turnedAway.page.locator('#status[data-state="refused"]').waitFor();
    expect(await turnedAway.page.locator('#status').textContent()).toMatch(/^Refused: .*key/i);
    expect(turnedAway.requested.filter((address) => address.startsWith('ws:'))).toHaveLength(1);
  } finally {
    await turnedAway.close();
    await other.close();
  }
});

test('the sample of the page fits its table, and its wscat line receives what is written', async () => {
  const response = await fetch(new URL('/info.json', loop.ready.http));
  const info = (await response.json()) as PageInfo;
  const example = info.examples[0];
  const sample = example?.sample;
  if (!sample) throw new Error('expected a first example with a sample');
  const line = (await page.locator('#wscat').textContent()) ?? '';
  expect(line).toBe(example.wscat);
  const shell = spawn('sh', ['-c', line], {
    cwd: ROOT,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let printed = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString('utf8');
  });
  try {
    // wscat does not say when its subscription is active: a new item is written until one arrives.
    const deadline = Date.now() + 20_000;
    for (let attempt = 1; !printed.includes('"type":"next"'); attempt++) {
      if (Date.now() > deadline) throw new Error(`expected a delivery within 20 s, got ${printed}`);
      await client.send(
        new PutItemCommand({ TableName: sample.table, Item: { ...sample.item, id: { S: `w${attempt}` } } }),
      );
      await sleep(300);
    }
    expect(printed).toContain('"type":"connection_ack"');
    expect(printed).toContain('"title":"こんにちは"');
  } finally {
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
  }
});
