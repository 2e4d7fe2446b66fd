import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalLoop, loopClient } from '../../fixtures/local-loop.ts';
import { ask, EXAMPLE_HOOK_MS } from '../example-project.ts';
import { oneExample } from './one-example.ts';

/** The sample items. */
const L5 = {
  id: 'L5',
  title: 'プロフィールページ作成',
  memo: '分かりやすく端的に、且つ、魅力的に',
  priority: 3,
  completed: false,
};
const L6 = {
  id: 'L6',
  title: 'サイドメニューのカスタマイズ',
  memo: 'プロフィール、検索メニューが必要',
  priority: 2,
  completed: false,
};
const L7 = {
  id: 'L7',
  title: 'リスト(Li)カスタマイズ',
  memo: 'できるかな?',
  priority: 3,
  completed: false,
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let loop: LocalLoop;

beforeAll(async () => {
  loop = await oneExample();
}, EXAMPLE_HOOK_MS);

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

async function rest(method: string, path: string, body?: unknown): Promise<Reply> {
  const response = await fetch(`${loop.ready.http}${path}`, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(30_000),
  });
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) };
}

const NEW = { title: '買い物', memo: '牛乳と卵 🥚', priority: 2 };
const NOT_FOUND = { status: 404, json: { message: 'There is no to-do of this id.' } };

async function createdId(): Promise<string> {
  return String((await rest('POST', '/todos', NEW)).json['id']);
}

describe('the REST API', () => {
  test('lists the three samples as they were written, byte for byte, as GraphQL does', async () => {
    const { status, text } = await rest('GET', '/todos');
    expect(status).toBe(200);
    const byId = (items: readonly { readonly id: string }[]) =>
      [...items].sort((one, other) => (one.id < other.id ? -1 : 1));
    expect(byId(JSON.parse(text))).toEqual([L5, L6, L7]);
    expect(text).toContain('"priority":3,');
    const { data } = await ask(loop.ready, '{ listTodos { items { id title memo priority completed } } }');
    expect(byId(Object(data?.['listTodos']).items)).toEqual([L5, L6, L7]);
  });

  test('gets one by its id, and an unknown id is a 404', async () => {
    expect(await rest('GET', '/todos/L6')).toMatchObject({ status: 200, json: L6 });
    expect(await rest('GET', '/todos/nope')).toMatchObject(NOT_FOUND);
    expect(await rest('GET', `/todos/${encodeURIComponent('日本')}`)).toMatchObject(NOT_FOUND);
  });

  test('creates with an id of its own, not completed, whatever the client says of both', async () => {
    const { status, json } = await rest('POST', '/todos', { ...NEW, id: 'mine', completed: true });
    expect(status).toBe(201);
    expect(json).toEqual({ ...NEW, id: expect.stringMatching(UUID), completed: false });
    expect((await rest('GET', `/todos/${json['id']}`)).json).toEqual(json);
    expect(await rest('GET', '/todos/mine')).toMatchObject(NOT_FOUND);
  });

  test.each([
    ['title', 'title is required.'],
    ['memo', 'memo is required.'],
    ['priority', 'priority is required.'],
  ])('creates nothing without %s', async (missing, message) => {
    const rejected = { status: 400, json: { message } };
    expect(await rest('POST', '/todos', { ...NEW, [missing]: undefined })).toMatchObject(rejected);
    expect(await rest('POST', '/todos', { ...NEW, [missing]: null })).toMatchObject(rejected);
  });

  test.each([
    [{ ...NEW, priority: 2.5 }, 'priority must be an integer of at most 32 bits.'],
    [{ ...NEW, priority: '2' }, 'priority must be an integer of at most 32 bits.'],
    [{ ...NEW, priority: 2 ** 31 }, 'priority must be an integer of at most 32 bits.'],
    [{ ...NEW, title: 7 }, 'title must be text.'],
    ['{"title"', 'The body must be a JSON object.'],
    ['[]', 'The body must be a JSON object.'],
  ])('refuses %j by what is wrong with it', async (body, message) => {
    expect(await rest('POST', '/todos', body)).toMatchObject({ status: 400, json: { message } });
  });

  test.each(['PUT', 'PATCH'])('%s changes any of the four fields and leaves the others', async (method) => {
    const id = await createdId();
    const first = await rest(method, `/todos/${id}`, { completed: true });
    expect(first).toMatchObject({ status: 200, json: { ...NEW, id, completed: true } });
    const second = await rest(method, `/todos/${id}`, { title: '掃除', memo: '', priority: -1 });
    expect(second.json).toEqual({ id, title: '掃除', memo: '', priority: -1, completed: true });
    expect((await rest('GET', `/todos/${id}`)).json).toEqual(second.json);
    expect(await rest(method, `/todos/${id}`, {})).toMatchObject({
      status: 400,
      json: { message: 'At least one of title, memo, priority, completed is required.' },
    });
    expect(await rest(method, `/todos/${id}`, { completed: 'yes' })).toMatchObject({
      status: 400,
      json: { message: 'completed must be true or false.' },
    });
    expect(await rest(method, '/todos/nope', { completed: true })).toMatchObject(NOT_FOUND);
    expect(await rest('GET', '/todos/nope')).toMatchObject(NOT_FOUND);
  });

  test('DELETE answers with the deleted item, and an unknown id is a 404, the second time too', async () => {
    const id = await createdId();
    expect(await rest('DELETE', `/todos/${id}`)).toMatchObject({
      status: 200,
      json: { ...NEW, id, completed: false },
    });
    expect(await rest('DELETE', `/todos/${id}`)).toMatchObject(NOT_FOUND);
    expect(await rest('DELETE', '/todos/nope')).toMatchObject(NOT_FOUND);
  });

  test('what DynamoDB does not take is a 400', async () => {
    const memo = 'あ'.repeat(140_000);
    const rejected = { status: 400, json: { message: 'DynamoDB does not take such an id or such values.' } };
    expect(await rest('POST', '/todos', { ...NEW, memo })).toMatchObject(rejected);
    expect(await rest('GET', `/todos/${'x'.repeat(2_049)}`)).toMatchObject(rejected);
  });

  test('an integer is an integer, however another program wrote it, and what is no such thing is null', async () => {
    const client = loopClient(loop.ready);
    await client.send(
      new PutItemCommand({
        TableName: 'Todos',
        Item: { id: { S: 'other' }, title: { S: 't' }, priority: { N: '3.0' }, completed: { S: 'no' } },
      }),
    );
    client.destroy();
    const { text } = await rest('GET', '/todos/other');
    expect(text).toBe('{"id":"other","title":"t","memo":null,"priority":3,"completed":null}');
  });
});
