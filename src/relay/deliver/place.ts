import { hash128 } from '../../filter/keys.ts';
import type { SweepContext } from '../context.ts';
import type { DonePart } from '../ports.ts';
import type { ChainReport, Stop } from './chain-report.ts';
import type { OwedFrame } from './owed.ts';
import { eventIdOf } from './record-fields.ts';

/**
 * A batch that outgrew an invocation comes again, and would outgrow the next one as well if it began anew. So the place is
 * saved (DESIGN §5): which connections are done with which of its records. Chains begin in the order of connection ids,
 * so that one id says it. What was under way when time ran out comes again, with the same event ids.
 *
 * From then on one record goes out after another, each to all: a connection is then owed one frame at a time, which takes
 * seconds at most, so that every invocation gets ahead, however slow the gateway is.
 */
export interface Resume {
  readonly done: readonly DonePart[];
  /** What of it is still owed. */
  leftOf<F extends OwedFrame>(owed: readonly F[]): readonly F[];
}

/** More of them would say little more. */
const MOST_PARTS = 4;

/**
 * The place saved for a batch that begins with `records[0]`. Not asked for when every connection has a lane of its own:
 * then all begin at once, and each gets ahead by a record at least.
 * @throws TablecastError `REGISTRY_UNAVAILABLE`
 */
export async function resumeOf(
  { registry, settings }: SweepContext,
  records: readonly unknown[],
  connections: number,
): Promise<Resume | undefined> {
  const eventId = eventIdOf(records[0]);
  if (eventId === undefined || connections <= settings.maxConcurrentPosts) return undefined;
  const place = await registry.readPlace(eventId);
  if (!place) return undefined;
  const names = records.map(recordName);
  const parts = place.done.map(({ through, records: done }) => ({ through, done: new Set(done) }));
  const isDone = ({ record, candidate }: OwedFrame) => {
    const name = names[record];
    return (
      name !== undefined &&
      parts.some(({ through, done }) => candidate.connectionId <= through && done.has(name))
    );
  };
  return { done: place.done, leftOf: (owed) => owed.filter((frame) => !isDone(frame)) };
}

const NAME_LENGTH = 10;

/** What a place calls a record: 60 bits of hash. One without an event id is in no place, and comes again. */
function recordName(record: unknown): string | undefined {
  const eventId = eventIdOf(record);
  return eventId === undefined ? undefined : hash128(eventId).slice(0, NAME_LENGTH);
}

/**
 * Keeps how far a batch came that stopped. A place that cannot be kept costs repeats, and no more: it is logged.
 * @param resume what the batch began with
 */
export async function savePlace(
  { registry, logger, metrics, settings }: SweepContext,
  records: readonly unknown[],
  report: Pick<ChainReport, 'cut'> & { readonly stop: Stop },
  connections: number,
  resume: Resume | undefined,
): Promise<void> {
  const eventId = eventIdOf(records[report.stop.record]);
  if (eventId === undefined || connections <= settings.maxConcurrentPosts) return;
  if (!report.cut && !resume) return;
  const ahead = records.slice(report.stop.record).flatMap((record) => recordName(record) ?? []);
  // Of a batch that was resumed one record alone was under way, unless it was handed over: all before it are done by
  // everyone.
  const sent = resume && !report.cut?.isWhole ? ahead.slice(0, 1) : ahead;
  const own: DonePart[] =
    report.cut?.through === undefined ? [] : [{ through: report.cut.through, records: sent }];
  const isAhead = new Set(ahead);
  const known = (resume?.done ?? []).map(({ through, records: done }) => ({
    through,
    records: done.filter((name) => isAhead.has(name)),
  }));
  const done = withoutCovered([...own, ...known]).slice(0, MOST_PARTS);
  try {
    await registry.savePlace({ eventId, done });
    metrics.count('place.saved');
    logger.info({ event: 'place.saved', eventId, parts: done.length });
  } catch (error) {
    logger.error({ event: 'place.failed', eventId, err: error });
  }
}

/** Each part that says something, and that no other one says as well. */
function withoutCovered(parts: readonly DonePart[]): DonePart[] {
  const covers = (one: DonePart, other: DonePart) =>
    other.through <= one.through && other.records.every((name) => one.records.includes(name));
  return parts.filter(
    (part, index) =>
      part.records.length > 0 &&
      !parts.some((other, at) => at !== index && covers(other, part) && !(covers(part, other) && at > index)),
  );
}
