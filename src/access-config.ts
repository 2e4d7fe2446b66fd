import type { AuthenticationMode } from './auth/authenticator.ts';
import { GATEWAY_AUTHS, type GatewaySettings } from './auth/gateway.ts';
import { isTrustedUrl, parseIssuers, type TokenIssuer } from './auth/issuers.ts';
import { localIssuers } from './auth/local-issuers.ts';
import { ORIGIN_EXAMPLE, type OriginRules, readOrigins } from './auth/origins.ts';
import { choice, type Environment, entries, invalid, url } from './environment.ts';
import { TablecastError } from './errors.ts';
import { AUTH_MODES, type AuthMode } from './schema/access.ts';

// Each of these throws a TablecastError CONFIG_INVALID that names the variable, what was expected and what came.

/**
 * `TABLECAST_AUTH`: `required` (default) or `off`. It goes off only by an explicit setting, and in a function that AWS
 * runs only by a second one (`TABLECAST_ALLOW_ANYONE=true`), which `custom.tablecast.allowAnyone` of a serverless.yml sets.
 */
export function readAuthentication(env: Environment, isOnAws: boolean): AuthenticationMode {
  const mode = choice<AuthenticationMode>(env, 'TABLECAST_AUTH', ['required', 'off'], 'required');
  const anyone = choice(env, 'TABLECAST_ALLOW_ANYONE', ['true', 'false'], 'false') === 'true';
  if (mode === 'off' && isOnAws && !anyone) {
    throw new TablecastError(
      'CONFIG_INVALID',
      'TABLECAST_AUTH=off: expected only in local use, or with TABLECAST_ALLOW_ANYONE=true, got it on AWS',
    );
  }
  return mode;
}

/** `TABLECAST_JWT`, a JSON array (docs/authentication.md), none by default; and in `npm start` those of the loop. */
export function readIssuers(env: Environment, isOnAws: boolean): readonly TokenIssuer[] {
  const name = 'TABLECAST_JWT';
  return [...parseIssuers(env[name] || '[]', name), ...issuersOfLoop(env, isOnAws)];
}

/** `TABLECAST_DEFAULT_AUTH`: modes parted by commas; none by default. */
export function readDefaultModes(env: Environment): readonly AuthMode[] {
  const name = 'TABLECAST_DEFAULT_AUTH';
  return [...new Set(entries(env, name))].map((text) => {
    const mode = AUTH_MODES.find((known) => known === text);
    if (mode === undefined) throw invalid(name, `${AUTH_MODES.join(', ')}, parted by commas`, text);
    return mode;
  });
}

/**
 * `TABLECAST_GATEWAY_AUTH`: `iam` or `lambda`; by default nothing is believed of API Gateway. `TABLECAST_CLAIMS`: names of
 * claims parted by commas, which identities keep beside the usual ones.
 */
export function readGateway(env: Environment): GatewaySettings {
  const kind = GATEWAY_AUTHS.find((known) => known === env['TABLECAST_GATEWAY_AUTH']);
  const given = env['TABLECAST_GATEWAY_AUTH'];
  if (given && !kind) throw invalid('TABLECAST_GATEWAY_AUTH', GATEWAY_AUTHS.join(' or '), given);
  return { ...(kind && { kind }), claims: entries(env, 'TABLECAST_CLAIMS') };
}

/**
 * `TABLECAST_ORIGINS`: origins parted by commas, or `*` (default). `TABLECAST_ORIGIN_MISSING`: `refuse` (default) or
 * `allow` an upgrade without an `Origin`, where there is a list. In `npm start` the page of the loop is on every list.
 */
export function readOriginRules(env: Environment): OriginRules {
  const name = 'TABLECAST_ORIGINS';
  const missing = choice(env, 'TABLECAST_ORIGIN_MISSING', ['refuse', 'allow'], 'refuse');
  const read = readOrigins(entries(env, name));
  if ('invalid' in read) throw invalid(name, `* alone, or ${ORIGIN_EXAMPLE}`, read.invalid);
  const page = env['TABLECAST_LOCAL_ISSUER'];
  if (read.allowed === '*' || !page) return { allowed: read.allowed, missing };
  return { allowed: new Set([...read.allowed, page]), missing };
}

/** `npm start` issues tokens of its own, for whoever asks: never where anybody else could ask. */
function issuersOfLoop(env: Environment, isOnAws: boolean): readonly TokenIssuer[] {
  const origin = url(env, 'TABLECAST_LOCAL_ISSUER', 'http://localhost:3000');
  if (!origin) return [];
  if (isOnAws || !isTrustedUrl(new URL(origin)) || new URL(origin).protocol !== 'http:') {
    throw new TablecastError(
      'CONFIG_INVALID',
      'TABLECAST_LOCAL_ISSUER: expected the page of a local "tablecast start", got it elsewhere',
    );
  }
  return localIssuers(origin);
}
