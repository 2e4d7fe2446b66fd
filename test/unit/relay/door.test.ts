import { describe, expect, test } from '@jest/globals';
import type { GatewayAuth } from '../../../src/auth/gateway.ts';
import { ANY_ORIGIN, type OriginRules } from '../../../src/auth/origins.ts';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { open, type Upgrade } from '../../../src/relay/open.ts';
import { upgradeHeaders, upgradeOrigins } from '../../../src/relay/upgrade-headers.ts';
import { createTestRelay, KEY } from '../../fixtures/relay.ts';

const USER = 'arn:aws:iam::123456789012:user/alice';
const SIGNED = {
  'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
  'X-Amz-Credential': 'AKIACANARY/20260101/eu-west-1/execute-api/aws4_request',
  'X-Amz-Signature': 'canary-signature',
  'X-Amz-Security-Token': 'canary-session',
};

/** A relay behind a door, and what comes of an upgrade there. */
function behind({ kind, origins = ANY_ORIGIN }: { kind?: GatewayAuth; origins?: OriginRules } = {}) {
  const relay = createTestRelay();
  const door = { origins, gateway: { ...(kind && { kind }), claims: ['tenant'] } };
  const upgrade = (more: Partial<Upgrade>) =>
    relay.clock.run(
      open(
        { ...relay.context, door },
        {
          connectionId: 'c',
          stage: 'dev',
          connectedAt: relay.clock.now(),
          headers: new Map(),
          query: new Map(),
          ...more,
        },
      ),
    );
  const identity = async () => (await relay.clock.run(relay.context.registry.connection('c')))?.identity;
  return { relay, upgrade, identity };
}

describe('S1 the page an upgrade comes from', () => {
  const origins = { allowed: new Set(['https://app.example.com']), missing: 'refuse' } as const;

  test('is looked at before anything else, whatever credential it brings, and nothing is kept of one refused', async () => {
    const { relay, upgrade, identity } = behind({ origins });
    const headers = new Map([['x-api-key', KEY]]);
    for (const given of [['https://evil.example'], [], ['https://app.example.com', 'https://evil.example']]) {
      expect(await upgrade({ headers, origins: given })).toEqual({
        status: 403,
        message: 'Origin: expected one that may connect, got another or none',
      });
    }
    expect(await identity()).toBeUndefined();
    expect(relay.logs.filter(({ event }) => event === 'connection.refused')).toHaveLength(3);
    expect(JSON.stringify(relay.logs)).not.toContain('evil.example');
    expect(await upgrade({ headers, origins: ['https://app.example.com'] })).toMatchObject({ status: 200 });
    expect(await identity()).toMatchObject({ kind: 'api-key' });
  });

  test('is read of every header of that name, in any case', () => {
    const several = { multiValueHeaders: { oRiGin: ['a', 'b'] }, headers: { Origin: 'b' } };
    expect(upgradeOrigins(several)).toEqual(['a', 'b']);
    expect(upgradeOrigins({ multiValueHeaders: { Origin: ['a'], origin: ['b'] } })).toEqual(['a', 'b']);
    expect(upgradeOrigins({ headers: { Origin: 'a', origin: 'b' } })).toEqual(['a', 'b']);
    expect(upgradeOrigins({ headers: null, multiValueHeaders: null })).toEqual([]);
    expect(upgradeHeaders(several).get('Origin')).toBe('b');
  });
});

