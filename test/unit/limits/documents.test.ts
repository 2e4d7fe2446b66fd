import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { readDocumentList } from '../../../src/render/document-list.ts';
import { createTestRelay, KEY, type TestRelay } from '../../fixtures/relay.ts';

const MADE = 'subscription Made { onCreateTodo { id } }';
const ALL = 'query All { listTodos { items { id } } }';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const apollo = (hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: hash } } });

async function connected(listed = true): Promise<TestRelay> {
  const documents = readDocumentList(JSON.stringify({ made: MADE, all: ALL }), 'documents.json');
  const relay = createTestRelay(listed ? { documents } : {});
  await relay.connect('c');
  return relay;
}

const start = (payload: unknown) => ({ type: 'subscribe', id: '1', payload });
const refused = (code: string, message: string) => ({
  type: 'error',
  id: '1',
  payload: [{ message: expect.stringContaining(message), extensions: { code } }],
});
const clientIds = async (relay: TestRelay) =>
  (await relay.context.registry.subscriptions('c')).map(({ clientId }) => clientId);

describe('with a list of documents', () => {
  test.each<[string, unknown]>([
    ['its text', { query: MADE }],
    ['its text in another layout', { query: MADE.replaceAll(' ', '\n ') }],
    ['its id', { documentId: 'made' }],
    ['its hash, as the draft of GraphQL over HTTP has it', { documentId: `sha256:${sha256(MADE)}` }],
    ['its hash, as Apollo has it', apollo(sha256(MADE))],
    ['its hash and its text', { query: MADE, ...apollo(sha256(MADE)) }],
    ['its id beside a text of nothing', { query: '', documentId: 'made' }],
  ])('a listed subscription runs by %s', async (_, payload) => {
    const relay = await connected();
    expect(await relay.send('c', start(payload))).toBeUndefined();
    expect(await clientIds(relay)).toEqual(['1']);
  });

  test('a listed query runs by its id', async () => {
    const relay = await connected();
    await relay.send('c', start({ documentId: 'all' }));
    expect(relay.frames('c')).toMatchObject([
      { type: 'next', payload: { data: { listTodos: { items: [] } } } },
    ]);
  });

  test.each<[string, unknown]>([
    ['another text', { query: 'subscription { onCreateTodo { id } }' }],
    ['a listed text with more behind it', { query: `${MADE} ${ALL}` }],
    ['another text under the id of a listed one', { query: '{ __typename }', documentId: 'made' }],
    ['another text under the hash of a listed one', { query: '{ __typename }', ...apollo(sha256(MADE)) }],
    ['an id that is not there', { documentId: 'mad' }],
    ['an id that every object has', { documentId: 'constructor' }],
    ['nothing', { query: '' }],
    ['a text that is too long', { query: `${MADE}${' '.repeat(17_000)}` }],
    ['introspection', { query: '{ __schema { types { name } } }' }],
  ])('%s is not allowed', async (_, payload) => {
    const relay = await connected();
    expect(await relay.send('c', start(payload))).toEqual(
      refused('OPERATION_NOT_ALLOWED', 'expected a document of the list'),
    );
    expect(await clientIds(relay)).toEqual([]);
  });

  test('who was not let in is not told what is listed', async () => {
    const relay = await connected();
    await relay.open('stranger');
    for (const documentId of ['made', 'mad']) {
      expect(await relay.send('stranger', start({ documentId }))).toEqual(
        refused('UNAUTHORIZED', 'connection_init'),
      );
    }
  });

  test('AppSync clients are told in their words', async () => {
    const relay = await connected();
    await relay.open('a', {
      headers: { 'sec-websocket-protocol': 'graphql-ws' },
      query: { header: Buffer.from(JSON.stringify({ 'x-api-key': KEY })).toString('base64') },
    });
    await relay.send('a', { type: 'connection_init' });
    const data = (request: unknown) => ({
      type: 'start',
      id: '1',
      payload: { data: JSON.stringify(request) },
    });
    expect(await relay.send('a', data({ query: '{ nobody }' }))).toMatchObject({
      payload: { errors: [{ errorType: 'OperationNotAllowedException', errorCode: 403 }] },
    });
    expect(await relay.send('a', data({ documentId: 'made' }))).toEqual({ type: 'start_ack', id: '1' });
  });
});

describe('without a list', () => {
  test('a hash alone is told in the words at which Apollo sends the text, and the text runs', async () => {
    const relay = await connected(false);
    const hash = apollo(sha256(MADE));
    expect(await relay.send('c', start(hash))).toEqual(
      refused('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported'),
    );
    expect(await relay.send('c', start({ query: MADE, ...hash }))).toBeUndefined();
    expect(await clientIds(relay)).toEqual(['1']);
  });

  test('neither a text nor an id is a bad request', async () => {
    const relay = await connected(false);
    expect(await relay.send('c', start({ extensions: { persistedQuery: { version: 1 } } }))).toEqual(
      refused('BAD_REQUEST', 'subscribe "payload.query": expected a string, got undefined'),
    );
  });
});
