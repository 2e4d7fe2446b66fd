import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { coerce } from '../../src/change/coerce.ts';
import { readImage } from '../../src/change/image.ts';
import { type ImportOptions, importTable } from '../../src/cli/import.ts';
import { readWrites } from '../../src/cli/seed.ts';
import { loadModel } from '../../src/schema/load.ts';
import { ROOT } from '../fixtures/built.ts';
import { createItemTable, useDynamoDB } from '../fixtures/dynamodb.ts';
import { sink } from './import-sink.ts';

const dynamodb = useDynamoDB();
const SAMPLES = join(ROOT, 'samples/todos.json');

async function runImport(options: Partial<ImportOptions> & { readonly table: string }) {
  const [out, err] = [sink(), sink()];
  await importTable({
    sample: 1_000,
    endpoint: dynamodb.endpoint,
    region: 'us-east-1',
    out,
    err,
    signal: new AbortController().signal,
    ...options,
  });
  return { out: out.text(), err: err.text() };
}

async function put(
  table: string,
  count: number,
  extra: (index: number) => object = () => ({}),
): Promise<void> {
  const puts = Array.from({ length: count }, (_, index) =>
    dynamodb.client.send(
      new PutItemCommand({ TableName: table, Item: { id: { S: `i${index}` }, ...extra(index) } }),
    ),
  );
  await Promise.all(puts);
}

describe('the table of the to-do app (SEEDS S1)', () => {
  beforeAll(async () => {
    await createItemTable(dynamodb.client, 'Todos', { stream: 'NEW_AND_OLD_IMAGES' });
    for (const { request } of readWrites(SAMPLES)) {
      await dynamodb.client.send(new PutItemCommand({ TableName: 'Todos', Item: request.PutRequest?.Item }));
    }
  });

  test('comes out as a type that loads and reads the same items, character for character', async () => {
    const { out, err } = await runImport({ table: 'Todos' });
    expect(err).toBe('');
    const type = loadModel(out).types.get('Todo');
    expect(type).toMatchObject({ table: 'Todos', keys: ['id'] });
    const read = readWrites(SAMPLES).map(({ request }) => {
      const image = readImage(request.PutRequest?.Item);
      if (!image.ok) throw new Error(image.detail);
      const fields = [...(type?.fields.values() ?? [])];
      return Object.fromEntries(
        fields.map((field) => [field.name, coerce(image.image[field.attribute], field.type)]),
      );
    });
    expect(read).toContainEqual({
      id: 'L6',
      title: 'サイドメニューのカスタマイズ',
      memo: 'プロフィール、検索メニューが必要',
      priority: 2,
      completed: false,
    });
    expect(read).toHaveLength(3);
  });

  test('goes to a file that is not there yet, and never over one that is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tablecast-import-'));
    const file = join(folder, 'schema.graphql');
    const { out, err } = await runImport({ table: 'Todos', file, typeName: 'Task' });
    expect([out, err]).toEqual(['', `written to ${file}\n`]);
    const written = readFileSync(file, 'utf8');
    expect(written).toContain('type Task @table(name: "Todos") {');
    await expect(runImport({ table: 'Todos', file })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`got ${file}, which would be overwritten`),
    });
    expect(readFileSync(file, 'utf8')).toBe(written);
  });
});

describe('what is told beside the type', () => {
  test('an empty table, and a stream that is off with the one command that turns it on', async () => {
    await createItemTable(dynamodb.client, 'Empty');
    const { out, err } = await runImport({ table: 'Empty' });
    expect(out).toBe(
      '# Table Empty was empty: these are its keys.\ntype Empty @table(name: "Empty") {\n  id: ID!\n}\n',
    );
    expect(err).toContain('Table Empty is empty: the type has the fields of its keys alone.\n');
    expect(err).toContain(
      `warning: Table Empty: expected a stream of NEW_AND_OLD_IMAGES, but its stream is off. Turn it on with\n  aws --endpoint-url ${dynamodb.endpoint} dynamodb update-table --region us-east-1 --table-name Empty --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES\n`,
    );
  });

  test('a stream of the wrong view type', async () => {
    await createItemTable(dynamodb.client, 'KeysOnly', { stream: 'KEYS_ONLY' });
    const { err } = await runImport({ table: 'KeysOnly' });
    expect(err).toContain('got one of KEYS_ONLY');
  });
});

