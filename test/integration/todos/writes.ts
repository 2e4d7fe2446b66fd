import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import type { Client } from 'graphql-ws';
import { MAIN } from '../../fixtures/built.ts';
import { graphqlWsClient, type Listener, listen, type Payload } from '../../fixtures/clients.ts';
import { type LocalLoop, loopClient } from '../../fixtures/local-loop.ts';
import { commandLine, descendants, isAlive } from '../../fixtures/processes.ts';
import { ask, EXAMPLE, EXAMPLE_HOOK_MS } from '../example-project.ts';
import { oneExample } from './one-example.ts';

const NEW = { title: '買い物', memo: '牛乳と卵 🥚', priority: 2 };

let loop: LocalLoop;

beforeAll(async () => {
  loop = await oneExample();
}, EXAMPLE_HOOK_MS);

async function rest(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${loop.ready.http}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  return JSON.parse(await response.text());
}

describe('every write reaches the subscribers', () => {
  const CHANGES = `subscription { onChangeTodo {
    kind item { id title memo priority completed } previous { id title memo priority completed }
  } }`;
  let socket: Client;
  let changes: Listener<Payload>;
  let seen = 0;

  beforeAll(async () => {
    socket = graphqlWsClient(loop.ready);
    changes = listen(socket, CHANGES);
    await changes.live;
  }, 60_000);
  afterAll(async () => {
    await socket?.dispose();
  });

  /** The next change of this item; changes of others came before or come later. */
  async function next(id: string): Promise<unknown> {
    for (;;) {
      const payloads = await changes.waitFor(seen + 1);
      const change = Object(payloads[seen]?.data?.['onChangeTodo']);
      seen += 1;
      if ((change.item ?? change.previous)?.id === id) return change;
    }
  }

  test('by REST: create, update, delete', async () => {
    const id = String((await rest('POST', '/todos', NEW))['id']);
    const item = { ...NEW, id, completed: false };
    expect(await next(id)).toEqual({ kind: 'ENTER', item, previous: null });
    await rest('PATCH', `/todos/${id}`, { completed: true });
    const done = { ...item, completed: true };
    expect(await next(id)).toEqual({ kind: 'UPDATE', item: done, previous: item });
    await rest('DELETE', `/todos/${id}`);
    expect(await next(id)).toEqual({ kind: 'LEAVE', item: null, previous: done });
  }, 60_000);

  test('by GraphQL: create, update, delete', async () => {
    const item = { ...NEW, id: 'g1', completed: false };
    const run = (action: string, input: object) =>
      ask(
        loop.ready,
        `mutation ($input: ${action}TodoInput!) { ${action.toLowerCase()}Todo(input: $input) { id } }`,
        {
          input,
        },
      );
    await run('Create', item);
    expect(await next('g1')).toEqual({ kind: 'ENTER', item, previous: null });
    await run('Update', { id: 'g1', title: '洗濯' });
    expect(await next('g1')).toEqual({ kind: 'UPDATE', item: { ...item, title: '洗濯' }, previous: item });
    await run('Delete', { id: 'g1' });
    expect(await next('g1')).toEqual({ kind: 'LEAVE', item: null, previous: { ...item, title: '洗濯' } });
  }, 60_000);

  test('by a file in the format of the AWS command line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tablecast-todos-'));
    const file = join(folder, 'items.json');
    const Item = {
      id: { S: 'c1' },
      title: { S: NEW.title },
      memo: { S: NEW.memo },
      priority: { N: '2' },
      completed: { BOOL: false },
    };
    writeFileSync(file, JSON.stringify({ Todos: [{ PutRequest: { Item } }] }));
    await execa(process.execPath, [MAIN, 'seed', file, '--endpoint', loop.ready.dynamodb], {
      cwd: folder,
      env: { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', NODE_OPTIONS: '' },
      stdin: 'ignore',
    });
    rmSync(folder, { recursive: true, force: true });
    expect(await next('c1')).toEqual({
      kind: 'ENTER',
      item: { ...NEW, id: 'c1', completed: false },
      previous: null,
    });
  }, 60_000);

  test('by an SDK: the plain client and the document client', async () => {
    const client = loopClient(loop.ready);
    const documents = DynamoDBDocumentClient.from(client);
    const item = { ...NEW, id: 's1', completed: false };
    await documents.send(new PutCommand({ TableName: 'Todos', Item: item }));
    expect(await next('s1')).toEqual({ kind: 'ENTER', item, previous: null });
    await client.send(
      new UpdateItemCommand({
        TableName: 'Todos',
        Key: { id: { S: 's1' } },
        UpdateExpression: 'SET title = :title',
        ExpressionAttributeValues: { ':title': { S: '料理' } },
      }),
    );
    const changed = { ...item, title: '料理' };
    expect(await next('s1')).toEqual({ kind: 'UPDATE', item: changed, previous: item });
    await client.send(new DeleteItemCommand({ TableName: 'Todos', Key: { id: { S: 's1' } } }));
    expect(await next('s1')).toEqual({ kind: 'LEAVE', item: null, previous: changed });
    client.destroy();
  }, 60_000);
});

test('the name of an example that is not there is refused, with those that are', async () => {
  const run = (...args: string[]) => execa(process.execPath, [EXAMPLE, ...args], { reject: false });
  expect(await run('nope')).toMatchObject({
    exitCode: 2,
    stderr: 'error: expected the name of an example (chat, todos), got "nope": npm run example -- chat',
  });
  expect((await run()).stderr).toContain('expected the name of an example (chat, todos), got none');
});

// The last of all: the others have no loop after it.
test('Ctrl-C ends an example and every process of it', async () => {
  const family = descendants(loop.pid);
  expect(family.length).toBeGreaterThanOrEqual(3);
  expect(await loop.end('SIGINT')).toMatchObject({ exitCode: 0 });
  expect(family.filter(isAlive).map(commandLine)).toEqual([]);
}, 60_000);
