import { systemClock } from '../../../src/adapters/clock.ts';
import { type MemoryReport, type Sample, slopePerSecond } from '../live/memory.ts';
import { onStage } from '../live/stage.ts';
import type { Proof } from '../proof.ts';
import { replayCommand } from '../replay.ts';

/** `bytesPerChange`: growth of the heap that is taken for none. Little can be said of seconds, of minutes more. */
const SIZES = {
  short: { seconds: 4, everyMs: 300, bytesPerChange: 5_000 },
  normal: { seconds: 120, everyMs: 2_000, bytesPerChange: 250 },
  long: { seconds: 1_200, everyMs: 10_000, bytesPerChange: 50 },
} as const;
const RATE = 200;
const ITEMS = 20;
/** The first part fills caches and is not judged. */
const WARM_UP = 1 / 3;
const PATIENCE_MS = 30_000;
/** Sockets come and go with the load; a leak of one a second is far beyond it. */
const MORE_DESCRIPTORS = 8;

interface Held extends MemoryReport {
  /** Seconds since the load began. */
  readonly at: number;
}

/**
 * T17: one worker process at a bounded rate. Its heap is measured after full collections, and the slope is the median of
 * those between all pairs of measurements (Theil and Sen), the first third left out; it is judged as bytes kept of each
 * change, against a limit far below what a single leaked record or frame weighs.
 */
export const proof: Proof = {
  id: 'T17',
  claim: 'a worker under load for long keeps no memory and no descriptors, and loses nothing',
  async run({ size, seed, signal, progress }) {
    const { seconds, everyMs, bytesPerChange: limit } = SIZES[size];
    const { held, report } = await onStage(
      { name: 'soak', rate: RATE, items: ITEMS, leaseMs: 10_000, pageSize: 100, signal },
      async (stage) => {
        const worker = await stage.start({ reportsMemory: true });
        const from = systemClock.monotonic();
        const samples: Held[] = [];
        for (let at = 0; at < seconds; at = (systemClock.monotonic() - from) / 1_000) {
          signal.throwIfAborted();
          samples.push({ at, ...(await worker.memory()) });
          progress(`${Math.round(at)} of ${seconds} s, ${inMegabytes(samples.at(-1)?.heapUsed ?? 0)} MB`);
          await systemClock.sleep(everyMs, signal);
        }
        await stage.drain(PATIENCE_MS);
        return { held: samples, report: stage.history.report() };
      },
    );
    const judged = held.filter(({ at }) => at >= seconds * WARM_UP);
    const slope = slopePerSecond(judged.map(({ at, heapUsed }): Sample => ({ at, value: heapUsed })));
    const lasted = held.at(-1)?.at ?? seconds;
    const perSecond = report.written / lasted;
    const bytesPerChange = Math.round(slope / perSecond);
    const descriptors = judged.flatMap(({ descriptors: open }) => (open === undefined ? [] : [open]));
    const moreDescriptors = (descriptors.at(-1) ?? 0) - (descriptors[0] ?? 0);
    const { lost, duplicates, outOfOrder, leaked, strangers, written } = report;
    const faults = [
      bytesPerChange > limit && `expected ${limit} bytes kept of a change at most, got ${bytesPerChange}`,
      moreDescriptors > MORE_DESCRIPTORS && `expected descriptors to stay, got ${descriptors.join(', ')}`,
      lost > 0 && `expected nothing to be lost, got ${lost}`,
      duplicates + outOfOrder + leaked + strangers > 0 &&
        `expected no other frames, got ${JSON.stringify(report)}`,
    ].filter((fault) => typeof fault === 'string');
    const heap = `${inMegabytes(judged[0]?.heapUsed ?? 0)} → ${inMegabytes(judged.at(-1)?.heapUsed ?? 0)} MB`;
    return {
      holds: faults.length === 0,
      figure: `${Math.round(lasted)} s, ${written} changes (${Math.round(perSecond)}/s): heap ${heap}, slope ${bytesPerChange} bytes a change (limit ${limit}; median of pairwise slopes after collections), descriptors ${descriptors[0] ?? 'not told'} → ${descriptors.at(-1) ?? 'not told'}, lost ${lost}`,
      measures: {
        seconds: Math.round(lasted),
        written,
        lost,
        duplicates,
        samples: judged.length,
        bytesPerChange,
        limitBytesPerChange: limit,
        slopeBytesPerSecond: Math.round(slope),
        heapFirst: judged[0]?.heapUsed ?? 0,
        heapLast: judged.at(-1)?.heapUsed ?? 0,
        moreDescriptors,
      },
      ...(faults.length > 0 && { trace: [...faults, ...judged.map(told), replayCommand('T17', size, seed)] }),
    };
  },
};

function inMegabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

function told({ at, heapUsed, external, rss, descriptors }: Held): string {
  return `${Math.round(at)} s: heap ${inMegabytes(heapUsed)} MB, external ${inMegabytes(external)} MB, rss ${inMegabytes(rss)} MB, descriptors ${descriptors ?? 'not told'}`;
}
