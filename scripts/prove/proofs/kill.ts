import { createSeededRandom } from '../../../src/testing/random.ts';
import { endWorkers } from '../live/ends.ts';
import { onStage } from '../live/stage.ts';
import type { Proof } from '../proof.ts';
import { replayCommand } from '../replay.ts';

/** Leases are short, so that a hundred takeovers take minutes; the default is 10 000 ms. */
const SIZES = {
  short: { kills: 2, leaseMs: 3_000 },
  normal: { kills: 30, leaseMs: 5_000 },
  long: { kills: 100, leaseMs: 5_000 },
} as const;
const RATE = 200;
const ITEMS = 20;
const PAGE_SIZE = 100;
const PATIENCE_MS = 30_000;

/**
 * T3: worker processes killed without warning at random moments, under load, on DynamoDB Local; posts go over HTTP. The
 * takeover is measured from outside: from the kill to the first arrival after the other worker said that it reads.
 */
export const proof: Proof = {
  id: 'T3',
  claim:
    'kill -9 of a worker loses nothing, repeats a page at most, and another takes over within two lease times',
  async run({ size, seed, signal, progress }) {
    const { kills, leaseMs } = SIZES[size];
    const { ends, report } = await onStage(
      { name: 'kill', rate: RATE, items: ITEMS, leaseMs, pageSize: PAGE_SIZE, signal },
      async (stage) => {
        const ended = await endWorkers({
          stage,
          times: kills,
          signal,
          patienceMs: PATIENCE_MS,
          signalName: 'SIGKILL',
          random: createSeededRandom(seed),
          progress: (done) => progress(`${done} of ${kills} kills`),
        });
        await stage.drain(PATIENCE_MS);
        return { ends: ended, report: stage.history.report() };
      },
    );
    const takeovers = ends
      .map(({ takeoverMs = Number.POSITIVE_INFINITY }) => takeoverMs)
      .sort((a, b) => a - b);
    const slowest = takeovers.at(-1) ?? Number.POSITIVE_INFINITY;
    const median = takeovers[Math.floor(takeovers.length / 2)] ?? Number.POSITIVE_INFINITY;
    const killed = ends.filter((end) => end.signal === 'SIGKILL').length;
    const { lost, outOfOrder, leaked, strangers, duplicates, delivered, written } = report;
    const faults = [
      killed < kills && `expected every worker to end by the kill, got ${kills - killed} that did not`,
      lost > 0 && `expected nothing to be lost, got ${lost}`,
      outOfOrder > 0 && `expected first deliveries in order, got ${outOfOrder} that were not`,
      leaked > 0 && `expected no frame for others, got ${leaked}`,
      strangers > 0 && `expected repeats under the same eventId, got ${strangers} under another`,
      duplicates > PAGE_SIZE * kills && `expected ${PAGE_SIZE * kills} repeats at most, got ${duplicates}`,
      slowest > 2 * leaseMs && `expected takeovers within ${2 * leaseMs} ms, got ${takeovers.join(', ')}`,
    ].filter((fault) => typeof fault === 'string');
    return {
      holds: faults.length === 0,
      figure: `${kills} kills, ${written} changes: lost ${lost}, out of order ${outOfOrder}, repeated ${duplicates} (limit ${PAGE_SIZE * kills}, same eventId), takeover ${median} ms median, ${slowest} ms worst (lease ${leaseMs} ms)`,
      measures: {
        kills,
        written,
        delivered,
        lost,
        outOfOrder,
        leaked,
        strangers,
        duplicates,
        leaseMs,
        pageSize: PAGE_SIZE,
        takeoverMedianMs: median,
        takeoverWorstMs: slowest,
      },
      ...(faults.length > 0 && { trace: [...faults, replayCommand('T3', size, seed)] }),
    };
  },
};
