import type { BenchOptions, CaseRow } from '../../case.ts';
import { type Cell, subscribersOf } from '../../workload.ts';
import { assertSame, type Measurement, type World } from '../../world.ts';
import { CELL, OWN, WAITING, WARM_UP } from './plan.ts';

/** One post in so many is answered 429. */
const THROTTLED_ONE_IN = 100;
/** Of a thousand connections, so many are gone and answer 410: one in two hundred. */
const GONE = 5;
/** An account's quota, and what a process keeps to by default: on in this measurement. */
const PER_SECOND = 10_000;
/** Its rows are its own, for who is gone is forgotten: a second document makes a table of its own name. */
const REFUSED_CELL: Cell = { ...CELL, documents: 2 };

/** The same events twice: once all taken, once with refusals. */
export interface Refused {
  readonly taken: Measurement;
  readonly refused: Measurement;
}

/**
 * Delivers with refusals on, once, and holds what was delivered against the same events without: everyone who is there got
 * everything once, and who is gone was forgotten.
 * @throws Error when anything else was delivered or counted
 */
export async function measureRefused(world: World, { progress, signal }: BenchOptions): Promise<Refused> {
  signal.throwIfAborted();
  progress('posts that are refused');
  const gone = subscribersOf(REFUSED_CELL)
    .map(({ connectionId }) => connectionId)
    .filter((_, place) => place % (CELL.subscribers / GONE) === 7);
  const { batches, eventsPerBatch } = OWN;
  const program = await world.start('tablecast', WAITING.concurrency, PER_SECOND);
  try {
    const { serviceMs } = WAITING;
    await world.serve({ serviceMs });
    await program.prepare(REFUSED_CELL);
    await program.run(REFUSED_CELL, { first: WARM_UP, batches: 2, eventsPerBatch });
    const taken = await program.run(REFUSED_CELL, { first: 0, batches, eventsPerBatch }, gone);
    await world.serve({ serviceMs, refusals: { throttledOneIn: THROTTLED_ONE_IN, gone } });
    const refused = await program.run(REFUSED_CELL, { first: 0, batches, eventsPerBatch }, gone);
    assertSame(
      new Map([
        ['nothing refused', taken],
        ['refusals', refused],
      ]),
    );
    assertCounts(refused);
    return { taken, refused };
  } finally {
    program.stop();
  }
}

function assertCounts({ deliveries, throttled, gone }: Measurement): void {
  const expected = Math.floor((deliveries + throttled) / THROTTLED_ONE_IN);
  if (throttled !== expected)
    throw new Error(`expected ${expected} posts answered 429 and posted again, got ${throttled}`);
  // A connection younger than ten seconds is asked again before it is believed to be gone.
  const most = 2 * GONE;
  if (gone < GONE || gone > most)
    throw new Error(`expected ${GONE} to ${most} posts to the ${GONE} that are gone, got ${gone}`);
}

export function refusedRows({ taken, refused }: Refused): readonly CaseRow[] {
  const row = (label: string, { cpuMs, ms, deliveries, throttled, gone }: Measurement): CaseRow => ({
    label,
    figures: new Map([
      ['deliveries/s at 10 ms', deliveries / (ms / 1_000)],
      ['CPU µs, then', (cpuMs * 1_000) / deliveries],
      ['answered 429', throttled],
      ['answered 410', gone],
    ]),
  });
  return [
    row('tablecast, rate limit on', taken),
    row(`the same, 1 in ${THROTTLED_ONE_IN} answered 429, ${GONE} of ${CELL.subscribers} gone`, refused),
  ];
}

export const REFUSED_METHOD = `Refusals: the same events to the same connections twice in one process, the rate limit at its default of ${PER_SECOND.toLocaleString('en')} a second, the second time with one post in ${THROTTLED_ONE_IN} answered 429 and ${GONE} of ${CELL.subscribers} connections gone (410). Everyone who is there got every event once, by the same digests; who is gone was asked twice at most (a young connection may not be known to the gateway yet), and forgotten.`;
