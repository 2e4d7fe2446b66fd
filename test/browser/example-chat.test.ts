import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { ROOT } from '../fixtures/built.ts';
import { type LocalLoop, loopClient, startLocalLoop } from '../fixtures/local-loop.ts';
import { launchChromium, type OpenPage, openPage } from './chromium.ts';

let loop: LocalLoop;
let browser: Browser;
const opened: OpenPage[] = [];

beforeAll(async () => {
  browser = await launchChromium();
  loop = await startLocalLoop(['--in-memory'], {
    command: [process.execPath, join(ROOT, 'scripts/example.mjs'), 'chat'],
  });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await loop?.end('SIGTERM');
}, 30_000);

afterEach(async () => {
  for (const page of opened.splice(0)) await page.close();
});

/** A window of its own, half a screen wide. */
async function openWindow(path = '/chat'): Promise<OpenPage> {
  const page = await openPage(browser, `${loop.ready.http}${path}`, {
    viewport: { width: 600, height: 700 },
  });
  opened.push(page);
  return page;
}

async function joinedAs(name: string): Promise<OpenPage> {
  const window = await openWindow();
  await window.page.getByLabel('Name').fill(name);
  await window.page.getByRole('button', { name: 'Join' }).click();
  await window.page.getByLabel('Message', { exact: true }).waitFor();
  return window;
}

async function send(page: Page, to: string, text: string): Promise<void> {
  // A user who has just joined becomes an option by a subscription.
  const option = page.locator('#recipient option', { hasText: to });
  await option.waitFor({ state: 'attached' });
  await page.getByLabel('To').selectOption({ label: (await option.textContent()) ?? '' });
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

const received = (page: Page, text: string) => page.locator('#messages li.theirs', { hasText: text });

test('two windows: what user 1 sends stands in the window of user 2 at once, and the answer in that of user 1', async () => {
  const ann = await joinedAs('ann');
  const hanako = await joinedAs('花子');
  expect(await ann.page.locator('#me').textContent()).toBe('ann (user 1)');
  expect(await hanako.page.locator('#me').textContent()).toBe('花子 (user 2)');

  await send(ann.page, '花子', 'こんにちは、花子さん。<b>元気?</b>');
  await received(hanako.page, 'こんにちは、花子さん。<b>元気?</b>').waitFor();
  const first = received(hanako.page, 'こんにちは').locator('.about');
  expect(await first.textContent()).toMatch(/^ann · \d/);

  await send(hanako.page, 'ann', 'はい!');
  await received(ann.page, 'はい!').waitFor();
  expect(await ann.page.locator('#messages .content').allTextContents()).toEqual([
    'こんにちは、花子さん。<b>元気?</b>',
    'はい!',
  ]);
  expect(await ann.page.locator('#messages b').count()).toBe(0);
  expect([...ann.complaints, ...hanako.complaints]).toEqual([]);
}, 60_000);

test('a window that is reloaded goes on as the same user: what was said is there, and what is said arrives', async () => {
  const bob = await joinedAs('bob');
  const eve = await joinedAs('eve');
  await send(bob.page, 'eve', 'before');
  await received(eve.page, 'before').waitFor();
  await eve.page.reload();
  await received(eve.page, 'before').waitFor();
  expect(await eve.page.locator('#me').textContent()).toMatch(/^eve \(user \d+\)$/);
  await eve.page.locator('#status[data-state="open"]').waitFor();
  await send(bob.page, 'eve', 'after');
  await received(eve.page, 'after').waitFor();
  expect(await eve.page.locator('#messages .content').allTextContents()).toEqual(['before', 'after']);
  expect(eve.complaints).toEqual([]);
}, 60_000);

test('a message that another program writes into the table appears too, and one to somebody else does not', async () => {
  const dan = await joinedAs('dan');
  const userId = /user (\d+)/.exec((await dan.page.locator('#me').textContent()) ?? '')?.[1] ?? '';
  const client = loopClient(loop.ready);
  const put = (id: string, recipient: string, content: string) =>
    client.send(
      new PutItemCommand({
        TableName: 'messages',
        Item: {
          id: { S: id },
          sender_id: { S: '1' },
          recipient_id: { S: recipient },
          content: { S: content },
        },
      }),
    );
  try {
    // The reader takes the changes of this table in order: when the second is there, the first has been passed over.
    await put('x1', 'somebody', 'for somebody else');
    await put('x2', userId, '納豆');
  } finally {
    client.destroy();
  }
  await received(dan.page, '納豆').waitFor();
  expect(await dan.page.locator('#messages .content').allTextContents()).toEqual(['納豆']);
}, 60_000);

test('a wrong key is refused by name, and the right one works afterwards in the same window', async () => {
  const { page } = await openWindow();
  await page.getByLabel('Name').fill('fay');
  await page.getByLabel('API key').fill('no-such-key');
  await page.getByRole('button', { name: 'Join' }).click();
  await page.locator('#status[data-state="refused"]').waitFor();
  await page.locator('#join-problem', { hasText: /key/i }).waitFor();
  await page.getByLabel('API key').fill(loop.ready.apiKey);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.locator('#me', { hasText: 'fay' }).waitFor();
}, 60_000);
