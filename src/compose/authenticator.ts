import type { Logger } from 'pino';
import { systemClock } from '../adapters/clock.ts';
import { createTokenVerifier } from '../adapters/jwt/tokens.ts';
import { createApiKeys } from '../auth/api-keys.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import type { Authenticator } from '../auth/identity.ts';
import { createOwnTokens } from '../auth/own-tokens.ts';
import { accessWarnings, modesIn } from '../auth/warnings.ts';
import type { Config } from '../config.ts';
import type { Hooks } from '../project.ts';
import type { DoorSettings } from '../relay/context.ts';
import type { Model } from '../schema/model.ts';

/** Who may connect, by the configured keys and issuers and the project's own check. Says so where everybody may. */
export function authenticatorOf(config: Config, logger: Logger, hooks: Hooks = {}): Authenticator {
  const { claims } = config.door.gateway;
  const authorize = hooks.authorize?.bind(hooks);
  if (config.authentication === 'off') {
    logger.warn({ event: 'authentication.off' }, 'authentication is off: whoever finds this API may use it');
  }
  return createAuthenticator({
    mode: config.authentication,
    apiKeys: createApiKeys(config.apiKeys),
    ...(config.jwt.length > 0 && { tokens: createTokenVerifier(config.jwt, { claims }) }),
    ...(authorize && { ownTokens: createOwnTokens({ authorize, claims, clock: systemClock }) }),
    clock: systemClock,
  });
}

/** Says what of the schema and its configuration may let in more, or fewer, than its author believes. */
export function warnOfAccess(model: Model, config: Config, logger: Logger, hooks: Hooks = {}): void {
  const { apiKeys, authentication, door, jwt, settings } = config;
  const ways = { hasApiKeys: apiKeys.length > 0, jwt, gateway: door.gateway.kind };
  const modes = modesIn({ ...ways, hasHook: hooks.authorize !== undefined });
  const facts = { model, jwt, access: settings.access, ...(authentication !== 'off' && { modes }) };
  for (const { event, message } of accessWarnings(facts)) logger.warn({ event }, message);
}

/** Where authentication is off nobody is anybody, whatever API Gateway says. */
export function doorOf({ authentication, door }: Config): DoorSettings {
  return authentication === 'off' ? { ...door, gateway: { claims: [] } } : door;
}
