import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteTableCommand, DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { ensureBuilt, MAIN, ROOT } from '../fixtures/built.ts';
import { connect } from '../fixtures/clients.ts';
import { createItemTable, localPlace, useDynamoDB } from '../fixtures/dynamodb.ts';
import { commandLine, descendants, isAlive } from '../fixtures/processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'tablecast-project-'));
const dynamodb = useDynamoDB();

beforeAll(ensureBuilt, 150_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  const { TableNames = [] } = await dynamodb.client.send(new ListTablesCommand({}));
  for (const TableName of TableNames) await dynamodb.client.send(new DeleteTableCommand({ TableName }));
});

async function until(
  condition: () => boolean | Promise<boolean>,
  what: () => string,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`expected ${what()} within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function running(file: string, args: readonly string[]) {
  const child = execa(file, args, {
    cwd: ROOT,
    env: {
      NODE_OPTIONS: '',
      DYNAMODB_ENDPOINT: '',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    stdin: 'pipe',
    buffer: false,
    reject: false,
  });
  let printed = '';
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString('utf8');
  });
  return { child, printed: () => `${printed}${told}`, told: () => told };
}

test('the lines of the screen work as they are pasted: wscat connects, Node writes, the change arrives and is shown; when nobody reads what it prints any more, it stops in order and leaves no process', async () => {
  const stack = running(process.execPath, [MAIN, 'start', '--in-memory']);
  try {
    await until(
      () => stack.printed().includes('What is delivered'),
      () => `the screen, got ${stack.printed()}`,
      120_000,
    );
    // Before anybody asks for anything: a schema without rules is said to have none.
    await until(() => stack.printed().includes('warning: no rules'), stack.printed);
    const lines = stack
      .printed()
      .split('\n')
      .map((line) => line.trim());
    const starting = (prefix: string) => lines.find((line) => line.startsWith(prefix)) ?? 'missing';
    const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(starting('DynamoDB'))?.[0] ?? '';
    const relayClient = new DynamoDBClient(localPlace(endpoint));

    const early = await execa(
      'bash',
      ['-c', starting('node --input-type=module').replaceAll('demo-1', 'early')],
      { cwd: ROOT },
    );
    expect(early.exitCode).toBe(0);
    await until(() => stack.printed().includes('INSERT in Todos: nobody subscribes to it'), stack.printed);

    const url = /ws:\/\/localhost:\d+/.exec(starting('npx wscat'))?.[0] ?? '';
    const pasted = await connect(`${url}?x-api-key=local-dev-key`);
    pasted.send(JSON.parse(starting('{"type":"connection_init"}')));
    pasted.send(JSON.parse(starting('{"id":"1","type":"subscribe"')));
    const wscat = running('bash', ['-c', starting('npx wscat -c ws:')]);
    await until(async () => {
      const relay = await relayClient.send(
        new ScanCommand({ TableName: 'todos-dev-tablecast-relay', ConsistentRead: true }),
      );
      const rows = relay.Items?.filter((item) => item['pk']?.S?.startsWith('KEY#'));
      return rows?.length === 2;
    }, wscat.printed);
    await execa('bash', ['-c', starting('node --input-type=module')], { cwd: ROOT });
    await until(() => wscat.printed().includes('こんにちは'), wscat.printed);
    expect(wscat.printed()).toContain('"kind":"ENTER"');
    await pasted.next((frame) => frame.type === 'next');
    pasted.close();
    await until(() => stack.printed().includes('2 delivered'), stack.printed);
    expect(stack.printed()).toContain('INSERT in Todos: matched 2 subscriptions (onChangeTodo ENTER ×2)');
    wscat.child.stdin.end();
    wscat.child.kill('SIGKILL');
    relayClient.destroy();

    const family = descendants(stack.child.pid ?? 0);
    expect(family.some((pid) => commandLine(pid).includes('serverless'))).toBe(true);
    stack.child.stdout.destroy();
    await execa('bash', ['-c', starting('node --input-type=module').replaceAll('demo-1', 'unread')], {
      cwd: ROOT,
    });
    expect(await stack.child).toMatchObject({ exitCode: 0 });
    expect(stack.told()).toBe('');
    expect(family.filter(isAlive).map(commandLine)).toEqual([]);
  } finally {
    stack.child.kill('SIGTERM');
    await stack.child;
  }
}, 240_000);

test('a table whose stream is off is refused with the command that switches it on, and nothing is left running', async () => {
  await createItemTable(dynamodb.client, 'Orders');
  writeProject('type Order @table(name: "Orders") { id: ID! }');
  const result = await execa(process.execPath, [MAIN, 'start', '--json'], {
    cwd: folder,
    env: { NODE_OPTIONS: '', DYNAMODB_ENDPOINT: dynamodb.endpoint },
    stdin: 'ignore',
    reject: false,
  });
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain(
    'aws dynamodb update-table --region us-east-1 --table-name Orders --stream-specification',
  );
  expect(result.stdout).toBe('');
}, 120_000);

test.each([
  ["throw new Error('no settings');", 'Error: no settings'],
  ['const settings = {;', 'resolvers.ts:1:18: ERROR'],
])(
  'resolvers.ts with %j is told in a few lines, without a stack, and long before the time-out',
  async (code, told) => {
    await createItemTable(dynamodb.client, 'Orders', { stream: 'NEW_AND_OLD_IMAGES' });
    writeProject('type Order @table(name: "Orders") { id: ID! }');
    writeFileSync(join(folder, 'resolvers.ts'), `${code}\nexport const resolvers = {};\n`);
    const result = await execa(process.execPath, [MAIN, 'start', '--json'], {
      cwd: folder,
      env: { NODE_OPTIONS: '', DYNAMODB_ENDPOINT: dynamodb.endpoint },
      stdin: 'ignore',
      reject: false,
      timeout: 80_000,
    });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(told);
    expect(result.stderr).not.toContain('    at ');
    // Before it Node 20 may be told by the AWS SDK that it is old.
    const message = result.stderr.slice(result.stderr.indexOf('error: ')).trim();
    expect(message.split('\n').length).toBeLessThan(10);
  },
  120_000,
);

test('a broken schema is refused with file, line and column', async () => {
  writeProject('type Order @table(name: "Orders") {\n  id: ID!\n  total: Nothing\n}');
  const result = await execa(process.execPath, [MAIN, 'schema'], {
    cwd: folder,
    env: { NODE_OPTIONS: '' },
    reject: false,
  });
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toMatch(/schema\.graphql:3:\d+ /);
  expect(result.stderr).not.toContain('    at ');
});

test('the completed schema is printed', async () => {
  const { stdout } = await execa(process.execPath, [MAIN, 'schema'], {
    cwd: ROOT,
    env: { NODE_OPTIONS: '' },
  });
  expect(stdout).toContain('onChangeTodo(');
  expect(stdout).toContain('input TableTodoFilterInput');
});

/** A project as a user has it, with this package linked into its node_modules. */
function writeProject(schema: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(ROOT, join(folder, 'node_modules/tablecast'));
  for (const name of ['serverless', 'serverless-offline', 'serverless-esbuild', 'esbuild']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  writeFileSync(join(folder, 'package.json'), '{"name":"shop","private":true,"type":"module"}');
  writeFileSync(join(folder, 'schema.graphql'), schema);
  const cjs = 'node_modules/tablecast/serverless.cjs';
  writeFileSync(
    join(folder, 'serverless.yml'),
    [
      'service: shop',
      'provider: { name: aws, runtime: nodejs22.x, stage: dev, region: us-east-1 }',
      'plugins: [serverless-esbuild, serverless-offline]',
      'custom:',
      `  esbuild: \${file(${cjs}):esbuild}`,
      `functions: \${file(${cjs}):functions}`,
      `resources: \${file(${cjs}):resources}`,
      '',
    ].join('\n'),
  );
}
