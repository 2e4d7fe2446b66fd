import { LOCAL_PROVIDERS, type LocalProvider } from '../auth/local-issuers.ts';
import { LOCAL_ISSUER_PATH, type LocalIssuer, type LocalPerson } from './local-issuer.ts';

/** Seconds a local token is good for where nothing else is asked: as long as Cognito's. */
export const DEFAULT_EXPIRES_IN = 3_600;
const LONGEST = 24 * 3_600;

const KEYS_PATH = `${LOCAL_ISSUER_PATH}jwks.json`;
const TOKEN_PATH = `${LOCAL_ISSUER_PATH}token`;
/** Paths of the local issuer. */
export const ISSUER_PATHS: ReadonlySet<string> = new Set([KEYS_PATH, TOKEN_PATH]);

/** Names that the token has by itself. */
const OWN_CLAIMS: ReadonlySet<string> = new Set(['iss', 'aud', 'sub', 'iat', 'exp', 'nbf']);

/**
 * Answers for the local issuer: `jwks.json`, and `token?sub=…&username=…&groups=A,B&provider=oidc&expires=60&claim.NAME=…`.
 * @param url path and query of the request
 * @returns nothing for a path that is not the issuer's
 */
export function tokenRequest(
  url: string,
  issuer: LocalIssuer,
): { readonly status: number; readonly answer: unknown } | undefined {
  const [path = '', query = ''] = url.split('?');
  if (path === KEYS_PATH) return { status: 200, answer: issuer.keys };
  if (path !== TOKEN_PATH) return undefined;
  const person = personOf(new URLSearchParams(query));
  if (typeof person === 'string') return { status: 400, answer: { error: { message: person } } };
  return { status: 200, answer: { token: issuer.token(person) } };
}

function personOf(asked: URLSearchParams): LocalPerson | string {
  const subject = asked.get('sub') ?? '';
  if (subject === '') return 'sub: expected the subject of the token, got none';
  const provider = asked.get('provider') ?? 'userPools';
  if (!isProvider(provider))
    return `provider: expected ${LOCAL_PROVIDERS.join(' or ')}, got ${shown(provider)}`;
  const expires = asked.get('expires') ?? String(DEFAULT_EXPIRES_IN);
  const expiresIn = /^\d{1,5}$/.test(expires) ? Number(expires) : 0;
  if (expiresIn < 1 || expiresIn > LONGEST)
    return `expires: expected seconds from 1 to ${LONGEST}, got ${shown(expires)}`;
  const claims = [...asked]
    .filter(([name]) => name.startsWith('claim.'))
    .map(([name, value]) => [name.slice('claim.'.length), value] as const);
  const taken = claims.find(([name]) => name === '' || OWN_CLAIMS.has(name));
  if (taken) return `claim.${taken[0].slice(0, 40)}: expected a claim that the token has not by itself`;
  const username = asked.get('username');
  const groups = (asked.get('groups') ?? '').split(',').map((group) => group.trim());
  return {
    subject,
    provider,
    expiresIn,
    claims,
    groups: groups.filter((group) => group !== ''),
    ...(username !== null && username !== '' && { username }),
  };
}

function isProvider(text: string): text is LocalProvider {
  return LOCAL_PROVIDERS.some((provider) => provider === text);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
