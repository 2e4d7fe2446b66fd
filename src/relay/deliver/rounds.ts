import type { SweepContext } from '../context.ts';
import type { ChainReport } from './chain-report.ts';
import { sendChains } from './chains.ts';
import { framesBy, type OwedFrame } from './owed.ts';
import type { BoundedTime } from './time.ts';

/**
 * As {@link sendChains}, but one record after another: nobody is sent the next one before all others are done with this
 * one. It stops where a record could not be finished; `cut` is about that one alone.
 */
export async function sendRounds(
  context: SweepContext,
  owed: readonly OwedFrame[],
  time: BoundedTime,
): Promise<ChainReport> {
  const [first = [], ...later] = roundsOf(owed);
  const report = await sendChains(context, first, time);
  for (const round of later) {
    if (report.stop) break;
    const left = round.filter(({ candidate: { connectionId } }) => !isOver(report, connectionId));
    const next = await sendChains(context, left, time);
    report.sent += next.sent;
    report.tooLarge += next.tooLarge;
    report.skipped += next.skipped;
    for (const [connectionId, rows] of next.gone) report.gone.set(connectionId, rows);
    for (const [connectionId, slow] of next.slow) report.slow.set(connectionId, slow);
    report.stop = next.stop;
    report.cut = next.cut;
  }
  return withAllUndelivered(report, owed);
}

/** One round a record, the earliest first. */
function roundsOf(owed: readonly OwedFrame[]): (readonly OwedFrame[])[] {
  return [...framesBy(owed, ({ record }) => record)].sort(([a], [b]) => a - b).map(([, round]) => round);
}

function isOver({ gone, slow }: ChainReport, connectionId: string): boolean {
  return gone.has(connectionId) || slow.has(connectionId);
}

/** Who was slow at one record misses the later ones as well. */
function withAllUndelivered(report: ChainReport, owed: readonly OwedFrame[]): ChainReport {
  if (report.slow.size === 0) return report;
  const later = owed.filter(({ record, candidate }) => {
    const from = report.slow.get(candidate.connectionId)?.undelivered[0]?.record;
    return from !== undefined && record > from;
  });
  const missed = framesBy(later, ({ candidate }) => candidate.connectionId);
  for (const [connectionId, slow] of report.slow) {
    const undelivered = [...slow.undelivered, ...(missed.get(connectionId) ?? [])];
    report.slow.set(connectionId, { ...slow, undelivered });
  }
  return report;
}
