import type { Claims } from './identity.ts';

const SUBJECT = 'sub';
const USERNAMES: ReadonlySet<string> = new Set(['username', 'cognito:username']);
const GROUPS: ReadonlySet<string> = new Set(['groups', 'cognito:groups']);

/** Parts a claim that Amplify stores in items is put together from: `sub::username`. */
const SEPARATOR = '::';
const HALF = ':';

/** What an owner is called where a rule does not say: Amplify's own default. */
export const DEFAULT_IDENTITY_CLAIM = `${SUBJECT}${SEPARATOR}username`;
export const DEFAULT_GROUP_CLAIM = 'cognito:groups';

/** True of a claim that every identity keeps; others are kept where a rule reads them (`Claims.more`). */
export function isUsualClaim(name: string): boolean {
  return name === SUBJECT || name === 'scope' || USERNAMES.has(name) || GROUPS.has(name);
}

/** True of a claim whose value is `Claims.groups`. */
export function isGroupClaim(name: string): boolean {
  return GROUPS.has(name);
}

/** Names of the single claims a rule's claim is put together from. */
export function partsOfClaim(claim: string): readonly string[] {
  return claim.split(SEPARATOR);
}

/**
 * The texts by which an item may name somebody as its owner, the one to be written first. Of `sub::username` that is the
 * two together, or the subject alone. Never the username alone, which one may choose to look like another's subject: who
 * wants that says `identityClaim: "username"`. Empty for who has no such claim.
 */
export function ownerTexts(claims: Claims | undefined, claim: string): readonly string[] {
  if (!claims) return [];
  const [first = '', ...others] = partsOfClaim(claim);
  const values = [first, ...others].map((name) => textClaim(claims, name));
  const [leading] = values;
  if (leading === undefined) return [];
  if (others.length === 0) return [leading];
  const isWhole = values.every((value) => value !== undefined && value !== '');
  // The separator inside a part, or half of it beside one, would let one name be read as another. (ARNs hold it, and pass
  // for nobody else's name.)
  const isPlain = values.every(
    (value, at) =>
      !value?.includes(SEPARATOR) &&
      !(at > 0 && value?.startsWith(HALF)) &&
      !(at < others.length && value?.endsWith(HALF)),
  );
  const isAlone = first === SUBJECT && (claims.provider === 'iam' || !leading.includes(SEPARATOR));
  return [...(isWhole && isPlain ? [values.join(SEPARATOR)] : []), ...(isAlone ? [leading] : [])];
}

/** The groups somebody is in, by the claim a rule reads them from. */
export function groupTexts(claims: Claims | undefined, claim: string): readonly string[] {
  if (!claims) return [];
  if (GROUPS.has(claim)) return claims.groups ?? [];
  const value = moreClaim(claims, claim);
  return typeof value === 'string' ? [value] : (value ?? []);
}

function textClaim(claims: Claims, name: string): string | undefined {
  if (name === SUBJECT) return claims.subject;
  if (USERNAMES.has(name)) return claims.username;
  if (name === 'scope') return claims.scope;
  const value = moreClaim(claims, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function moreClaim({ more }: Claims, name: string): string | readonly string[] | undefined {
  return more?.find(([each]) => each === name)?.[1];
}
