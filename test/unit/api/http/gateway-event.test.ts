import { expect, test } from '@jest/globals';
import { requestOf, resultOf } from '../../../../src/api/http/gateway-event.ts';

const http = (method: string) => ({ requestContext: { http: { method } } });

test('an event of the HTTP API is read: method, raw query, headers, text and base64 bodies', () => {
  const text = requestOf({
    ...http('post'),
    rawQueryString: 'query=%7Becho%7D&x=a+b',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"日本"}',
    isBase64Encoded: false,
  });
  expect(text).toMatchObject({ method: 'POST', query: 'query=%7Becho%7D&x=a+b' });
  expect([...text.headers]).toEqual([['content-type', 'application/json']]);
  expect(Buffer.from(text.body ?? []).toString()).toBe('{"query":"日本"}');
  const encoded = requestOf({
    ...http('POST'),
    body: Buffer.from('{"query":"日本"}').toString('base64'),
    isBase64Encoded: true,
  });
  expect(encoded.body).toEqual(text.body);
});

test('an event without headers, query or body is read', () => {
  expect(requestOf(http('GET'))).toEqual({ method: 'GET', query: '', headers: [] });
});

test('an answer is what the HTTP API takes', () => {
  expect(resultOf({ status: 405, headers: { allow: 'POST' }, body: '{}' })).toEqual({
    statusCode: 405,
    headers: { allow: 'POST' },
    body: '{}',
  });
});
