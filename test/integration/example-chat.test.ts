import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'graphql-ws';
import { resolverTypes } from '../../src/cli/types.ts';
import { loadCodegen } from '../../src/cli/types-codegen.ts';
import { readModel } from '../../src/compose.ts';
import { ROOT } from '../fixtures/built.ts';
import { graphqlWsClient, listen } from '../fixtures/clients.ts';
import { type LocalLoop, loopClient } from '../fixtures/local-loop.ts';
import { type Answer, ask, EXAMPLE_HOOK_MS, startExample } from './example-project.ts';

const FOLDER = join(ROOT, 'examples/chat');

const CREATE_USER = `mutation ($username: String!) {
  createUser(username: $username) { success errors user { username userId } }
}`;
const CREATE_MESSAGE = `mutation ($senderId: String, $recipientId: String, $content: String) {
  createMessage(senderId: $senderId, recipientId: $recipientId, content: $content) {
    success errors message { content senderId recipientId }
  }
}`;
const MESSAGES = `query ($userId: String!) {
  messages(userId: $userId) { success errors messages { content senderId recipientId } }
}`;
const NEW_MESSAGES =
  'subscription ($userId: String) { messages(userId: $userId) { content senderId recipientId } }';

let loop: LocalLoop;
let socket: Client;

beforeAll(async () => {
  loop = await startExample('chat');
  socket = graphqlWsClient(loop.ready);
}, EXAMPLE_HOOK_MS);

afterAll(async () => {
  await socket?.dispose();
  await loop?.end('SIGTERM');
}, 30_000);

/** The same operation over HTTP and over the WebSocket. */
const overHttp = (query: string, variables: object) => ask(loop.ready, query, variables);
async function overWebSocket(query: string, variables: object): Promise<Answer> {
  const results = socket.iterate<Record<string, unknown>>({ query, variables: { ...variables } });
  for await (const { data = null, errors } of results) return { data, ...(errors && { errors }) };
  throw new Error('expected a result over the WebSocket, got none');
}

const created = (userId: string, username: string) => ({
  data: { createUser: { success: true, errors: null, user: { username, userId } } },
});
const refusedUser = (error: string) => ({
  data: { createUser: { success: false, errors: [error], user: null } },
});

describe('users', () => {
  test('get the ids "1", "2" and so on, and a name that is taken is refused, over HTTP and WebSocket alike', async () => {
    expect(await overHttp(CREATE_USER, { username: 'user_one' })).toEqual(created('1', 'user_one'));
    expect(await overWebSocket(CREATE_USER, { username: '花子' })).toEqual(created('2', '花子'));
    expect(await overHttp(CREATE_USER, { username: '花子' })).toEqual(refusedUser('Username is taken'));
    expect(await overWebSocket(CREATE_USER, { username: 'user_one' })).toEqual(
      refusedUser('Username is taken'),
    );
    expect(await overHttp(CREATE_USER, { username: ' ' })).toEqual(refusedUser('username is required'));
    expect(await overHttp(CREATE_USER, { username: 'user_three' })).toEqual(created('3', 'user_three'));
  });

  test('are found by their name, and an unknown one is null', async () => {
    const query = 'query ($username: String!) { userId(username: $username) }';
    expect(await overHttp(query, { username: '花子' })).toEqual({ data: { userId: '2' } });
    expect(await overWebSocket(query, { username: 'user_one' })).toEqual({ data: { userId: '1' } });
    expect(await overHttp(query, { username: 'nobody' })).toEqual({ data: { userId: null } });
  });

  test('created at the same moment get the next numbers, each its own', async () => {
    const names = Array.from({ length: 9 }, (_, index) => `at once ${index}`);
    const answers = await Promise.all(
      names.map((username, index) => (index % 2 ? overHttp : overWebSocket)(CREATE_USER, { username })),
    );
    const ids = answers.map(({ data }) => Object(data?.['createUser']).user?.userId);
    expect(ids.map(Number).sort((a, b) => a - b)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(await overHttp(CREATE_USER, { username: 'after them' })).toEqual(created('13', 'after them'));
  });

  test('of one name created at the same moment are one user', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => overHttp(CREATE_USER, { username: 'the same' })),
    );
    const successes = answers.filter(({ data }) => Object(data?.['createUser']).success === true);
    expect(successes).toHaveLength(1);
    const errors = answers.flatMap(({ data }) => Object(data?.['createUser']).errors ?? []);
    expect(errors).toEqual(Array(4).fill('Username is taken'));
  });
});

