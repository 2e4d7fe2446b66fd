import type { PreparedDocument } from '../../render/render.ts';
import type { RelayContext } from '../context.ts';
import { endOperations, gatewayAnswers } from '../end.ts';
import { inLanes } from '../lanes.ts';
import type { Candidate } from '../ports.ts';
import { type ChainReport, type OwedFrame, type Stop, sendChains } from './chains.ts';
import { Documents } from './documents.ts';
import { intake } from './intake.ts';
import { type ChangeMatches, findMatches, type Match } from './match.ts';
import { BatchRenderer } from './payload.ts';

/** What is left of the invocation, in ms. */
export interface DeliveryOptions {
  readonly remainingMs: () => number;
}

/**
 * Where the batch stopped: records from this one on are to come again. Absent when all are done.
 * `sequenceNumber` is undefined when the failed record has none that can be read: the whole batch comes again.
 */
export interface DeliveryOutcome {
  readonly failedFrom?: { readonly sequenceNumber: string | undefined; readonly reason: string };
}

export type Deliver = (records: readonly unknown[], options: DeliveryOptions) => Promise<DeliveryOutcome>;

/**
 * The delivery pipeline (DESIGN §5): decode all → shapes → candidates → predicates → render once → send along
 * per-connection chains → reap → report. Resolves for every outcome; only infrastructure makes records come again.
 */
export function createDeliver(context: RelayContext): Deliver {
  const documents = new Documents(context);
  return async (records, { remainingMs }) => {
    const startedAt = context.clock.now();
    const changes = intake(context, records);
    let found: ChangeMatches[];
    let owed: OwedFrame[];
    const renderer = new BatchRenderer(context);
    const unusable: Unusable[] = [];
    try {
      found = await findMatches(context, changes);
      owed = await oweFrames(context, documents, renderer, found, unusable);
    } catch (error) {
      context.logger.error({ event: 'stream.lookup-failed', err: error });
      return failedFrom(records, { record: 0, reason: 'relay table unavailable' });
    }
    const report = await sendChains(context, owed, remainingMs);
    await settle(context, report, unusable);
    logBatch(context, { records: records.length, startedAt, found, report, renderings: renderer.renderings });
    return report.stop ? failedFrom(records, report.stop) : {};
  };
}

/** A subscription whose stored document or filter the schema of today cannot serve. */
interface Unusable {
  readonly candidate: Candidate;
  readonly message: string;
}

async function oweFrames(
  context: RelayContext,
  documents: Documents,
  renderer: BatchRenderer,
  found: readonly ChangeMatches[],
  unusable: Unusable[],
): Promise<OwedFrame[]> {
  const matches = found.flatMap((change) => change.matches);
  const preparations = await documents.prepareAll(matches.map(({ candidate }) => candidate.documentHash));
  for (const { candidate, message } of found.flatMap((change) => change.misfits)) {
    unusable.push({ candidate, message });
  }
  return matches.flatMap((match): OwedFrame[] => {
    const preparation = preparations.get(match.candidate.documentHash);
    if (!preparation?.ok) {
      unusable.push({ candidate: match.candidate, message: preparation?.message ?? 'document not stored' });
      return [];
    }
    return [new OwedMatch(context, renderer, match, preparation.prepared)];
  });
}

/** What a match is owed. A batch may hold very many, so that each is no more than its references. */
class OwedMatch implements OwedFrame {
  readonly #context: RelayContext;
  readonly #renderer: BatchRenderer;
  readonly #match: Match;
  readonly #prepared: PreparedDocument;

  constructor(context: RelayContext, renderer: BatchRenderer, match: Match, prepared: PreparedDocument) {
    this.#context = context;
    this.#renderer = renderer;
    this.#match = match;
    this.#prepared = prepared;
  }

  get record(): number {
    return this.#match.typed.record;
  }

  get candidate(): Candidate {
    return this.#match.candidate;
  }

