import type { SweepContext } from '../context.ts';
import { type ChainReport, emptyReport } from '../deliver/chain-report.ts';
import type { ChangeMatches } from '../deliver/match.ts';
import type { OwedFrame } from '../deliver/owed.ts';
import type { BoundedTime } from '../deliver/time.ts';
import { Fault, tableFault } from './fault.ts';
import type { HandableChain } from './handable.ts';
import { laneOf } from './lane.ts';
import { TOKEN_LIFE_SECONDS } from './life.ts';
import type { HandedChange } from './message.ts';
import { Outbox } from './outbox.ts';
import { MessagePayloads } from './payloads.ts';
import type { FanOut } from './ports.ts';

/**
 * Hands the frames that a batch owes to the queue, if there are too many for one invocation or if earlier ones of the
 * same tables wait there still.
 * @param chains what is owed, in the order of connection ids
 * @returns what came of it, with nothing sent; undefined when the frames are to be sent here
 */
export type HandOver = (
  changes: readonly ChangeMatches[],
  chains: readonly HandableChain[],
  time: BoundedTime,
) => Promise<ChainReport | undefined>;

/**
 * Order (C3) holds because a table has tokens from before a message is sent until after all of it was delivered, and a
 * batch looks for them when all batches before it in its shard are over. None there: whatever was handed over has been
 * delivered, and this batch may go out directly. One there: this batch goes behind it, by the same lanes. A token that
 * goes away between the look and what follows only makes the queue a detour.
 */
export function createHandOver(context: SweepContext & { readonly fanOut?: FanOut }): HandOver {
  return async (changes, chains, time) => {
    const { fanOut } = context;
    if (!fanOut || chains.length === 0) return undefined;
    const concerned = changes.filter(({ matches }) => matches.length > 0);
    const tables = [...new Set(concerned.map(({ typed }) => typed.type.table))];
    let lanes: number | undefined;
    try {
      lanes = await fanOut.store.outstanding(tables);
    } catch (error) {
      return stopped(context, chains, tableFault(error));
    }
    const frames = chains.reduce((sum, { owed }) => sum + owed.length, 0);
    if (lanes === undefined && frames <= fanOut.above) return undefined;
    // With another number of lanes than before, a connection could be parted from what waits for it.
    return handOver(context, fanOut, { tables, lanes: lanes ?? fanOut.lanes, concerned, chains, time });
  };
}

interface Batch {
  readonly tables: readonly string[];
  readonly lanes: number;
  readonly concerned: readonly ChangeMatches[];
  readonly chains: readonly HandableChain[];
  readonly time: BoundedTime;
}

/**
 * A batch waits for another number of lanes to come out of use until its oldest change is so old. If it still has not,
 * its tokens are those of a process that died between putting them and taking them back: they mean nothing.
 */
const PATIENCE_MS = 300_000;

/** Why it stops when there is too little time left. */
const DEADLINE = 'deadline';

/** In the order of connection ids, so that a batch for which time runs out can go on behind the last that was sent. */
async function handOver(context: SweepContext, fanOut: FanOut, batch: Batch): Promise<ChainReport> {
  const { clock } = context;
  const { tables, lanes, chains, time } = batch;
  const startedAt = clock.now();
  const expiresAt = Math.floor(startedAt / 1_000) + TOKEN_LIFE_SECONDS;
  const oldest = batch.concerned.reduce((at, { typed }) => Math.min(at, typed.change.at), startedAt);
  const isPatient = startedAt - oldest < PATIENCE_MS;
  const outbox = new Outbox(context, fanOut, { tables, lanes, expiresAt, isPatient });
  const payloads = new MessagePayloads(fanOut.store, expiresAt);
  const changeOf = handedChanges(batch.concerned);
  const isCut = () => time.signal?.aborted === true || time.remainingMs() < time.marginMs / 2;
  const isLate = () => isCut() || time.remainingMs() < time.marginMs;

  let through: string | undefined;
  let frames = 0;
  let added = 0;
  let fault: Fault | undefined;
  for (const [index, { connectionId, owed }] of chains.entries()) {
    const lane = laneOf(connectionId, lanes);
    try {
      for (const one of owed) {
        const made = payloads.of(one);
        const shared = 'then' in made ? await made : made;
        outbox.add(lane, { change: changeOf(one), shared, candidate: one.candidate });
      }
    } catch (error) {
      fault = tableFault(error);
    }
    added += owed.length;
    // Making payloads takes time too, where resolvers answer: what was made is sent in what is left.
    const isLast = isLate() && index < chains.length - 1;
    if (!fault && (isLast || outbox.isFull || index === chains.length - 1)) {
      fault = isCut() ? new Fault(DEADLINE) : await outbox.flush();
      if (!fault) [through, frames] = [connectionId, added];
    }
    if (isLast) fault ??= new Fault(DEADLINE);
    if (fault) break;
  }
  context.metrics.count('fan-out.frames', frames);
  context.metrics.count('fan-out.messages', outbox.sent);
  context.logger.info({
    event: 'fan-out.handed-over',
    tables,
    frames,
    messages: outbox.sent,
    lanes,
    payloadsStored: payloads.stored,
    ms: clock.now() - startedAt,
  });
  return fault ? stopped(context, chains, fault, through) : emptyReport();
}

/** A record's change as messages have it: one object a record, so that a message holds it once. */
function handedChanges(concerned: readonly ChangeMatches[]): (owed: OwedFrame) => HandedChange {
  const eventIds = new Map(concerned.map(({ typed }) => [typed.record, typed.change.eventId]));
  const known = new Map<number, HandedChange>();
  return (owed) => {
    const change = known.get(owed.record) ?? {
      eventId: eventIds.get(owed.record) ?? '',
      item: owed.item,
      at: owed.changedAt,
    };
    known.set(owed.record, change);
    return change;
  };
}

/** The records from the first one on come again, behind the last connection whose frames are all in the queue. */
function stopped(
  { logger }: SweepContext,
  chains: readonly HandableChain[],
  { reason, error }: Fault,
  through?: string,
): ChainReport {
  let record = Number.POSITIVE_INFINITY;
  // The frames of a chain are in the order of their records.
  for (const { owed } of chains) record = Math.min(record, owed[0]?.record ?? record);
  logger.error({ event: 'fan-out.failed', reason, ...(error !== undefined && { err: error }) });
  const hasPlace = through !== undefined || reason === DEADLINE;
  return {
    ...emptyReport(),
    stop: { record, reason },
    cut: hasPlace ? { through, isWhole: true } : undefined,
  };
}