describe('the sample', () => {
  test('ends at the number asked for, and says that it is one', async () => {
    await createItemTable(dynamodb.client, 'Many');
    await put('Many', 60, (index) => ({ n: { N: String(index) } }));
    const some = await runImport({ table: 'Many', sample: 20 });
    expect(some.out).toContain('# Table Many, from a sample of 20 items.\n');
    expect(some.out).toContain('  n: Int # guessed from 20 of 20 items: N, whole, 32 bits\n');
    const all = await runImport({ table: 'Many', sample: 1_000 });
    expect(all.out).toContain('# Table Many, from all of its 60 items.\n');
  });

  test('shows how far it is on a terminal, and nothing of it on standard output', async () => {
    const progress = sink();
    const terminal = Object.assign(progress, {
      isTTY: true,
      columns: 80,
      cursorTo() {},
      clearLine() {},
      moveCursor() {},
    });
    const { out } = await runImport({ table: 'Many', sample: 20, progress: terminal });
    expect(progress.text()).toContain('20/20 items');
    expect(out).toMatch(/^# Table Many/);
  });

  test('is spread over the table, not taken from its first partition', async () => {
    await dynamodb.client.send(
      new CreateTableCommand({
        TableName: 'Partitions',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'N' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    const puts = Array.from({ length: 16 * 6 }, (_, index) =>
      dynamodb.client.send(
        new PutItemCommand({
          TableName: 'Partitions',
          Item: {
            pk: { S: `KIND${String.fromCharCode(65 + (index % 16))}#1` },
            sk: { N: String(index) },
            [`of${index % 16}`]: { S: 'x' },
          },
        }),
      ),
    );
    await Promise.all(puts);
    const { out } = await runImport({ table: 'Partitions', sample: 16 });
    expect(out).toContain('type Partition @table(name: "Partitions", key: ["pk", "sk"]) {');
    expect(out.match(/^ {2}of\d+: /gm)?.length).toBeGreaterThan(3);
  });
});

describe('what goes wrong is said in plain words', () => {
  test('a table that is not there: those that are', async () => {
    await createItemTable(dynamodb.client, 'Orders');
    await expect(runImport({ table: 'Todo' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /^expected a table "Todo" in http:.*, found none; tables there: .*\bOrders\b/,
      ),
    });
  });

  test('a name that no table has, before anything is asked', async () => {
    await expect(runImport({ table: 'a/b', endpoint: 'http://127.0.0.1:9' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('got "a/b"'),
    });
    await expect(runImport({ table: 'Todos', typeName: 'Query' })).rejects.toMatchObject({
      message: expect.stringMatching(/^--type: .* got "Query"$/),
    });
  });

  test('an endpoint where nothing answers', async () => {
    await expect(runImport({ table: 'Todos', endpoint: 'http://127.0.0.1:9' })).rejects.toMatchObject({
      code: 'TABLE_UNAVAILABLE',
      message: 'expected a DynamoDB that answers at http://127.0.0.1:9, got ECONNREFUSED',
    });
  });

  test('a file that cannot be written', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tablecast-import-')), 'no/such/folder.graphql');
    await expect(runImport({ table: 'Todos', file })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('broken off, it writes nothing', async () => {
    const [out, ending] = [sink(), new AbortController()];
    const progress = Object.assign(sink(), { isTTY: true, cursorTo() {}, clearLine() {}, moveCursor() {} });
    const running = runImport({ table: 'Many', out, signal: ending.signal, progress });
    ending.abort();
    await expect(running).rejects.toThrow();
    expect(out.text()).toBe('');
  });
});
