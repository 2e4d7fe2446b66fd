import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createProgram } from '../../src/cli/program.ts';
import { type DynamoDBLocal, LOCAL_REGION, startDynamoDBLocal } from '../../src/testing/dynamodb-local.ts';
import { ROOT } from './built.ts';

let server: DynamoDBLocal;
let client: DynamoDBClient;
const folder = mkdtempSync(join(tmpdir(), 'tablecast-seed-'));

beforeAll(async () => {
  server = await startDynamoDBLocal();
  client = new DynamoDBClient({
    endpoint: server.endpoint,
    region: LOCAL_REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'Todos',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
}, 60_000);

afterAll(async () => {
  client.destroy();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `tablecast seed FILE`, and gives what it printed. */
async function seed(file: string, terminal = false) {
  const out = new PassThrough({ encoding: 'utf8' });
  const err = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: terminal });
  const program = createProgram({ folder, out, err, signal: new AbortController().signal });
  await program.parseAsync(['seed', file, '--endpoint', server.endpoint], { from: 'user' });
  return { out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

function fileOf(content: string): string {
  const file = join(folder, 'items.json');
  writeFileSync(file, content);
  return file;
}

async function titleOf(id: string): Promise<string | undefined> {
  const { Item } = await client.send(new GetItemCommand({ TableName: 'Todos', Key: { id: { S: id } } }));
  return Item?.['title']?.S;
}

const put = (id: string, title: string) => ({ PutRequest: { Item: { id: { S: id }, title: { S: title } } } });

describe('tablecast seed', () => {
  test('loads the sample file, Japanese text byte for byte, and says where to', async () => {
    const { out, err } = await seed(join(ROOT, 'samples/todos.json'));
    expect(out).toBe(`3 items of Todos written to ${server.endpoint}\n`);
    expect(err).toBe('');
    expect(await titleOf('L7')).toBe('リスト(Li)カスタマイズ');
  });

  test('loads 512 items in one file, more than one request takes, with a progress bar on a terminal', async () => {
    const items = Array.from({ length: 512 }, (_, index) => put(`bulk-${index}`, `項目 ${index}`));
    const { out, err } = await seed(fileOf(JSON.stringify({ Todos: items })), true);
    expect(out).toContain('512 items');
    expect(err).toContain('512/512');
    const { Items } = await client.send(new ScanCommand({ TableName: 'Todos', ConsistentRead: true }));
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
});
