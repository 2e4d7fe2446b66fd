import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builtCopy } from '../fixtures/packaging/built-copy.ts';
import { packageProject, serverless } from '../fixtures/packaging/serverless-package.ts';
import { STREAM_ARN, userProject } from '../fixtures/packaging/user-project.ts';

const NAMES = ['connect', 'disconnect', 'gap', 'graphql', 'keepalive', 'stream', 'subscribe'];

let root: string;

beforeAll(async () => {
  root = await builtCopy();
}, 60_000);

afterAll(async () => {
  if (root) await rm(root, { recursive: true, force: true });
});

test('without individual packaging, one zip holds the seven bundles and the schema file once', async () => {
  const folder = await userProject(root);
  const yaml = await readFile(join(folder, 'serverless.yml'), 'utf8');
  await writeFile(join(folder, 'serverless.yml'), yaml.replace('individually: true', 'individually: false'));
  const { zips } = await packageProject(folder, join(folder, 'out'));
  await rm(folder, { recursive: true, force: true });
  expect([...zips].map(([name, files]) => [name, [...files.keys()].sort()])).toEqual([
    [
      'orders.zip',
      [...NAMES.map((name) => `node_modules/tablecast/dist/handlers/${name}.mjs`), 'schema.graphql'],
    ],
  ]);
}, 60_000);

describe('a wrong project', () => {
  const failing = async (change: (folder: string) => Promise<void>, env = {}) => {
    const folder = await userProject(root);
    await change(folder);
    const ran = await serverless(folder, ['package'], env);
    await rm(folder, { recursive: true, force: true });
    expect(ran.code).toBe(1);
    return ran.stdout + ran.stderr;
  };
  const edit = (file: string, from: string, to: string) => async (folder: string) => {
    const before = await readFile(join(folder, file), 'utf8');
    expect(before).toContain(from);
    await writeFile(join(folder, file), before.replace(from, to));
  };

  test('a broken schema file fails with its line and column, and no stack', async () => {
    const output = await failing(edit('schema.graphql', 'total: Float', '\n  total: Flaot'));
    expect(output).toMatch(/schema\.graphql:2:10 .*Flaot/);
    expect(output).not.toMatch(/^\s+at /m);
  });

  test('an unknown setting fails by its name', async () => {
    const output = await failing(
      edit('serverless.yml', '    schema: schema.graphql', '    shema: schema.graphql'),
    );
    expect(output).toContain('custom.tablecast.shema: expected one of schema, tables, apiKeys');
    expect(output).not.toMatch(/^\s+at /m);
  });

  test('a field that nothing answers fails by its name: no function would start', async () => {
    const output = await failing(
      edit('schema.graphql', 'type Order', 'type Query { hello: String }\ntype Order'),
    );
    expect(output).toContain('Query.hello: expected a resolver in resolvers.ts, got none');
    expect(output).not.toMatch(/^\s+at /m);
  });

  test('a resolvers file that is not there fails by its name', async () => {
    const output = await failing(
      edit('serverless.yml', '    schema: schema.graphql', '    resolvers: api/mine.ts'),
    );
    expect(output).toContain('custom.tablecast.resolvers: expected a file at api/mine.ts, found none');
    expect(output).not.toMatch(/^\s+at /m);
  });

  test('a missing line of custom.esbuild fails with that line', async () => {
    const line = `  esbuild: \${file(node_modules/tablecast/serverless.cjs):esbuild}\n`;
    expect(await failing(edit('serverless.yml', line, ''))).toContain(`add "${line.trim()}" under "custom"`);
  });

  test('an existing table without an ARN and without credentials fails with the setting that mends it', async () => {
    const output = await failing(edit('serverless.yml', `{ streamArn: '${STREAM_ARN}' }`, 'existing'));
    expect(output).toContain('custom.tablecast.tables.Orders.streamArn');
    expect(output).not.toMatch(/^\s+at /m);
  }, 60_000);
});
