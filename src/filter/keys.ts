import { hash } from 'node:crypto';
import type { Equalities, Value } from './expression.ts';

/** One value of a key: the field's name, and the value as the API sees it. */
export type NamedValue = readonly [name: string, value: Value];

/** One way to make the key that rows lie under. What it makes never changes: another encoding is another scheme. */
export interface KeyScheme {
  readonly version: number;
  /** @param values sorted by name */
  key(field: string, values: readonly NamedValue[]): string;
}

/** Version of the encoding under a filter key. A change of it moves every row. */
export const KEY_SCHEME_VERSION = 1;

/**
 * The schemes of this release. Rows are written under one, and looked up under every one that live rows may lie under:
 * those that were written before a deploy live for one connection life after it, and while it is under way, or is
 * rolled back, functions of the release before look for rows that this one wrote. A scheme therefore changes in three
 * releases, each deployed for one connection life or longer before the next: the new one is looked up; it is written;
 * the old one is no longer looked up. Meanwhile each look-up costs one read a scheme.
 */
export interface KeySchemes {
  readonly written: KeyScheme;
  /** `written` among them. */
  readonly lookedUp: readonly KeyScheme[];
}

const SCHEME: KeyScheme = { version: KEY_SCHEME_VERSION, key: keyOf };

/** As this release writes keys and looks them up. */
export const KEY_SCHEMES: KeySchemes = { written: SCHEME, lookedUp: [SCHEME] };

const HASH_BYTES = 16;

/** The first 128 bits of the SHA-256 of the text's UTF-8, base64url without padding: 22 characters. */
export function hash128(text: string): string {
  return hash('sha256', text, 'buffer').subarray(0, HASH_BYTES).toString('base64url');
}

/**
 * Key of the rows of a subscription field whose filter holds exactly these equalities (already restricted to the
 * names of a shape); 22 characters of base64url.
 */
export function filterKey(
  field: string,
  equalities: Equalities,
  scheme: KeyScheme = KEY_SCHEMES.written,
): string {
  const names = [...equalities.keys()].sort();
  return scheme.key(
    field,
    names.map((name) => [name, equalities.get(name) ?? null]),
  );
}

/** Values of one field are all of one comparison, so text and number need no tags of their own. */
const TYPE_TAGS = new Map([
  ['string', 't'],
  ['boolean', 'b'],
]);

function keyOf(field: string, values: readonly NamedValue[]): string {
  const tagged = values.map(([name, value]) => [name, TYPE_TAGS.get(typeof value) ?? 'n', value]);
  return hash128(JSON.stringify([KEY_SCHEME_VERSION, field, tagged]));
}
