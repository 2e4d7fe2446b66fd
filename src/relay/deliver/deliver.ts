import { unsharedFields } from '../../render/unshared-fields.ts';
import type { Model } from '../../schema/model.ts';
import type { DeliveryContext } from '../context.ts';
import { createHandOver } from '../fan-out/hand-over.ts';
import type { Stop } from './chain-report.ts';
import { intake } from './intake.ts';
import type { ChangeMatches, Match } from './match.ts';
import { createPipeline, type FoundBatch, type SendReport } from './pipeline.ts';
import { type Resume, resumeOf, savePlace } from './place.ts';
import { sequenceNumberOf } from './record-fields.ts';
import type { SendTime } from './time.ts';

/** The time a batch has. */
export type DeliveryOptions = SendTime;

/**
 * Where the batch stopped: records from this one on are to come again. Absent when all are done.
 * `sequenceNumber` is undefined when the failed record has none that can be read: the whole batch comes again.
 */
export interface DeliveryOutcome {
  readonly failedFrom?: { readonly sequenceNumber: string | undefined; readonly reason: string };
}

export type Deliver = (records: readonly unknown[], options: DeliveryOptions) => Promise<DeliveryOutcome>;

/**
 * Records of a stream, decoded and put through the delivery pipeline. Resolves for every outcome; only infrastructure
 * makes records come again.
 */
export function createDeliver(context: DeliveryContext): Deliver {
  tellUnshared(context);
  const pipeline = createPipeline(context, createHandOver(context));
  return async (records, time) => {
    const startedAt = context.clock.now();
    const changes = intake(context, records);
    let found: FoundBatch;
    let resume: Resume | undefined;
    try {
      found = await pipeline(changes);
      resume = await resumeOf(context, records, found.connections);
    } catch (error) {
      context.logger.error({ event: 'stream.lookup-failed', err: error });
      return failedFrom(records, { record: 0, reason: 'relay table unavailable' });
    }
    const report = await found.send(time, resume);
    if (report.stop)
      await savePlace(context, records, { ...report, stop: report.stop }, found.connections, resume);
    logBatch(context, { records: records.length, startedAt, found: found.changes, report });
    return report.stop ? failedFrom(records, report.stop) : {};
  };
}

function failedFrom(records: readonly unknown[], { record, reason }: Stop): DeliveryOutcome {
  return { failedFrom: { sequenceNumber: sequenceNumberOf(records[record]), reason } };
}

const told = new WeakSet<Model>();

/** Once a process: which fields make a payload one reader's own, where there are any. */
function tellUnshared({ model, logger }: DeliveryContext): void {
  if (told.has(model)) return;
  told.add(model);
  const fields = unsharedFields(model);
  if (fields.length > 0) logger.info({ event: 'rendering.unshared-fields', fields });
}

interface BatchLog {
  readonly records: number;
  readonly startedAt: number;
  readonly found: readonly ChangeMatches[];
  readonly report: SendReport;
}

/** One line a change and one a batch; names and counts, never values (C8). */
function logBatch({ logger, metrics, clock }: DeliveryContext, log: BatchLog): void {
  const { found, report } = log;
  for (const { typed, shapes, candidates, matches } of found) {
    logger.info({
      event: 'delivery.change',
      eventId: typed.change.eventId,
      eventName: typed.change.eventName,
      table: typed.type.table,
      type: typed.type.name,
      shapes,
      candidates,
      matched: matches.length,
      fields: Object.fromEntries(fieldsOf(matches)),
    });
  }
  metrics.count('delivered', report.sent);
  if (report.skipped > 0) metrics.count('overflow.skipped', report.skipped);
  logger.info({
    event: 'stream.batch',
    records: log.records,
    changes: found.length,
    matched: found.reduce((sum, { matches }) => sum + matches.length, 0),
    sent: report.sent,
    gone: report.gone.size,
    slow: report.slow.size,
    tooLarge: report.tooLarge,
    ...(report.skipped > 0 && { skipped: report.skipped }),
    renderings: report.renderings,
    ...(report.unshared > 0 && { unshared: report.unshared }),
    ...(report.stop && { failedFrom: report.stop.record, reason: report.stop.reason }),
    ms: clock.now() - log.startedAt,
  });
}

/** How many matches each field has, and of a change field each kind. */
function fieldsOf(matches: ChangeMatches['matches']): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = ({ field, kind }: Match, times: number) => {
    const name = kind === 'item' ? field.name : `${field.name} ${kind}`;
    counts.set(name, (counts.get(name) ?? 0) + times);
  };
  // Those of one field come together, and there may be very many.
  let [first] = matches;
  let times = 0;
  for (const match of matches) {
    if (first && (match.field !== first.field || match.kind !== first.kind)) {
      count(first, times);
      first = match;
      times = 0;
    }
    times += 1;
  }
  if (first) count(first, times);
  return counts;
}
