import { createSeededRandom, type SeededRandom } from '../../../src/testing/random.ts';

/**
 * A generator for one part of a run, so that what one part draws does not shift what the others draw.
 * @param part its name, unique within the run
 */
export function randomFor(seed: number, part: string): SeededRandom {
  // FNV-1a over the name, from the seed.
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (let at = 0; at < part.length; at += 1) hash = Math.imul(hash ^ part.charCodeAt(at), 0x01000193) >>> 0;
  return createSeededRandom(hash);
}

/** Whole ms in [least, most]. */
export function between(random: SeededRandom, least: number, most: number): number {
  return least + random.integer(most - least + 1);
}
