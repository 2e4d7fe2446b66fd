import type { Logger } from 'pino';
import { systemClock } from '../adapters/clock.ts';
import { createTokenVerifier } from '../adapters/jwt/tokens.ts';
import { createApiKeys } from '../auth/api-keys.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import type { Authenticator } from '../auth/identity.ts';
import type { Config } from '../config.ts';

/** Who may connect, by the configured keys and issuers. Says so where everybody may. */
export function authenticatorOf(config: Config, logger: Logger): Authenticator {
  if (config.authentication === 'off') {
    logger.warn({ event: 'authentication.off' }, 'every connection is let in');
  }
  return createAuthenticator({
    mode: config.authentication,
    apiKeys: createApiKeys(config.apiKeys),
    ...(config.jwt.length > 0 && { tokens: createTokenVerifier(config.jwt) }),
    clock: systemClock,
  });
}
