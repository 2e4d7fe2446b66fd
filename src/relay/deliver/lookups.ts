import { imageFilterKeys, KEY_SCHEMES, type KeySchemes } from '../../filter/keys.ts';
import type { Lookup } from '../ports.ts';

/**
 * Look-ups that a batch makes by guessing. After a change of the schema that could be many for each image, and clients
 * choose the shapes: beyond, who is not found by this batch is by a later one.
 */
const MAX_GUESSED = 1_000;

/** Without guessing an image has as many keys in a scheme: by today's reading of its values, and by their own types. */
const READINGS = 2;

/** What one batch looks up, each filter key once. */
export class Lookups {
  readonly #schemes: KeySchemes;
  readonly #byKey = new Map<string, Lookup>();
  #guessed = 0;

  constructor(schemes: KeySchemes = KEY_SCHEMES) {
    this.#schemes = schemes;
  }

  /** As `imageFilterKeys`, without guesses once the batch has made enough of them. */
  keysOf(...[field, shape, image, type]: Parameters<typeof imageFilterKeys>): readonly string[] {
    const isGuessing = this.#guessed < MAX_GUESSED;
    const keys = imageFilterKeys(field, shape, image, type, this.#schemes, isGuessing);
    const fresh = keys.filter((key) => !this.#byKey.has(key)).length;
    this.#guessed += Math.max(0, fresh - READINGS * this.#schemes.lookedUp.length);
    return keys;
  }

  add(lookup: Lookup): void {
    const known = this.#byKey.get(lookup.filterKey)?.shards ?? 0;
    this.#byKey.set(lookup.filterKey, { ...lookup, shards: Math.max(lookup.shards, known) });
  }

  all(): readonly Lookup[] {
    return [...this.#byKey.values()];
  }
}
