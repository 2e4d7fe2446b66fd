import { tmpdir } from 'node:os';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createProgram } from '../../src/cli/program.ts';
import { createItemTable, useDynamoDB } from '../fixtures/dynamodb.ts';
import { sink } from './import-sink.ts';

const dynamodb = useDynamoDB();

/** Runs `tablecast …` in this process. */
async function run(...args: readonly string[]) {
  const [out, err] = [sink(), sink()];
  const world = { folder: tmpdir(), out, err, signal: new AbortController().signal };
  await createProgram(world).parseAsync([...args], { from: 'user' });
  return { out: out.text(), err: err.text() };
}

describe('tablecast import', () => {
  beforeAll(async () => {
    await createItemTable(dynamodb.client, 'Todos', { stream: 'NEW_AND_OLD_IMAGES' });
    const Item = { id: { S: 'L5' }, title: { S: 'x' } };
    await dynamodb.client.send(new PutItemCommand({ TableName: 'Todos', Item }));
  });

  test('prints the type on standard output, and nothing else', async () => {
    const { out, err } = await run('import', 'Todos', '--sample', '3', '--endpoint', dynamodb.endpoint);
    expect(out).toBe(`# Table Todos, from all of its 1 item.
type Todo @table(name: "Todos") {
  id: ID!
  title: String # guessed from 1 of 1 item: S
}
`);
    expect(err).toBe('');
  });

  test('takes --type and --region', async () => {
    const place = ['--endpoint', dynamodb.endpoint, '--region', 'eu-central-1'];
    expect((await run('import', 'Todos', '--type', 'Task', ...place)).out).toContain('type Task @table');
  });

  test.each(['0', '-1', '1.5', 'all', '10000000'])('refuses --sample %s', async (sample) => {
    await expect(run('import', 'Todos', '--sample', sample)).rejects.toMatchObject({
      code: 'commander.invalidArgument',
    });
  });
});
