import { createBackoff } from './backoff.ts';
import { messageOf } from './deliver-batch.ts';
import { tellGap } from './gap.ts';
import { createHolding } from './holding.ts';
import { createLeaseWatch } from './lease-watch.ts';
import { STREAM_ITSELF } from './leases.ts';
import type { WorkDeps } from './work-deps.ts';

const BACKOFF = { baseMs: 200, capMs: 3_000 };

/**
 * Moves on from a stream that was delivered to its end (`lost`: that is gone) to the table's next, which all workers
 * read from its oldest record. Waits for as long as there is none.
 * @returns undefined when the worker was stopped meanwhile
 */
export async function nextStream(from: string, lost: boolean, deps: WorkDeps): Promise<string | undefined> {
  const { clock, leases, logger, outage, progress, resolveStream, stopping, table } = deps;
  const backoff = createBackoff(BACKOFF, deps.random);
  if (lost) await tellLost(from, deps);
  let told = false;
  while (!stopping.aborted) {
    try {
      const current = await leases.currentStream(table);
      const newest = await resolveStream(stopping);
      outage.over('table');
      progress.looked(undefined);
      progress.stream(newest !== undefined);
      if (current !== undefined && current !== from) return current;
      if (newest !== undefined && newest !== from)
        return await leases.moveStream(table, from, await following(from, newest, deps));
      if (newest === from && lost) return from;
      if (!told)
        logger.warn(
          { event: 'worker.stream_off', streamArn: from },
          'the table has no stream to read; waiting',
        );
      told = true;
    } catch (error) {
      if (stopping.aborted) break;
      progress.looked(messageOf(error));
      const entry = { event: 'worker.look_error', detail: messageOf(error) };
      outage.met('table', entry, 'looking for the next stream failed; trying again');
    }
    await clock.sleep(backoff.next(), stopping);
  }
  return undefined;
}

/**
 * The stream that came after one: the oldest of the table's that is newer. While one was read, its table's stream may have
 * been switched off and on more than once, and what is in those between can still be read. Where it may not be asked
 * whether there are any, that is told as a gap.
 */
async function following(from: string, newest: string, deps: WorkDeps): Promise<string> {
  const { api, logger, stopping, table } = deps;
  if (!api.listStreams) return newest;
  const found: string[] = [];
  let after: string | undefined;
  try {
    do {
      const page = await api.listStreams(
        { TableName: table, ...(after !== undefined && { ExclusiveStartStreamArn: after }) },
        stopping,
      );
      for (const { StreamArn } of page.Streams ?? []) if (StreamArn !== undefined) found.push(StreamArn);
      after = page.LastEvaluatedStreamArn;
    } while (after !== undefined);
  } catch (error) {
    if (!isDenied(error)) throw error;
    logger.warn(
      { event: 'worker.streams_unlisted', detail: messageOf(error) },
      'not allowed to list the streams of the table; one between the last and the newest is not read',
    );
    await tellLost(from, deps);
    stopping.throwIfAborted();
    return newest;
  }
  // A label is the time its stream was made; of one table they sort as text.
  const between = found.filter((arn) => arn > from && arn < newest && baseOf(arn) === baseOf(from));
  return between.sort()[0] ?? newest;
}

/** The ARN of a stream's table. */
function baseOf(streamArn: string): string {
  return streamArn.slice(0, streamArn.lastIndexOf('/stream/'));
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && error.name === 'AccessDeniedException';
}

/** All workers meet the loss; the one that gets the lease of the stream itself tells it, the others wait until it has. */
async function tellLost(streamArn: string, deps: WorkDeps): Promise<void> {
  const { clock, leases, logger, outage, stopping, workerId, leaseMs } = deps;
  const watch = createLeaseWatch();
  const told = { kind: 'end', at: clock.now() } as const;
  while (!stopping.aborted) {
    try {
      const askedAt = clock.monotonic();
      const rows = await leases.list(streamArn);
      watch.observe(rows, [], { askedAt, answeredAt: clock.monotonic() });
      const row = rows.find(({ shardId }) => shardId === STREAM_ITSELF);
      if (row?.checkpoint.kind === 'end') return;
      const free = row?.owner === undefined || watch.unchangedMs(STREAM_ITSELF) >= row.leaseMs;
      const takenAt = clock.monotonic();
      const key = { streamArn, shardId: STREAM_ITSELF, counter: row?.counter };
      const held = free && (await leases.take(key, { owner: workerId, leaseMs }, { kind: 'beginning' }));
      if (held) {
        const holding = createHolding(held, takenAt, { leases, clock, logger, leaseMs, onRenewal: () => {} });
        const leaving = AbortSignal.any([stopping, holding.cut]);
        try {
          if (await tellGap({ streamArn, cause: 'stream-replaced' }, deps, leaving))
            await holding.checkpoint(told);
        } finally {
          await holding.close();
        }
        continue;
      }
    } catch (error) {
      if (stopping.aborted) return;
      const entry = { event: 'worker.look_error', streamArn, detail: messageOf(error) };
      outage.met('table', entry, 'looking at the leases failed; trying again');
    }
    await clock.sleep(deps.takeIntervalMs, stopping);
  }
}
