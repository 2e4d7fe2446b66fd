import type { Claims, Identity } from '../../auth/identity.ts';
import { membersOf } from '../../protocol/json-object.ts';
import { AUTH_MODES } from '../../schema/access.ts';

/** Kinds a row may name; the compiler asks for new ones. */
const KINDS: ReadonlyMap<unknown, Identity['kind']> = new Map(
  Object.values({
    'api-key': 'api-key',
    jwt: 'jwt',
    iam: 'iam',
    lambda: 'lambda',
    anonymous: 'anonymous',
  } satisfies { [K in Identity['kind']]: K }).map((kind) => [kind, kind]),
);

const PROVIDERS: readonly Claims['provider'][] = AUTH_MODES.filter((mode) => mode !== 'apiKey');

/** An identity as one attribute of a row: whole, so that one that takes its place leaves nothing of it behind. */
export function identityText({ kind, hash, claims, issuedAt, expiresAt }: Identity): string {
  return JSON.stringify({ kind, hash, claims: claims && claimsOf(claims), issuedAt, expiresAt });
}

/** Inverse of {@link identityText}; nothing for what is not one, and of a kind this version does not know. */
export function parseIdentity(text: string | undefined): Identity | undefined {
  if (text === undefined) return undefined;
  const fields = membersOf(parse(text));
  const kind = KINDS.get(fields.get('kind'));
  const hash = fields.get('hash');
  const issuedAt = fields.get('issuedAt');
  const expiresAt = fields.get('expiresAt');
  const claims = readClaims(fields.get('claims'));
  if (!kind || typeof hash !== 'string') return undefined;
  // One that is proven by claims is nobody without them.
  if (claims === undefined && fields.has('claims')) return undefined;
  return {
    kind,
    hash,
    ...(claims && { claims }),
    ...(typeof issuedAt === 'number' && { issuedAt }),
    ...(typeof expiresAt === 'number' && { expiresAt }),
  };
}

/** Named one by one: what else an object of claims may hold has no business in the table (C8). */
function claimsOf({ provider, issuer, subject, username, groups, scope, more }: Claims) {
  return { provider, issuer, subject, username, groups, scope, more };
}

function readClaims(value: unknown): Claims | undefined {
  const fields = membersOf(value);
  const provider = PROVIDERS.find((known) => known === fields.get('provider'));
  const issuer = fields.get('issuer');
  const subject = fields.get('subject');
  const username = fields.get('username');
  const groups = fields.get('groups');
  const scope = fields.get('scope');
  const more = readMore(fields.get('more'));
  // A row of a version that did not say how is nobody's: rules tell the ways apart.
  if (!provider || typeof issuer !== 'string' || typeof subject !== 'string') return undefined;
  return {
    provider,
    issuer,
    subject,
    ...(typeof username === 'string' && { username }),
    ...(Array.isArray(groups) && { groups: groups.filter((group) => typeof group === 'string') }),
    ...(typeof scope === 'string' && { scope }),
    ...(more && { more }),
  };
}

function readMore(value: unknown): Claims['more'] {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((entry: unknown): NonNullable<Claims['more']> => {
    const [name, claim]: unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof name !== 'string') return [];
    if (typeof claim === 'string') return [[name, claim]];
    return Array.isArray(claim) ? [[name, claim.filter((text) => typeof text === 'string')]] : [];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
