import { fileURLToPath } from 'node:url';
import type { Proof } from '../../prove/proof.ts';
import { type FoundRegexes, findRegexes } from '../regexes/find.ts';
import { MAX_RATIO, worstGrowth } from '../regexes/growth.ts';

/** From the sources and from the bundle alike: both stand two folders below the repository. */
const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));

export interface RegexesReport {
  readonly expressions: number;
  readonly slow: number;
  readonly worst: { readonly place: string; readonly ratio: number; readonly ms: number };
  readonly trace: readonly string[];
}

export function runRegexes({ regexes, made }: FoundRegexes): RegexesReport {
  const trace = made.map(
    (place) => `${place}: an expression made at run time, which may be made of a client's text`,
  );
  let worst = { place: 'none', ratio: 1, ms: 0 };
  let slow = 0;
  for (const { place, regex } of regexes) {
    const { ratio, ms, piece } = worstGrowth(regex);
    if (ms > worst.ms) worst = { place, ratio, ms };
    if (ratio <= MAX_RATIO) continue;
    slow += 1;
    trace.push(
      `${place}: ${regex} takes ${ratio.toFixed(0)} times as long (${ms.toFixed(0)} ms) for four times ${JSON.stringify(piece)}`,
    );
  }
  return { expressions: regexes.length, slow, worst, trace };
}

/** S14: an expression whose time grows faster than its input. */
export const attack: Proof = {
  id: 'S14',
  claim: 'no regular expression that runs on what clients send takes longer than in proportion to it',
  async run() {
    const { expressions, slow, worst, trace } = runRegexes(findRegexes(SOURCES));
    return {
      holds: trace.length === 0,
      figure: `${expressions} expressions, none made at run time: faster than linear growth ${slow}; slowest on 32 KB ${worst.ms.toFixed(1)} ms`,
      measures: { expressions, slow, worstMs: worst.ms, worstRatio: worst.ratio, worst: worst.place },
      ...(trace.length > 0 && { trace }),
    };
  },
};
