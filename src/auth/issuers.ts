import { kindOf, TablecastError } from '../errors.ts';

/** An issuer of OpenID Connect tokens. */
export interface OidcIssuer {
  /** The `iss` claim, to the letter: https, or http on this very machine. */
  readonly issuer: string;
  /** One of these must be in the `aud` claim. */
  readonly audience: string | readonly string[];
  /** Where its keys are. By default where its `/.well-known/openid-configuration` says. */
  readonly jwksUri?: string;
  /**
   * What rules take its tokens for. Default `oidc`; `userPools` for an issuer that has taken the place of a user pool, so
   * that the rules of a schema need not change.
   */
  readonly provider?: 'oidc' | 'userPools';
}

/** A Cognito user pool. */
export interface CognitoIssuer {
  /** Such as `eu-west-1_AbCdEf123`. */
  readonly userPoolId: string;
  /** App clients whose tokens are taken: `client_id` of an access token, `aud` of an id token. */
  readonly clientId: string | readonly string[];
  /** Default: both. */
  readonly tokenUse?: 'id' | 'access';
}

export type TokenIssuer = OidcIssuer | CognitoIssuer;

const EXPECTED =
  'an object with issuer, audience and perhaps jwksUri and provider, or userPoolId, clientId and perhaps tokenUse';

/**
 * Reads issuers as JSON text.
 * @param at what the messages call it, such as `TABLECAST_JWT`
 * @throws TablecastError `CONFIG_INVALID`
 */
export function parseIssuers(text: string, at: string): readonly TokenIssuer[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(at, 'a JSON array of issuers', 'text that is no JSON');
  }
  return readIssuers(value, at);
}

/**
 * Reads a list of issuers.
 * @throws TablecastError `CONFIG_INVALID` naming the entry, what was expected and what came
 */
export function readIssuers(value: unknown, at: string): readonly TokenIssuer[] {
  if (!Array.isArray(value)) throw invalid(at, 'a list of issuers', kindOf(value));
  const issuers = value.map((entry: unknown, index) => readIssuer(entry, `${at}[${index}]`));
  const names = issuers.map((issuer) => ('issuer' in issuer ? issuer.issuer : issuer.userPoolId));
  const repeated = names.findIndex((name, index) => names.indexOf(name) < index);
  if (repeated >= 0) {
    throw invalid(
      `${at}[${repeated}]`,
      'each issuer once, with a list where it has several clients',
      'it again',
    );
  }
  return issuers;
}

function readIssuer(value: unknown, at: string): TokenIssuer {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(at, EXPECTED, kindOf(value));
  }
  const given = new Map<string, unknown>(Object.entries(value));
  const isPool = given.has('userPoolId');
  const known = isPool
    ? ['userPoolId', 'clientId', 'tokenUse']
    : ['issuer', 'audience', 'jwksUri', 'provider'];
  for (const key of given.keys()) {
    if (!known.includes(key)) {
      throw invalid(`${at}.${key.slice(0, 40)}`, `only ${known.join(', ')} beside it`, 'an unknown setting');
    }
  }
  return isPool ? readPool(given, at) : readOidc(given, at);
}

function readPool(given: ReadonlyMap<string, unknown>, at: string): CognitoIssuer {
  const userPoolId = given.get('userPoolId');
  if (
    typeof userPoolId !== 'string' ||
    !/^(?:eusc-[a-z]{2}|[a-z]{2})-(?:gov-)?[a-z]+-\d_[a-zA-Z0-9]+$/.test(userPoolId)
  ) {
    throw invalid(`${at}.userPoolId`, 'a user pool id such as eu-west-1_AbCdEf123', shown(userPoolId));
  }
  const clientId = readNames(given.get('clientId'), `${at}.clientId`);
  const tokenUse = given.get('tokenUse');
  if (tokenUse === undefined) return { userPoolId, clientId };
  if (tokenUse !== 'id' && tokenUse !== 'access') {
    throw invalid(`${at}.tokenUse`, 'id or access', shown(tokenUse));
  }
  return { userPoolId, clientId, tokenUse };
}

function readOidc(given: ReadonlyMap<string, unknown>, at: string): OidcIssuer {
  if (!given.has('issuer')) throw invalid(at, EXPECTED, 'neither issuer nor userPoolId');
  const issuer = readUrl(given.get('issuer'), `${at}.issuer`);
  if (/[?#]/.test(issuer)) throw invalid(`${at}.issuer`, 'a URL without query and fragment', 'one with them');
  const audience = readNames(given.get('audience'), `${at}.audience`);
  const jwksUri = given.get('jwksUri');
  const provider = given.get('provider');
  if (provider !== undefined && provider !== 'oidc' && provider !== 'userPools') {
    throw invalid(`${at}.provider`, 'oidc or userPools', shown(provider));
  }
  return {
    issuer,
    audience,
    ...(jwksUri !== undefined && { jwksUri: readUrl(jwksUri, `${at}.jwksUri`) }),
    ...(provider && { provider }),
  };
}

/** The text as it came: an issuer is compared to the letter. */
function readUrl(value: unknown, at: string): string {
  const expected = 'an https URL, or an http one of this machine (localhost)';
  if (typeof value !== 'string' || !URL.canParse(value)) throw invalid(at, expected, 'no URL');
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') throw invalid(at, expected, 'one with a user name in it');
  if (!isTrustedUrl(url)) throw invalid(at, expected, `"${url.protocol}//${url.host}"`);
  return value;
}

/** True where nobody in between can change what is fetched: https, or http that does not leave the machine. */
export function isTrustedUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function readNames(value: unknown, at: string): string | readonly string[] {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  const texts = names.filter((name) => typeof name === 'string' && name !== '');
  if (names.length === 0 || texts.length < names.length) {
    throw invalid(
      at,
      'a text, or a list of one or more',
      Array.isArray(value) ? 'another list' : shown(value),
    );
  }
  return typeof value === 'string' ? value : names.map(String);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : kindOf(value);
}

function invalid(at: string, expected: string, got: string): TablecastError {
  return new TablecastError('CONFIG_INVALID', `${at}: expected ${expected}, got ${got}`);
}