describe('an authoriser of API Gateway', () => {
  test('says who it is, and what the client presented is not looked at', async () => {
    const { relay, upgrade, identity } = behind({ kind: 'iam' });
    const headers = new Map([['authorization', 'AWS4-HMAC-SHA256 Credential=AKIACANARY']]);
    const requestContext = { identity: { userArn: USER } };
    const outcome = await upgrade({ headers, query: new Map(Object.entries(SIGNED)), requestContext });
    expect(outcome).toMatchObject({ status: 200 });
    expect(await identity()).toMatchObject({ kind: 'iam', claims: { provider: 'iam', subject: USER } });
    expect(await relay.send('c', { type: 'connection_init' })).toMatchObject({ type: 'connection_ack' });
    // C8: a signed URL is as good as the credential for as long as it lasts.
    expect(JSON.stringify(relay.logs)).not.toMatch(/canary|AKIA/i);
  });

  test('is believed where it is configured alone', async () => {
    const { upgrade, identity } = behind();
    const requestContext = { identity: { userArn: USER }, authorizer: { principalId: 'alice' } };
    expect(await upgrade({ requestContext })).toMatchObject({ status: 200 });
    expect(await identity()).toBeUndefined();
  });

  test('that is configured and has said nothing lets nobody in, with a good key or without', async () => {
    for (const kind of ['iam', 'lambda'] as const) {
      const { upgrade } = behind({ kind });
      expect(await upgrade({ headers: new Map([['x-api-key', KEY]]) })).toMatchObject({ status: 401 });
    }
  });

  test('may leave it to a key, which is then checked as ever', async () => {
    const requestContext = { authorizer: { principalId: 'any', tablecast: 'defer' } };
    const { upgrade, identity } = behind({ kind: 'lambda' });
    const bad = new Map([['x-api-key', 'wrong']]);
    expect(await upgrade({ headers: bad, requestContext })).toMatchObject({ status: 401 });
    expect(await upgrade({ headers: new Map([['x-api-key', KEY]]), requestContext })).toMatchObject({
      status: 200,
    });
    expect(await identity()).toMatchObject({ kind: 'api-key' });
  });

  test('S9 says until when: after that the connection speaks for nobody', async () => {
    const { relay, upgrade, identity } = behind({ kind: 'lambda' });
    const expiresAt = Math.floor(relay.clock.now() / 1000) + 2;
    const authorizer = { principalId: 'alice', tenant: 'acme', expiresAt: String(expiresAt) };
    expect(await upgrade({ requestContext: { authorizer } })).toMatchObject({ status: 200 });
    expect(await identity()).toMatchObject({
      kind: 'lambda',
      claims: { subject: 'alice', more: [['tenant', 'acme']] },
      expiresAt,
    });
    await relay.clock.advance(2_000);
    expect(JSON.stringify(await relay.send('c', { type: 'connection_init' }))).toContain('Token expired');
  });
});

