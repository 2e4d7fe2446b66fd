import { createSeededRandom } from '../../../src/testing/random.ts';
import { QUEUE_SCENARIOS, type Scenario } from '../gap/queue.ts';
import { STREAM_SCENARIOS } from '../gap/stream.ts';
import type { Proof } from '../proof.ts';
import { replayCommand } from '../replay.ts';

const SCENARIOS: readonly Scenario[] = [...QUEUE_SCENARIOS, ...STREAM_SCENARIOS];
const SEEDS = { short: 3, normal: 50, long: 1_000 } as const;
const LIMIT_MS = 5_000;

/** T20: what cannot be kept is counted once, and told at once to those whom it concerns and to nobody else. */
export const proof: Proof = {
  id: 'T20',
  claim: 'a gap is counted once, and within 5 s each client it concerns is told, and no other',
  async run({ size, seed, signal, progress }) {
    const trace: string[] = [];
    let gaps = 0;
    let told = 0;
    let withinMs = 0;
    for (let run = 0; run < SEEDS[size]; run += 1) {
      for (const { name, gaps: expected, run: lose } of SCENARIOS) {
        signal.throwIfAborted();
        progress(`${name}, seed ${seed + run}`);
        const random = createSeededRandom(seed + run);
        const result = await lose(() => random.next());
        gaps += expected;
        told += result.told;
        withinMs = Math.max(withinMs, result.withinMs);
        const faults =
          result.withinMs > LIMIT_MS
            ? [...result.faults, `expected to be told within ${LIMIT_MS} ms, got ${result.withinMs}`]
            : result.faults;
        if (faults.length > 0)
          trace.push(...faults.map((fault) => `${name}: ${fault}`), replayCommand('T20', size, seed + run));
      }
    }
    const ways = SCENARIOS.filter(({ gaps: expected }) => expected > 0).length;
    return {
      holds: trace.length === 0,
      figure: `${gaps} gaps in ${ways} ways, and ${SCENARIOS.length - ways} that is none: each counted once, ${told} clients told, the last after ${withinMs} ms (virtual), nobody else`,
      measures: { gaps, told, withinMs, scenarios: SCENARIOS.length },
      ...(trace.length > 0 && { trace }),
    };
  },
};
