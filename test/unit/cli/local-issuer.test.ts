import { describe, expect, test } from '@jest/globals';
import { createTokenVerifier } from '../../../src/adapters/jwt/tokens.ts';
import { localIssuers } from '../../../src/auth/local-issuers.ts';
import { tokenRequest } from '../../../src/cli/console-tokens.ts';
import { createLocalIssuer } from '../../../src/cli/local-issuer.ts';
import { readConfig } from '../../../src/config.ts';

const ORIGIN = 'http://localhost:3000';
const ask = (path: string, issuer = createLocalIssuer(ORIGIN, Date.now)) =>
  tokenRequest(`/local-issuer/${path}`, issuer);

/** The verifier of the handlers, that gets its keys from the issuer itself. */
function verifierOf(issuer: ReturnType<typeof createLocalIssuer>) {
  return createTokenVerifier(localIssuers(ORIGIN), {
    claims: ['tenant'],
    fetch: async () => new TextEncoder().encode(JSON.stringify(issuer.keys)).buffer,
  });
}

function tokenOf(answer: unknown): string {
  return (answer as { token: string }).token;
}

describe('the issuer of the local loop', () => {
  test('the handlers take its tokens as those of a user pool, with groups, username and further claims', async () => {
    const issuer = createLocalIssuer(ORIGIN, Date.now);
    const reply = ask('token?sub=ada&username=Ada&groups=Admin,%20Payroll&claim.tenant=t1', issuer);
    expect(reply?.status).toBe(200);
    const verdict = await verifierOf(issuer).verify(tokenOf(reply?.answer));
    expect(verdict).toMatchObject({
      ok: true,
      identity: {
        kind: 'jwt',
        claims: {
          provider: 'userPools',
          subject: 'ada',
          username: 'Ada',
          groups: ['Admin', 'Payroll'],
          more: [['tenant', 't1']],
        },
      },
    });
  });

  test('it may stand for another provider too, which rules tell apart', async () => {
    const issuer = createLocalIssuer(ORIGIN, Date.now);
    const verdict = await verifierOf(issuer).verify(
      tokenOf(ask('token?sub=ada&provider=oidc', issuer)?.answer),
    );
    expect(verdict).toMatchObject({ ok: true, identity: { claims: { provider: 'oidc' } } });
  });

  test("another run's tokens are refused: each has a key of its own", async () => {
    const token = tokenOf(ask('token?sub=ada')?.answer);
    expect(await verifierOf(createLocalIssuer(ORIGIN, Date.now)).verify(token)).toMatchObject({ ok: false });
  });

  test.each([
    ['token', 'sub: expected'],
    ['token?sub=a&provider=iam', 'provider: expected userPools or oidc, got "iam"'],
    ['token?sub=a&expires=0', 'expires: expected seconds from 1'],
    ['token?sub=a&expires=1e3', 'expires: expected seconds from 1 to 86400, got "1e3"'],
    ['token?sub=a&claim.iss=x', 'claim.iss: expected'],
  ])('%s is refused in words that say what was expected', (path, words) => {
    const reply = ask(path);
    expect(reply?.status).toBe(400);
    expect(reply?.answer).toEqual({ error: { message: expect.stringContaining(words) } });
  });

  test('other paths are none of its own', () => {
    expect(ask('tokens')).toBeUndefined();
    expect(tokenRequest('/graphql', createLocalIssuer(ORIGIN, Date.now))).toBeUndefined();
  });

  test('no function on AWS trusts such an issuer, and no other machine is one', () => {
    const local = { TABLECAST_LOCAL_ISSUER: ORIGIN };
    expect(readConfig(local).jwt).toHaveLength(2);
    expect(() => readConfig({ ...local, AWS_LAMBDA_FUNCTION_NAME: 'connect' })).toThrow(
      'TABLECAST_LOCAL_ISSUER',
    );
    expect(() => readConfig({ TABLECAST_LOCAL_ISSUER: 'https://evil.example' })).toThrow(
      'TABLECAST_LOCAL_ISSUER',
    );
    expect(() => readConfig({ TABLECAST_LOCAL_ISSUER: 'http://evil.example' })).toThrow(
      'TABLECAST_LOCAL_ISSUER',
    );
  });
});
