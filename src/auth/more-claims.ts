import type { Claims } from './identity.ts';

const MAX_TEXTS = 100;
const MAX_BYTES = 256;

/**
 * The claims of the names that rules read (`Model.access.claims`), as an identity keeps them: text, or up to 100 texts,
 * of 1 to 256 bytes each. What is anything else, or longer, is left out whole: half a text could be another's.
 */
export function moreClaims(payload: unknown, names: readonly string[]): Pick<Claims, 'more'> {
  const given = new Map<string, unknown>(
    typeof payload === 'object' && payload !== null ? Object.entries(payload) : [],
  );
  const more = names.flatMap((name): NonNullable<Claims['more']> => {
    const value = given.get(name);
    if (isKept(value)) return [[name, value]];
    return Array.isArray(value) ? [[name, keptTexts(value)]] : [];
  });
  return more.length > 0 ? { more } : {};
}

/** The texts of a list of claims that are kept: the first 100. */
export function keptTexts(values: readonly unknown[]): readonly string[] {
  return values.filter(isKept).slice(0, MAX_TEXTS);
}

function isKept(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_BYTES;
}
