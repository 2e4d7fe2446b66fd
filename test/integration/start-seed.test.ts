import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { createProgram } from '../../src/cli/program.ts';
import { ensureBuilt, MAIN, ROOT } from '../fixtures/built.ts';
import { createItemTable, useDynamoDB } from '../fixtures/dynamodb.ts';

const dynamodb = useDynamoDB();
const folder = mkdtempSync(join(tmpdir(), 'tablecast-seed-'));

beforeAll(async () => {
  await ensureBuilt();
  await createItemTable(dynamodb.client, 'Todos');
}, 150_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `tablecast seed FILE`, and gives what it printed. */
async function seed(file: string, terminal = false) {
  const out = new PassThrough({ encoding: 'utf8' });
  const err = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: terminal });
  const program = createProgram({ folder, out, err, signal: new AbortController().signal });
  await program.parseAsync(['seed', file, '--endpoint', dynamodb.endpoint], { from: 'user' });
  return { out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

function fileOf(content: string): string {
  const file = join(folder, 'items.json');
  writeFileSync(file, content);
  return file;
}

async function titleOf(id: string): Promise<string | undefined> {
  const { Item } = await dynamodb.client.send(
    new GetItemCommand({ TableName: 'Todos', Key: { id: { S: id } } }),
  );
  return Item?.['title']?.S;
}

const put = (id: string, title: string) => ({ PutRequest: { Item: { id: { S: id }, title: { S: title } } } });

describe('tablecast seed', () => {
  test('loads the sample file, Japanese text byte for byte, and says where to', async () => {
    const { out, err } = await seed(join(ROOT, 'samples/todos.json'));
    expect(out).toBe(`3 items of Todos written to ${dynamodb.endpoint}\n`);
    expect(err).toBe('');
    expect(await titleOf('L7')).toBe('リスト(Li)カスタマイズ');
  });

  test('loads 512 items in one file, more than one request takes, with a progress bar on a terminal', async () => {
    const items = Array.from({ length: 512 }, (_, index) => put(`bulk-${index}`, `項目 ${index}`));
    const { out, err } = await seed(fileOf(JSON.stringify({ Todos: items })), true);
    expect(out).toContain('512 items');
    expect(err).toContain('512/512');
    const { Items } = await dynamodb.client.send(
      new ScanCommand({ TableName: 'Todos', ConsistentRead: true }),
    );
    expect(Items?.filter((item) => item['id']?.S?.startsWith('bulk-'))).toHaveLength(512);
    expect(await titleOf('bulk-511')).toBe('項目 511');
  }, 60_000);

  test('one item twice in a file is written twice, the later one last', async () => {
    await seed(
      fileOf(JSON.stringify({ Todos: [put('twice', 'first'), put('other', 'x'), put('twice', 'second')] })),
    );
    expect(await titleOf('twice')).toBe('second');
    expect(await titleOf('other')).toBe('x');
  });

  test('a delete in the file deletes', async () => {
    await seed(fileOf(JSON.stringify({ Todos: [put('gone', 'x')] })));
    await seed(fileOf(JSON.stringify({ Todos: [{ DeleteRequest: { Key: { id: { S: 'gone' } } } }] })));
    expect(await titleOf('gone')).toBeUndefined();
  });

  test('an unknown table is refused in one line that names it', async () => {
    const file = fileOf(JSON.stringify({ Orders: [put('1', 'x')] }));
    await expect(seed(file)).rejects.toMatchObject({
      code: 'LOCAL_STACK',
      message: expect.stringMatching(
        /^expected DynamoDB to take items of Orders, and it refused: ResourceNotFoundException/,
      ),
    });
  });

  test('a malformed file is refused before anything is written', async () => {
    const file = fileOf(
      '{"Todos": [{"PutRequest": {"Item": {"id": {"S": "early"}}}}, {"PutRequest": {"Item": {"id": {"N": 1}}}}]}',
    );
    await expect(seed(file)).rejects.toThrow(
      `${file} at Todos[1].PutRequest.Item.id.N: expected a number in quotes, got number`,
    );
    await expect(seed(join(folder, 'none.json'))).rejects.toThrow(
      /^expected a file of items at .*none\.json/,
    );
    expect(await titleOf('early')).toBeUndefined();
  });

  test('without an endpoint and without credentials it says that it tried AWS, and how to reach a local one', async () => {
    const result = await execa(process.execPath, [MAIN, 'seed', join(ROOT, 'samples/todos.json')], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
    });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/CredentialsProviderError.*--endpoint or set DYNAMODB_ENDPOINT/);
    expect(result.stdout).toBe('');
  }, 60_000);
});
