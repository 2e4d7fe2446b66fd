import { isUsualClaim, partsOfClaim } from '../../auth/claim-values.ts';
import { hash128 } from '../../filter/keys.ts';
import type { AccessRule } from '../access.ts';

/** Changes with what is hashed and how, so that no fingerprint of another release is taken for one of this. */
const FINGERPRINT_VERSION = 1;

/** Field, or `Type.field` → rules. */
export type FieldRules = ReadonlyMap<string, readonly AccessRule[]>;

/** Equal for two rules that let in the same people to the same, however they were written. */
function canonicalRule(rule: AccessRule): string {
  const modes = rule.modes === 'default' ? rule.modes : [...rule.modes].sort();
  const scope = [rule.kind, modes, [...rule.operations].sort()];
  switch (rule.kind) {
    case 'anyone':
      return JSON.stringify([...scope, rule.isPublic]);
    case 'groups':
      return JSON.stringify([...scope, [...new Set(rule.groups)].sort(), rule.claim]);
    case 'owner':
    case 'groupsField':
      return JSON.stringify([...scope, rule.field, rule.claim]);
    default:
      return rule satisfies never;
  }
}

/** The rules without those that say again what another says; the order stays. */
export function withoutRepeats(rules: readonly AccessRule[]): readonly AccessRule[] {
  const seen = new Map<string, AccessRule>();
  for (const rule of rules) {
    const text = canonicalRule(rule);
    if (!seen.has(text)) seen.set(text, rule);
  }
  return [...seen.values()];
}

/**
 * The first 128 bits of the SHA-256 of all rules that what is read of a type's items hangs on, base64url: 22 characters.
 * The order of rules and fields is of no account.
 */
export function fingerprintOf(rules: readonly AccessRule[], fields: FieldRules, ofModel: FieldRules): string {
  const text = JSON.stringify([FINGERPRINT_VERSION, canonical(rules), byField(fields), byField(ofModel)]);
  return hash128(text);
}

/** Names of the claims that rules read, beside those that every identity keeps; sorted. */
export function claimsOf(rules: readonly AccessRule[]): readonly string[] {
  const names = rules.flatMap((rule) => {
    if (rule.kind === 'anyone') return [];
    // Only an owner's claim is put together from several.
    return rule.kind === 'owner' ? partsOfClaim(rule.claim) : [rule.claim];
  });
  return [...new Set(names)].filter((name) => !isUsualClaim(name)).sort();
}

function canonical(rules: readonly AccessRule[]): readonly string[] {
  return rules.map(canonicalRule).sort();
}

function byField(fields: FieldRules): readonly (readonly [string, readonly string[]])[] {
  return [...fields]
    .map(([name, rules]) => [name, canonical(rules)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
