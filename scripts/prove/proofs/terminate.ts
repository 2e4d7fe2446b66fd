import { createSeededRandom } from '../../../src/testing/random.ts';
import { endWorkers } from '../live/ends.ts';
import { onStage } from '../live/stage.ts';
import type { Proof } from '../proof.ts';
import { replayCommand } from '../replay.ts';

const TIMES = { short: 2, normal: 25, long: 100 } as const;
const RATE = 200;
const ITEMS = 20;
const LEASE_MS = 2_000;
const PAGE_SIZE = 100;
const PATIENCE_MS = 30_000;
/** What container platforms commonly grant between SIGTERM and SIGKILL. */
const EXIT_MS = 30_000;

/** T4: workers told to end under load finish their page and hand over: exit code 0, nothing lost, nothing repeated. */
export const proof: Proof = {
  id: 'T4',
  claim: 'SIGTERM under load: the worker ends in time with code 0, and nothing is lost or repeated',
  async run({ size, seed, signal, progress }) {
    const times = TIMES[size];
    const { ends, report } = await onStage(
      { name: 'terminate', rate: RATE, items: ITEMS, leaseMs: LEASE_MS, pageSize: PAGE_SIZE, signal },
      async (stage) => {
        const ended = await endWorkers({
          stage,
          times,
          signal,
          patienceMs: PATIENCE_MS,
          signalName: 'SIGTERM',
          random: createSeededRandom(seed),
          progress: (done) => progress(`${done} of ${times} ended`),
        });
        await stage.drain(PATIENCE_MS);
        return { ends: ended, report: stage.history.report() };
      },
    );
    const slowest = Math.round(Math.max(...ends.map(({ exitMs }) => exitMs)));
    const wrong = ends.filter(({ code }) => code !== 0);
    const { lost, outOfOrder, leaked, strangers, duplicates, delivered, written } = report;
    const faults = [
      lost > 0 && `expected nothing to be lost, got ${lost}`,
      duplicates > 0 && `expected no repeat, got ${duplicates}`,
      outOfOrder > 0 && `expected first deliveries in order, got ${outOfOrder} that were not`,
      leaked + strangers > 0 && `expected no frame for others, got ${leaked + strangers}`,
      slowest > EXIT_MS && `expected an end within ${EXIT_MS} ms, got ${slowest}`,
      wrong.length > 0 &&
        `expected exit code 0, got ${wrong.map((end) => end.code ?? end.signal).join(', ')}`,
    ].filter((fault) => typeof fault === 'string');
    return {
      holds: faults.length === 0,
      figure: `${times} workers ended, ${written} changes: lost ${lost}, repeated ${duplicates}, out of order ${outOfOrder}; exit code 0 in ${times - wrong.length}, the slowest after ${slowest} ms`,
      measures: {
        times,
        written,
        delivered,
        lost,
        duplicates,
        outOfOrder,
        leaked,
        exitCodesNotZero: wrong.length,
        exitWorstMs: slowest,
      },
      ...(faults.length > 0 && { trace: [...faults, replayCommand('T4', size, seed)] }),
    };
  },
};
