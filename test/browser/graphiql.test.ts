import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { printSchema } from 'graphql';
import type { Browser, Page } from 'playwright-core';
import { type ConsoleServer, startConsole } from '../../src/cli/console-server.ts';
import { createSmallApi } from '../unit/api/http/small-api.ts';
import { launchChromium, type OpenPage, openPage } from './chromium.ts';
import { type CountServer, startCountServer } from './count-server.ts';

const KEY = 'thekey';

let folder: string;
let browser: Browser;
let gateway: CountServer;
let site: ConsoleServer;
let opened: OpenPage;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tablecast-graphiql-'));
  const script = fileURLToPath(new URL('../../scripts/build-console.mjs', import.meta.url));
  await promisify(execFile)(process.execPath, [script, folder]);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  gateway = await startCountServer(KEY);
  const info = {
    ws: `ws://localhost:${gateway.wsPort}`,
    apiKey: KEY,
    sdl: printSchema(createSmallApi().schema),
    region: 'us-east-1',
    dynamodb: 'http://127.0.0.1:8000',
    tables: [],
  };
  site = await startConsole({ port: 0, info, gateway, assets: pathToFileURL(`${folder}/`) });
  opened = await openPage(browser, `${site.url}graphql`);
  page = opened.page;
  await editor('operation').waitFor();
});

afterEach(async () => {
  await opened?.close();
  await site?.close();
  await gateway?.close();
});

const CONTAINERS = {
  operation: '.graphiql-query-editor',
  headers: '.graphiql-editor-tool .graphiql-editor:not(.hidden)',
  response: '.result-window',
} as const;

const editor = (name: keyof typeof CONTAINERS) => page.locator(`${CONTAINERS[name]} .view-lines`).first();

/** Text of an editor as it is shown: its blanks are no-break ones. */
async function shown(name: keyof typeof CONTAINERS): Promise<string> {
  return (await editor(name).innerText()).replaceAll('\u00a0', ' ');
}

/** Types over what stands in an editor; again while the editor, still being set up, puts its first text back. */
async function fill(name: keyof typeof CONTAINERS, text: string): Promise<void> {
  // The editor closes brackets and quotes of its own accord.
  const isThere = async () => withoutSpace(await shown(name)).startsWith(withoutSpace(text));
  for (let tries = 0; tries < 10 && !(await isThere()); tries += 1) {
    await editor(name).click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(text);
    await page.waitForTimeout(50);
  }
  expect(await isThere()).toBe(true);
}

const withoutSpace = (text: string) => text.replace(/\s+/g, '');

const execute = () => page.locator('.graphiql-execute-button').click();

/** The response, once it has a text in it. */
async function response(text: string): Promise<string> {
  await page.locator(CONTAINERS.response).filter({ hasText: text }).waitFor();
  return shown('response');
}

test('the first query runs as it stands, with the local key of the header editor', async () => {
  expect(await page.locator('.graphiql-tab').allInnerTexts()).toEqual(['First', 'Counted']);
  expect(await shown('headers')).toContain(`"x-api-key": "${KEY}"`);
  await execute();
  expect(JSON.parse(await response('__typename'))).toEqual({ data: { __typename: 'Query' } });
  expect(opened.complaints).toEqual([]);
});

test('a mutation runs, and the subscription of the next tab shows what it caused until it is stopped', async () => {
  await page.locator('.graphiql-tab', { hasText: 'Counted' }).click();
  await page.locator(CONTAINERS.operation).filter({ hasText: 'counted' }).waitFor();
  await page.locator('.graphiql-tab-active', { hasText: 'Counted' }).waitFor();
  await execute();
  await until(() => gateway.subscriptions === 1);
  const other = await openPage(browser, `${site.url}graphql`);
  const here = page;
  page = other.page;
  await editor('operation').waitFor();
  await fill('operation', 'mutation Count { count }');
  await execute();
  expect(JSON.parse(await response('count'))).toEqual({ data: { count: 1 } });
  page = here;
  expect(JSON.parse(await response('counted'))).toEqual({ data: { counted: 1 } });
  expect(opened.requested).toContain(`${site.url.replace('http:', 'ws:')}graphql`);
  await execute();
  await until(() => gateway.subscriptions === 0);
  expect([...opened.complaints, ...other.complaints]).toEqual([]);
  await other.close();
});

test('the header editor decides: another key is refused in the words of the API', async () => {
  await fill('headers', '{"x-api-key": "another');
  await execute();
  expect(await response('Unauthorized')).toContain('"errorType": "UnauthorizedException"');
});

test('a tab that was restored, whose headers GraphiQL does not keep, still runs', async () => {
  await fill('operation', 'query Restored { echo(text: "again") }');
  await page.locator('.graphiql-tab', { hasText: 'Restored' }).waitFor();
  // It stores what was typed after half a second.
  await page.waitForFunction('Object.values({ ...localStorage }).some((text) => text.includes("again"))');
  await page.reload();
  await editor('operation').waitFor();
  await page.locator(CONTAINERS.operation).filter({ hasText: 'again' }).waitFor();
  await execute();
  expect(JSON.parse(await response('again'))).toEqual({ data: { echo: 'again' } });
  expect(opened.complaints).toEqual([]);
});

test('the workers run: a field the schema has not is marked, and completion knows those it has', async () => {
  await fill('operation', 'query Q { nosuch }');
  await page.locator(`${CONTAINERS.operation} .squiggly-error`).first().waitFor();
  await fill('operation', 'query Q { w');
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-widget .monaco-list-row', { hasText: 'whoAmI' }).waitFor();
  const scripts = opened.requested.filter((address) => address.endsWith('.worker.js'));
  expect(new Set(scripts.map((address) => new URL(address).pathname))).toEqual(
    new Set(['/graphiql/editor.worker.js', '/graphiql/graphql.worker.js', '/graphiql/json.worker.js']),
  );
});

test('it asks its own origin, nobody else', async () => {
  await execute();
  await response('__typename');
  const origins = new Set(opened.requested.map((address) => new URL(address).origin));
  expect([...origins]).toEqual([new URL(site.url).origin]);
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('expected it within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
