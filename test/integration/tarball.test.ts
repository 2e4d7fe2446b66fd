import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { ROOT } from '../fixtures/built.ts';
import { loopClient, startLocalLoop } from '../fixtures/local-loop.ts';
import {
  builtCopy,
  cleanEnvironment,
  mustRun,
  run,
  temporaryFolder,
} from '../fixtures/packaging/built-copy.ts';
import { packageProject } from '../fixtures/packaging/serverless-package.ts';

/** What a user installs beside Tablecast to run it on a laptop, in the versions this repository is tested with. */
const BESIDE = [
  'serverless',
  'serverless-esbuild',
  'serverless-offline',
  'esbuild',
  'amplify-dynamodb-simulator',
];

let source: string;
let project: string;

beforeAll(async () => {
  source = await builtCopy();
  project = await temporaryFolder();
  await installTarball();
}, 400_000);

afterAll(async () => {
  for (const folder of [source, project]) if (folder) await rm(folder, { recursive: true, force: true });
});

/** `npm pack`, and an empty folder that installs what came of it. */
async function installTarball(): Promise<void> {
  // The copy is built already, and a build of its own would only repeat it.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', project];
  const [{ filename }] = JSON.parse(await mustRun('npm', pack, { cwd: source }));
  const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const { 'amplify-dynamodb-simulator': simulator } = own.overrides;
  const manifest = {
    name: 'a-project-of-a-user',
    private: true,
    dependencies: { tablecast: `file:${filename}` },
    devDependencies: Object.fromEntries(BESIDE.map((name) => [name, own.devDependencies[name]])),
    overrides: { 'amplify-dynamodb-simulator': simulator },
  };
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await mustRun('npm', ['install', ...flags], { cwd: project, timeoutMs: 300_000 });
  const [schema, yaml] = await examples();
  await writeFile(join(project, 'schema.graphql'), schema);
  await writeFile(join(project, 'serverless.yml'), yaml);
}

/** The two files of a project, as docs/deploy.md prints them. */
async function examples(): Promise<[string, string]> {
  const text = await readFile(join(ROOT, 'docs/deploy.md'), 'utf8');
  const block = (language: string) => {
    const found = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(text)?.[1];
    if (found === undefined) throw new Error(`Expected a block of ${language} in docs/deploy.md, found none`);
    return found;
  };
  return [block('graphql'), block('yaml')];
}

describe('the packed tarball, installed in an empty folder', () => {
  test('holds the compiled handlers and nothing of the sources or tests', async () => {
    const own = join(project, 'node_modules/tablecast');
    const listed = await run('find', ['.', '-type', 'f', '-not', '-path', './node_modules/*'], { cwd: own });
    const files = listed.stdout.trim().split('\n').sort();
    for (const name of ['connect', 'subscribe', 'disconnect', 'stream', 'gap', 'graphql', 'keepalive']) {
      expect(files).toContain(`./dist/handlers/${name}.js`);
    }
    expect(files).toEqual(
      expect.arrayContaining([
        './serverless.cjs',
        './dist/src/cli/main.js',
        './dist/src/no-project.js',
        './LICENSE',
      ]),
    );
    expect(
      files.filter((file) => /^\.\/(src|test|handlers|node_modules)\/|(?<!\.d)\.ts$|tsbuildinfo/.test(file)),
    ).toEqual([]);
  });

  test('starts by one command, and a write reaches a graphql-ws client', async () => {
    const loop = await startLocalLoop(['--in-memory'], {
      folder: project,
      command: [join(project, 'node_modules/.bin/tablecast')],
      cleanEnvironment: true,
      env: { ...cleanEnvironment(), HOME: project },
    });
    const { ready } = loop;
    try {
      expect(ready).toMatchObject({ ready: true, tables: ['Todos'] });
      const client = createClient({
        url: `${ready.ws}?x-api-key=${encodeURIComponent(ready.apiKey)}`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });
      const query = 'subscription { onCreateTodo(priority: 3) { id title } }';
      const payloads = client.iterate({ query, extensions: { confirm: true } });
      const next = async () => (await payloads.next()).value;
      expect(await next()).toMatchObject({ data: { onCreateTodo: null }, extensions: { subscribed: true } });
      const table = loopClient(ready);
      const put = (id: string, title: string, priority: string) =>
        table.send(
          new PutItemCommand({
            TableName: 'Todos',
            Item: { id: { S: id }, title: { S: title }, priority: { N: priority } },
          }),
        );
      await put('not-asked-for', 'x', '2');
      await put('asked-for', 'プロフィールページ作成', '3');
      expect(await next()).toMatchObject({
        data: { onCreateTodo: { id: 'asked-for', title: 'プロフィールページ作成' } },
      });
      table.destroy();
      await client.dispose();
    } finally {
      expect((await loop.end('SIGTERM')).exitCode).toBe(0);
    }
  }, 200_000);

  test('packages by one command', async () => {
    const { resources, zips } = await packageProject(project, join(project, 'out'));
    expect(resources['ConnectLambdaFunction']?.Properties['Handler']).toBe(
      'node_modules/tablecast/dist/handlers/connect.handler',
    );
    expect([...(zips.get('stream.zip')?.keys() ?? [])].sort()).toEqual([
      'node_modules/tablecast/dist/handlers/stream.mjs',
      'schema.graphql',
    ]);
  }, 90_000);
});
