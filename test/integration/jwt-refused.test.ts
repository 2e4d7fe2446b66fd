import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { server, startIssuers, verifier } from '../../scripts/attack/tokens/issuers.ts';
import { TOKEN_VECTORS } from '../../scripts/attack/tokens/vectors.ts';

beforeAll(startIssuers);
afterAll(() => server.stop());

describe('a bad token is refused, with its reason and nothing of itself', () => {
  test.each(TOKEN_VECTORS)('%s', async (_, made, reason) => {
    expect(await verifier.verify(made())).toMatchObject({ ok: false, reason });
  });

  test('what a token says of where its key is was never asked for', () => {
    expect(server.requests).not.toContain('/attacker-keys');
    expect(server.requests).toContain('/keys');
  });
});