  async frame(): Promise<Uint8Array> {
    const { frame, tooLarge } = await this.#renderer.frame(this.#match, this.#prepared);
    if (tooLarge) countTooLarge(this.#context, this.#match);
    return frame;
  }

  standIn(): Promise<Uint8Array> {
    return this.#renderer.standIn(this.#match, this.#prepared);
  }
}

function countTooLarge(context: RelayContext, { typed, candidate }: Match): void {
  context.metrics.count('payload.too-large');
  context.logger.warn({
    event: 'payload.too-large',
    eventId: typed.change.eventId,
    connectionId: candidate.connectionId,
  });
}

/** After sending: what is gone is reaped once, who could not keep up or no longer fits is ended and told. */
async function settle(
  context: RelayContext,
  report: ChainReport,
  unusable: readonly Unusable[],
): Promise<void> {
  const { gone, slow } = report;
  const work = [
    ...[...slow.values()].map(({ target, detail, undelivered }) => () => {
      return endOperations(context, {
        target,
        dialect: undelivered[0]?.candidate.dialect,
        clientIds: [...new Set(undelivered.map(({ candidate }) => candidate.clientId))],
        code: 'SLOW_CONSUMER',
        message: `Subscription ended: its connection did not take messages in time (${detail}); read again and subscribe again`,
      });
    }),
    ...(await tellable(context, report, distinctUnusable(unusable, gone, slow))).map(
      ({ candidate, message }) =>
        () =>
          endOperations(context, {
            target: candidate,
            dialect: candidate.dialect,
            clientIds: [candidate.clientId],
            code: 'SCHEMA_CHANGED',
            message: `Subscription ended: the schema has changed (${message}); subscribe again`,
          }),
    ),
    ...[...gone].map((connectionId) => async () => {
      await context.registry.close(connectionId);
    }),
  ];
  context.metrics.count('connection.gone', gone.size);
  context.metrics.count('connection.slow', slow.size);
  // The records are done whatever comes of this: rows that stay are found again at the next change, or expire. Under
  // the same bound as sending: what is beyond the transport's sockets would time out waiting for one.
  for (const err of await inLanes(work, context.settings.maxConcurrentPosts, (each) => each())) {
    context.logger.error({ event: 'settle.failed', err });
  }
}

/** Those that can be told now; with a gateway that fails all stay, and are found again at the next change. */
async function tellable(
  context: RelayContext,
  { stop }: ChainReport,
  unusable: readonly Unusable[],
): Promise<readonly Unusable[]> {
  const [first] = unusable;
  if (!first || stop) return [];
  return (await gatewayAnswers(context, first.candidate.stage)) ? unusable : [];
}

function distinctUnusable(
  unusable: readonly Unusable[],
  gone: ReadonlySet<string>,
  slow: ReadonlyMap<string, unknown>,
): Unusable[] {
  const distinct = new Map<string, Unusable>();
  for (const entry of unusable) {
    const { connectionId, clientId } = entry.candidate;
    if (!gone.has(connectionId) && !slow.has(connectionId))
      distinct.set(JSON.stringify([connectionId, clientId]), entry);
  }
  return [...distinct.values()];
}

function failedFrom(records: readonly unknown[], { record, reason }: Stop): DeliveryOutcome {
  return { failedFrom: { sequenceNumber: sequenceNumberOf(records[record]), reason } };
}

function sequenceNumberOf(record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null || !('dynamodb' in record)) return undefined;
  const { dynamodb } = record;
  if (typeof dynamodb !== 'object' || dynamodb === null || !('SequenceNumber' in dynamodb)) return undefined;
  const { SequenceNumber } = dynamodb;
  return typeof SequenceNumber === 'string' && /^\d+$/.test(SequenceNumber) ? SequenceNumber : undefined;
}

interface BatchLog {
  readonly records: number;
  readonly startedAt: number;
  readonly found: readonly ChangeMatches[];
  readonly report: ChainReport;
  readonly renderings: number;
}

/** One line a change and one a batch; names and counts, never values (C8). */
function logBatch({ logger, metrics, clock }: RelayContext, log: BatchLog): void {
  const { found, report } = log;
  for (const { typed, shapes, candidates, matches } of found) {
    const fields = new Map<string, number>();
    for (const { field, kind } of matches) {
      const name = kind === 'item' ? field.name : `${field.name} ${kind}`;
      fields.set(name, (fields.get(name) ?? 0) + 1);
    }
    logger.info({
      event: 'delivery.change',
      eventId: typed.change.eventId,
      eventName: typed.change.eventName,
      table: typed.type.table,
      type: typed.type.name,
      shapes,
      candidates,
      matched: matches.length,
      fields: Object.fromEntries(fields),
    });
  }
  metrics.count('delivered', report.sent);
  logger.info({
    event: 'stream.batch',
    records: log.records,
    changes: found.length,
    matched: found.reduce((sum, { matches }) => sum + matches.length, 0),
    sent: report.sent,
    gone: report.gone.size,
    slow: report.slow.size,
    tooLarge: report.tooLarge,
    renderings: log.renderings,
    ...(report.stop && { failedFrom: report.stop.record, reason: report.stop.reason }),
    ms: clock.now() - log.startedAt,
  });
}
