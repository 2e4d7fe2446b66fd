import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { server, startIssuers, verifier } from '../../scripts/attack/tokens/issuers.ts';
import { TOKEN_VECTORS } from '../../scripts/attack/tokens/vectors.ts';

beforeAll(startIssuers);
afterAll(() => server.stop());

describe('a bad token is refused, with its reason and nothing of itself', () => {
  test.each(TOKEN_VECTORS)('%s', async (_, made, reason) => {
    expect(await verifier.verify(made())).toMatchObject({ ok: false, reason });
  });

  const verdictOn = (name: string) =>
    verifier.verify(TOKEN_VECTORS.find(([each]) => each === name)?.[1]() ?? '');

  test.each([
    'alg none without a signature',
    'no signature',
    'an expiry as text',
    'a subject of a wrong type',
    'a key id of a wrong type',
    'four parts',
    'an encrypted token',
    'a token with a line after it',
    'a header that is no JSON',
  ])(
    'one that names a configured issuer is for nobody else to judge, however malformed: %s',
    async (name) => {
      expect(await verdictOn(name)).toEqual({ ok: false, reason: 'a malformed token' });
    },
  );

  test.each([
    'nothing',
    'one part',
    'claims that are null',
    'claims that are no JSON',
    'an issuer of a wrong type',
  ])('one that names none may be known to somebody else: %s', async (name) => {
    expect(await verdictOn(name)).toEqual({ ok: false, reason: 'a malformed token', isForeign: true });
  });

  test('what a token says of where its key is was never asked for', () => {
    expect(server.requests).not.toContain('/attacker-keys');
    expect(server.requests).toContain('/keys');
  });
});
