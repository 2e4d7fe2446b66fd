import type { SweepContext } from './context.ts';
import { createRun, type KeepAliveReport } from './keepalive-run.ts';
import type { LiveConnection } from './ports.ts';
import { closeInTurn, plannedEnd } from './rollover.ts';

export type { KeepAliveReport } from './keepalive-run.ts';

/**
 * One pass over every live connection, from a schedule of `settings.keepAliveSeconds`:
 * - Operations whose credential has expired end with `TOKEN_EXPIRED`, told once: what is ended has no row any more. A
 *   connection left with none of its own is not kept alive: API Gateway closes it after ten idle minutes.
 * - All other connections that were let in get their dialect's sign of life, if it has one; those found closed lose their rows.
 * - Then those whose planned end comes before the next run are closed, the earliest first, and after them those who
 *   have let `initSeconds` pass without `connection_init`.
 *
 * No post is begun when time is short (`settings.deadlineMarginMs`, or half of what there was). What a run does not come
 * to is for the next, which starts elsewhere (`Registry.live`).
 * @throws TablecastError `REGISTRY_UNAVAILABLE` when the live connections cannot be listed
 */
export async function keepAlive(
  context: SweepContext,
  options: { readonly remainingMs: () => number },
): Promise<KeepAliveReport> {
  const run = createRun(context, options.remainingMs);
  const { report } = run;
  const startedAt = context.clock.now();
  const uninitialised: LiveConnection[] = [];
  const due: { readonly connection: LiveConnection; readonly end: number }[] = [];
  const nextRun = startedAt + context.settings.keepAliveSeconds * 1_000;
  try {
    await forEach(context.registry.live(), context.settings.maxConcurrentPosts, run.goesOn, async (found) => {
      report.seen += 1;
      try {
        const connection = await run.initialised(found);
        if (connection === 'late') return void uninitialised.push(found);
        if (!connection) return;
        const end = plannedEnd(connection, context.settings.limits);
        if (end <= nextRun) due.push({ connection, end });
        if (await run.hasOperationsLeft(connection)) await run.sendSign(connection);
      } catch (error) {
        run.failed(found, error);
      }
    });
    due.sort((a, b) => a.end - b.end);
    const rolled = await closeInTurn(
      context,
      due.map(({ connection }) => connection).filter(({ connectionId }) => !run.isGone(connectionId)),
      run,
      run.failed,
    );
    // Last, for many of these are somebody's who means ill, and closing takes its turn.
    const neverCame = await closeInTurn(context, uninitialised, run, run.failed);
    report.uninitialised = neverCame.closed;
    report.rolledOver = rolled.closed;
    report.gone += neverCame.gone + rolled.gone;
    report.left += neverCame.left + rolled.left;
  } finally {
    tell(context, report, context.clock.now() - startedAt);
  }
  return report;
}

/** `work` on what comes, at most `width` at once; stops taking more once `goesOn` says no. */
async function forEach<T>(
  items: AsyncIterable<T>,
  width: number,
  goesOn: () => boolean,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  const faults: unknown[] = [];
  const lane = async () => {
    while (faults.length === 0 && goesOn()) {
      try {
        const next = await iterator.next();
        if (next.done) return;
        await work(next.value);
      } catch (fault) {
        faults.push(fault);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  await iterator.return?.();
  if (faults.length > 0) throw faults[0];
}

function tell({ logger, metrics }: SweepContext, report: KeepAliveReport, ms: number): void {
  metrics.count('keepalive.connections', report.seen);
  metrics.count('keepalive.sent', report.sent);
  metrics.count('keepalive.left', report.left);
  metrics.count('connection.gone', report.gone);
  metrics.count('connection.rolled-over', report.rolledOver);
  metrics.count('connection.uninitialised', report.uninitialised);
  if (report.stopped) metrics.count('keepalive.unfinished');
  logger[report.stopped ? 'warn' : 'info']({ event: 'keepalive', ...report, ms });
}
