import type { Claims, Identity } from '../../auth/identity.ts';

/** Kinds a row may name; the compiler asks for new ones. */
const KINDS: ReadonlyMap<unknown, Identity['kind']> = new Map(
  Object.values({
    'api-key': 'api-key',
    jwt: 'jwt',
    anonymous: 'anonymous',
  } satisfies { [K in Identity['kind']]: K }).map((kind) => [kind, kind]),
);

/** An identity as one attribute of a row: whole, so that one that takes its place leaves nothing of it behind. */
export function identityText({ kind, hash, claims, expiresAt }: Identity): string {
  return JSON.stringify({ kind, hash, claims: claims && claimsOf(claims), expiresAt });
}

/** Inverse of {@link identityText}; nothing for what is not one, and of a kind this version does not know. */
export function parseIdentity(text: string | undefined): Identity | undefined {
  if (text === undefined) return undefined;
  const fields = fieldsOf(parse(text));
  const kind = KINDS.get(fields.get('kind'));
  const hash = fields.get('hash');
  const expiresAt = fields.get('expiresAt');
  const claims = readClaims(fields.get('claims'));
  if (!kind || typeof hash !== 'string') return undefined;
  // One that is proven by claims is nobody without them.
  if (claims === undefined && fields.has('claims')) return undefined;
  return {
    kind,
    hash,
    ...(claims && { claims }),
    ...(typeof expiresAt === 'number' && { expiresAt }),
  };
}

/** Named one by one: what else an object of claims may hold has no business in the table (C8). */
function claimsOf({ issuer, subject, username, groups, scope }: Claims) {
  return { issuer, subject, username, groups, scope };
}

function readClaims(value: unknown): Claims | undefined {
  const fields = fieldsOf(value);
  const issuer = fields.get('issuer');
  const subject = fields.get('subject');
  const username = fields.get('username');
  const groups = fields.get('groups');
  const scope = fields.get('scope');
  if (typeof issuer !== 'string' || typeof subject !== 'string') return undefined;
  return {
    issuer,
    subject,
    ...(typeof username === 'string' && { username }),
    ...(Array.isArray(groups) && { groups: groups.filter((group) => typeof group === 'string') }),
    ...(typeof scope === 'string' && { scope }),
  };
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
