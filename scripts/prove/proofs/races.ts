import fc from 'fast-check';
import type { RelayContext } from '../../../src/relay/context.ts';
import type { Proof, ProofOptions } from '../proof.ts';
import { RACES, type Race } from '../races/races.ts';
import { createRaceRelay } from '../races/relay.ts';
import { createRaceWorld } from '../races/world.ts';

/** Interleavings of each race. */
const RUNS = { short: 70, normal: 1_000, long: 10_000 } as const;

/** Each step runs to its next wait before another is released. */
const scheduler = fc.scheduler({
  act: async (release) => {
    await release();
    await new Promise((resolve) => setImmediate(resolve));
  },
});

/** What came of one race: how many interleavings were run, and the first that violated it. */
interface RaceReport {
  readonly runs: number;
  readonly trace: readonly string[];
}

/** T8: R1 to R10 of RELIABILITY §3.4, on the real use cases, registry and pipeline over a table whose effects are steps. */
export const proof: Proof = {
  id: 'T8',
  claim:
    'the ten races of connecting, starting, stopping, delivering and leaving end well in every order tried',
  async run(options) {
    const base = createRaceRelay();
    const trace: string[] = [];
    let violated = 0;
    let interleavings = 0;
    for (const race of RACES) {
      options.signal.throwIfAborted();
      options.progress(`${race.id}: ${race.what}`);
      const report = await runRace(race, base, options);
      interleavings += report.runs;
      if (report.trace.length > 0) violated += 1;
      trace.push(...report.trace);
    }
    return {
      holds: violated === 0,
      figure: `${violated} violations in ${interleavings} interleavings of ${RACES.length} races`,
      measures: { violations: violated, interleavings, races: RACES.length },
      ...(trace.length > 0 && { trace }),
    };
  },
};

async function runRace(
  race: Race,
  base: RelayContext,
  { size, seed, signal }: ProofOptions,
): Promise<RaceReport> {
  const property = fc.asyncProperty(scheduler, fc.nat(7), async (s, choice) => {
    signal.throwIfAborted();
    await race.run(createRaceWorld(s, base), choice);
  });
  const details = await fc.check(property, { numRuns: RUNS[size], seed, endOnFailure: true });
  if (!details.failed) return { runs: details.numRuns, trace: [] };
  const { errorInstance, counterexample, counterexamplePath } = details;
  signal.throwIfAborted();
  return {
    runs: details.numRuns,
    trace: [
      `${race.id} (${race.what}): ${errorInstance instanceof Error ? errorInstance.message : String(errorInstance)}`,
      `seed ${details.seed}, path ${counterexamplePath}, variant ${counterexample?.[1]}: npm run prove -- --only T8 --seed ${seed}${size === 'normal' ? '' : ` --${size}`}`,
      ...String(counterexample?.[0]).split('\n'),
    ],
  };
}
