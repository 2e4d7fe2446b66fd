import { expect, test } from '@jest/globals';
import { createTestHandler, JSON_AND_KEY } from './ask.ts';

const APP = 'https://app.example.com';
const preflightOf = (origin: string) => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'x-api-key, content-type, x-amz-user-agent',
  },
});

test('a preflight is answered without credentials, with what the clients send', async () => {
  const { ask } = createTestHandler();
  const answer = await ask(preflightOf(APP));
  expect(answer).toMatchObject({ status: 204, body: '' });
  expect(answer.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST',
  });
  const allowed = answer.headers['access-control-allow-headers']?.split(', ');
  for (const name of ['x-api-key', 'authorization', 'content-type', 'x-amz-user-agent', 'x-amz-date']) {
    expect(allowed).toContain(name);
  }
});

test('with origins listed, only those are let in, compared exactly, and caches are told', async () => {
  const { ask } = createTestHandler({ settings: { corsOrigins: [APP, 'http://localhost:5173'] } });
  const asked = async (origin: string) => {
    const preflight = await ask(preflightOf(origin));
    const answer = await ask({ headers: { ...JSON_AND_KEY, Origin: origin }, body: { query: '{ echo }' } });
    expect(preflight.headers['vary']).toBe('Origin');
    expect(answer.headers['vary']).toBe('Origin');
    expect(answer.headers['access-control-allow-origin']).toBe(
      preflight.headers['access-control-allow-origin'],
    );
    return answer.headers['access-control-allow-origin'];
  };
  expect(await asked(APP)).toBe(APP);
  expect(await asked('http://localhost:5173')).toBe('http://localhost:5173');
  for (const origin of [
    'https://app.example.com.evil.example',
    'https://evil.example',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://APP.example.com',
    'null',
    '*',
  ]) {
    expect(await asked(origin)).toBeUndefined();
  }
});

test('a page can read refusals too, and credentials of the browser are never asked for', async () => {
  const { ask } = createTestHandler({ settings: { corsOrigins: [APP] } });
  const answer = await ask({ headers: { origin: APP, 'content-type': 'application/json' }, body: '{}' });
  expect(answer.status).toBe(401);
  expect(answer.headers['access-control-allow-origin']).toBe(APP);
  expect(answer.headers['access-control-expose-headers']).toContain('x-amzn-errortype');
  expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
});