describe('messages', () => {
  const message = (senderId: string, recipientId: string, content: string) => ({
    content,
    senderId,
    recipientId,
  });

  test('are kept for whom they are from and for whom they are to, in the order they were said', async () => {
    for (const [run, sender, recipient, content] of [
      [overHttp, 'a', 'b', 'こんにちは'],
      [overWebSocket, 'b', 'a', 'はい'],
      [overHttp, 'a', 'c', 'to another'],
    ] as const) {
      expect(await run(CREATE_MESSAGE, { senderId: sender, recipientId: recipient, content })).toEqual({
        data: {
          createMessage: { success: true, errors: null, message: message(sender, recipient, content) },
        },
      });
    }
    const [first, second, third] = [
      message('a', 'b', 'こんにちは'),
      message('b', 'a', 'はい'),
      message('a', 'c', 'to another'),
    ];
    const found = (messages: readonly object[]) => ({
      data: { messages: { success: true, errors: null, messages } },
    });
    expect(await overHttp(MESSAGES, { userId: 'a' })).toEqual(found([first, second, third]));
    expect(await overWebSocket(MESSAGES, { userId: 'b' })).toEqual(found([first, second]));
    expect(await overHttp(MESSAGES, { userId: 'nobody' })).toEqual(found([]));
  });

  test.each([
    [{ recipientId: '2', content: 'x' }, 'senderId is required'],
    [{ senderId: '1', content: 'x' }, 'recipientId is required'],
    [{ senderId: '1', recipientId: '2' }, 'content is required'],
  ])('without all of sender, recipient and content are refused: %j', async (variables, error) => {
    const refused = { data: { createMessage: { success: false, errors: [error], message: null } } };
    expect(await overHttp(CREATE_MESSAGE, variables)).toEqual(refused);
    expect(await overWebSocket(CREATE_MESSAGE, variables)).toEqual(refused);
  });

  test('reach who subscribed to their recipient, and nobody else, whoever writes them', async () => {
    const toTwo = listen(socket, NEW_MESSAGES, { userId: '2' });
    const toOne = listen(socket, NEW_MESSAGES, { userId: '1' });
    const toAll = listen(socket, NEW_MESSAGES);
    await Promise.all([toTwo.live, toOne.live, toAll.live]);
    await overHttp(CREATE_MESSAGE, { senderId: '1', recipientId: '2', content: 'やあ' });
    await overWebSocket(CREATE_MESSAGE, { senderId: '2', recipientId: '1', content: 'どうも' });
    const client = loopClient(loop.ready);
    const stored = { sender_id: { S: '3' }, recipient_id: { S: '2' }, content: { S: 'by the SDK' } };
    await client.send(new PutItemCommand({ TableName: 'messages', Item: { id: { S: 'sdk' }, ...stored } }));
    client.destroy();

    const all = (await toAll.waitFor(3)).map(({ data }) => data?.['messages']);
    const [first, second, third] = [
      message('1', '2', 'やあ'),
      message('2', '1', 'どうも'),
      message('3', '2', 'by the SDK'),
    ];
    expect(all).toEqual(expect.arrayContaining([first, second, third]));
    expect((await toTwo.waitFor(2)).map(({ data }) => data?.['messages'])).toEqual(
      expect.arrayContaining([first, third]),
    );
    expect((await toOne.waitFor(1)).map(({ data }) => data?.['messages'])).toEqual([second]);
    expect([toAll.payloads.length, toTwo.payloads.length, toOne.payloads.length]).toEqual([3, 2, 1]);
    for (const listener of [toTwo, toOne, toAll]) listener.stop();
  }, 60_000);
});

test('attributes are stored in snake case, and nothing else is stored', async () => {
  const client = loopClient(loop.ready);
  const names = async (TableName: string) => {
    const { Items = [] } = await client.send(new ScanCommand({ TableName }));
    expect(Items.length).toBeGreaterThan(0);
    return [...new Set(Items.flatMap((item) => Object.keys(item)))].sort();
  };
  expect(await names('users')).toEqual(['user_id', 'username']);
  expect(await names('messages')).toEqual(['content', 'id', 'recipient_id', 'sender_id']);
  client.destroy();
});

test('the committed types are those of the schema', async () => {
  const committed = readFileSync(join(FOLDER, 'resolvers-types.ts'), 'utf8');
  const model = readModel(join(FOLDER, 'schema.graphql'));
  expect(committed).toBe(await resolverTypes(model, await loadCodegen()));
});
