import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_HTTP_SETTINGS, type HttpRequest } from '../../../src/api/http/exchange.ts';
import { createHttpHandler } from '../../../src/api/http/handler.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { readDocumentList } from '../../../src/render/document-list.ts';
import { createTestRelay, KEY } from '../../fixtures/relay.ts';

const ALL = 'query All { listTodos { items { id } } }';
const HASH = createHash('sha256').update(ALL).digest('hex');
const DATA = { data: { listTodos: { items: [] } } };
const headers = [
  ['content-type', 'application/json'],
  ['x-api-key', KEY],
] as const;

function handler(listed: boolean, jsonDepth = DEFAULT_LIMITS.jsonDepth) {
  const documents = readDocumentList(JSON.stringify({ all: ALL }), 'documents.json');
  const relay = createTestRelay(listed ? { documents } : {});
  const answer = createHttpHandler({ ...relay.context, settings: { ...DEFAULT_HTTP_SETTINGS, jsonDepth } });
  const ask = async (request: Omit<HttpRequest, 'headers'>) => {
    const { status, body } = await relay.clock.run(answer({ ...request, headers }));
    return { status, json: JSON.parse(body) };
  };
  return {
    post: (body: unknown) =>
      ask({
        method: 'POST',
        query: '',
        body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      }),
    get: (query: Readonly<Record<string, string>>) =>
      ask({ method: 'GET', query: new URLSearchParams(query).toString() }),
  };
}

const extensions = { persistedQuery: { version: 1, sha256Hash: HASH } };
const refused = (code: string) => ({ json: { errors: [{ extensions: { code } }] } });

describe('with a list of documents, over HTTP', () => {
  test('a listed query runs by its text, its id and its hash, in a body and in a query string', async () => {
    const { get, post } = handler(true);
    const answers = [
      await post({ query: ALL }),
      await post({ documentId: 'all' }),
      await post({ documentId: `sha256:${HASH}`, variables: {} }),
      await post({ extensions }),
      await post({ query: null, extensions }),
      await get({ query: ALL }),
      await get({ documentId: 'all' }),
      await get({ extensions: JSON.stringify(extensions) }),
    ];
    for (const answer of answers) expect(answer).toEqual({ status: 200, json: DATA });
  });

  test('nothing else does', async () => {
    const { get, post } = handler(true);
    const answers = [
      await post({ query: '{ __typename }' }),
      await post({ query: '{ __typename }', documentId: 'all', extensions }),
      await post({ documentId: 'al' }),
      await post({ documentId: '__proto__' }),
      await get({ query: '{ __typename }' }),
      await get({ documentId: 'constructor' }),
    ];
    for (const answer of answers) expect(answer).toMatchObject(refused('OPERATION_NOT_ALLOWED'));
  });
});

describe('without a list, over HTTP', () => {
  test('a hash alone is told in Apollo words, with its text it runs', async () => {
    const { get, post } = handler(false);
    for (const answer of [
      await post({ extensions }),
      await get({ extensions: JSON.stringify(extensions) }),
    ]) {
      expect(answer).toMatchObject(refused('PERSISTED_QUERY_NOT_SUPPORTED'));
      expect(answer.json.errors[0].message).toBe('PersistedQueryNotSupported');
    }
    expect(await post({ query: ALL, extensions })).toEqual({ status: 200, json: DATA });
  });

  test.each([
    ['a request without a document', '{}'],
    ['an id that is no text', '{"documentId":7}'],
    ['an array', '[{"documentId":"all"}]'],
    ['no JSON', '{"documentId":'],
  ])('%s is refused as ever', async (_, body) => {
    expect(await handler(false).post(body)).toMatchObject({ status: 400 });
  });

  test('variables and extensions nest no deeper than they may, and 30,000 levels are no fault of ours', async () => {
    const { post } = handler(false, 4);
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const ask = (levels: number, more = '') =>
      post(`{"query":"${ALL}"${more},"variables":{"a":${nested(levels)}}}`);
    expect(await ask(2)).toEqual({ status: 200, json: DATA });
    const tooDeep = refused('BAD_REQUEST');
    expect(await ask(4)).toMatchObject(tooDeep);
    expect(await ask(30_000)).toMatchObject(tooDeep);
    const byId = await post(`{"documentId":"x","extensions":{"a":${nested(30_000)}}}`);
    expect(byId).toMatchObject(tooDeep);
  });
});