describe('an AWS signature that no authoriser has checked', () => {
  test('in a signed URL is no credential: the connection opens and is nobody’s', async () => {
    const { relay, upgrade, identity } = behind();
    expect(await upgrade({ query: new Map(Object.entries(SIGNED)) })).toMatchObject({ status: 200 });
    expect(await identity()).toBeUndefined();
    expect(JSON.stringify(relay.logs)).not.toMatch(/canary|AKIA/i);
  });

  test('in AppSync’s header object opens, and its init is refused for good with what to use instead', async () => {
    const { relay, upgrade } = behind();
    const header = Buffer.from(
      JSON.stringify({
        host: 'x',
        'x-amz-date': 'd',
        authorization: 'AWS4-HMAC-SHA256 Credential=AKIACANARY',
      }),
    ).toString('base64url');
    const headers = new Map([['sec-websocket-protocol', `graphql-ws, header-${header}`]]);
    expect(await upgrade({ headers })).toMatchObject({ status: 200 });
    expect(await relay.send('c', { type: 'connection_init' })).toMatchObject({
      type: 'connection_error',
      payload: {
        errors: [
          {
            // Amplify gives up on this one; on another it would try again (PROTOCOLS §1.4).
            errorType: 'UnauthorizedException',
            message: expect.stringMatching(/AWS signature .*use an API key, a token, or a URL signed/),
          },
        ],
      },
    });
    expect(JSON.stringify(relay.logs)).not.toMatch(/AKIACANARY/);
  });

  test('in one start is refused for that operation, in words that make no client of AppSync connect anew', async () => {
    const { relay, upgrade } = behind();
    const header = Buffer.from(JSON.stringify({ host: 'x', 'x-api-key': KEY })).toString('base64url');
    const headers = new Map([['sec-websocket-protocol', `graphql-ws, header-${header}`]]);
    await upgrade({ headers });
    await relay.send('c', { type: 'connection_init' });
    const reply = await relay.send('c', {
      id: '1',
      type: 'start',
      payload: {
        data: JSON.stringify({ query: 'subscription { onCreateTodo { id } }' }),
        extensions: { authorization: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIACANARY', host: 'x' } },
      },
    });
    expect(reply).toMatchObject({ id: '1', type: 'error' });
    const text = JSON.stringify(reply);
    expect(text).toContain('use an API key, a token, or a URL signed');
    expect(text).not.toMatch(/"errorType":"(UnauthorizedException|Unauthorized|NotAuthorizedException)"/);
    expect(text).not.toContain('Token expired');
    expect(text).not.toContain('AKIACANARY');
  });
});

describe('credentials in several places at once', () => {
  const tokens: TokenVerifier = {
    verify: async (token) =>
      token.startsWith('good-')
        ? { ok: true, identity: { kind: 'jwt', hash: token } }
        : { ok: false, reason: 'a malformed token' },
  };
  const start = (id: string, authorization?: object) => ({
    type: 'subscribe',
    id,
    payload: {
      query: 'subscription { onCreateTodo { id } }',
      ...(authorization && { extensions: { authorization } }),
    },
  });
  const init = (authorization: unknown) => ({ type: 'connection_init', payload: { authorization } });

  test('S3 that disagree: each later one speaks, and a second init changes nothing', async () => {
    const relay = createTestRelay({ tokens });
    const identity = async () => (await relay.context.registry.connection('c'))?.identity?.hash;
    await relay.open('c', { headers: { authorization: 'good-header' }, query: { token: 'good-query' } });
    expect(await identity()).toBe('good-header');
    expect(await relay.send('c', init('good-init'))).toEqual({ type: 'connection_ack' });
    expect(await relay.send('c', init('good-second'))).toBeUndefined();
    expect(await identity()).toBe('good-init');
    await relay.send('c', start('1'));
    await relay.send('c', start('2', { Authorization: 'good-start' }));
    const live = await relay.context.registry.subscriptions('c');
    expect(Object.fromEntries(live.map(({ clientId, identityHash }) => [clientId, identityHash]))).toEqual({
      1: 'good-init',
      2: 'good-start',
    });
  });

  test('S3 of which the first is bad: none that stands behind it is taken in its place', async () => {
    const relay = createTestRelay({ tokens });
    const bad = { headers: { authorization: 'bad' }, query: { authorization: 'good-query', token: 'good' } };
    expect(await relay.open('a', bad)).toMatchObject({ status: 401 });
    const empty = { headers: { authorization: '', 'x-api-key': '' }, query: { token: 'good-query' } };
    expect(await relay.open('b', empty)).toMatchObject({ status: 401 });
    await relay.open('c', { headers: { authorization: 'good-header' } });
    for (const token of ['bad', '', ['good-init'], { toString: 'good-init' }, null])
      expect(await relay.send('c', init(token))).toMatchObject({ payload: { code: 4401 } });
    await relay.send('c', { type: 'connection_init' });
    for (const own of [
      { Authorization: 'bad' },
      { 'x-api-key': [KEY] },
      { 'X-API-KEY': 'bad', authorization: '' },
    ])
      expect(await relay.send('c', start('1', own))).toMatchObject({
        type: 'error',
        payload: [{ extensions: { code: 'FORBIDDEN' } }],
      });
    expect(await relay.context.registry.subscriptions('c')).toEqual([]);
  });

  test.each([
    ` ${KEY}`,
    `${KEY} `,
    KEY.toUpperCase(),
    `${KEY}\u200b`,
    KEY.replace('a', 'а'),
    KEY.replaceAll('-', '‐'),
    `${KEY},${KEY}`,
    KEY.slice(0, -1),
  ])('S4 a key that only looks like one is none: %j', async (key) => {
    const relay = createTestRelay();
    expect(await relay.open('c', { headers: { 'x-api-key': key } })).toMatchObject({ status: 401 });
    await relay.open('d');
    expect(await relay.send('d', { type: 'connection_init', payload: { 'x-api-key': key } })).toMatchObject({
      payload: { code: 4401 },
    });
  });
});
