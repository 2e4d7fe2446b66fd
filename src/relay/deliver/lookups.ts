import { imageFilterKeys } from '../../filter/image-keys.ts';
import { KEY_SCHEMES, type KeySchemes } from '../../filter/keys.ts';
import type { Lookup } from '../ports.ts';

/**
 * Look-ups that a batch makes by guessing. After a change of the schema that could be many for each image, and clients
 * choose the shapes: beyond, who is not found by this batch is by a later one.
 */
const MAX_GUESSED = 1_000;

/** Keys to look up, and whether an image had more of them than are looked up. */
export interface KeysToLookUp {
  readonly keys: readonly string[];
  readonly isCut: boolean;
}

/** What one batch looks up, each filter key once. */
export class Lookups {
  readonly #schemes: KeySchemes;
  readonly #byKey = new Map<string, Lookup>();
  #guessed = 0;

  constructor(schemes: KeySchemes = KEY_SCHEMES) {
    this.#schemes = schemes;
  }

  /** As `imageFilterKeys`, without guesses once the batch has made enough of them. */
  keysOf(...[field, shape, image, type]: Parameters<typeof imageFilterKeys>): KeysToLookUp {
    const isGuessing = this.#guessed < MAX_GUESSED;
    const options = { schemes: this.#schemes, isGuessing };
    const { known, guessed, isCut } = imageFilterKeys(field, shape, image, type, options);
    this.#guessed += guessed.filter((key) => !this.#byKey.has(key)).length;
    return { keys: [...known, ...guessed], isCut };
  }

  add(lookup: Lookup): void {
    const known = this.#byKey.get(lookup.filterKey)?.shards ?? 0;
    this.#byKey.set(lookup.filterKey, { ...lookup, shards: Math.max(lookup.shards, known) });
  }

  all(): readonly Lookup[] {
    return [...this.#byKey.values()];
  }
}
