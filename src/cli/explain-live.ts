import { pino } from 'pino';
import { systemClock } from '../adapters/clock.ts';
import type { StoredSubscription } from '../adapters/dynamodb/stored-subscriptions.ts';
import type { Change } from '../change/change.ts';
import { decodeRecord } from '../change/decode.ts';
import { createCounters } from '../observe/counters.ts';
import type { RelaySettings } from '../relay/context.ts';
import { type ExplainContext, type Explanation, explainChange } from '../relay/explain.ts';
import type { Registry } from '../relay/ports.ts';
import type { Model } from '../schema/model.ts';
import type { RecentRecord, RecentRecords } from './recent-records.ts';

/** Which records: the latest so many, or one. */
export type RecentQuery = { readonly last: number } | { readonly event: string };

/** One live subscription, and why it was or was not sent the record. */
export type LiveExplanation = Pick<Explanation, 'field' | 'reason' | 'owed' | 'text'> &
  Partial<Explanation> & { readonly connectionId: string; readonly clientId: string };

export interface ExplainedRecord {
  readonly eventId: string;
  readonly eventName: string;
  readonly table: string;
  /** ISO 8601, as coarse as the stream tells it. */
  readonly at: string;
  /** ISO 8601. */
  readonly handedOverAt: string;
  /** Absent while the handler is not done with it. */
  readonly doneAt?: string;
  readonly attempts: number;
  /** Why the record cannot be used by anyone; no explanations then. */
  readonly problem?: string;
  /** One for each live subscription to its table. */
  readonly explanations: readonly LiveExplanation[];
}

export interface LiveAnswer {
  /** Records the loop has kept. */
  readonly kept: number;
  /** Live subscriptions, those to other tables included. */
  readonly subscriptions: number;
  /** Oldest first; empty when the event asked for is not among those kept. */
  readonly records: readonly ExplainedRecord[];
}

export interface LiveExplainerOptions {
  readonly model: Model;
  readonly settings: RelaySettings;
  readonly records: RecentRecords;
  readonly registry: Pick<Registry, 'document' | 'shapes'>;
  readonly subscriptions: () => Promise<readonly StoredSubscription[]>;
}

export type ExplainRecent = (query: RecentQuery) => Promise<LiveAnswer>;

/**
 * Explains records of the running local loop against the subscriptions that are live now.
 * @throws TablecastError `REGISTRY_UNAVAILABLE`
 */
export function createLiveExplainer(options: LiveExplainerOptions): ExplainRecent {
  const { model, settings, records } = options;
  const context: ExplainContext = {
    model,
    settings,
    clock: systemClock,
    metrics: createCounters(),
    logger: pino({ level: 'silent' }),
  };
  return async (query) => {
    const subscriptions = await options.subscriptions();
    const asked = 'event' in query ? [records.find(query.event)] : records.last(query.last);
    const explained: ExplainedRecord[] = [];
    for (const record of asked) {
      if (record) explained.push(await explainRecord(options, context, record, subscriptions));
    }
    return { kept: records.size, subscriptions: subscriptions.length, records: explained };
  };
}

async function explainRecord(
  options: LiveExplainerOptions,
  context: ExplainContext,
  recent: RecentRecord,
  subscriptions: readonly StoredSubscription[],
): Promise<ExplainedRecord> {
  const { record, handedOverAt, doneAt, attempts } = recent;
  const decoded = decodeRecord(record);
  const times = {
    handedOverAt: new Date(handedOverAt).toISOString(),
    ...(doneAt !== undefined && { doneAt: new Date(doneAt).toISOString() }),
    attempts,
  };
  if (!decoded.ok) {
    const { eventId = record.eventID ?? '', table = '', detail } = decoded;
    const facts = { eventId, eventName: record.eventName ?? '', table, at: '', ...times };
    return { ...facts, problem: detail, explanations: [] };
  }
  const { change } = decoded;
  const { eventId, eventName } = change;
  const table = options.settings.tableNames.get(change.table) ?? change.table;
  const explanations: LiveExplanation[] = [];
  for (const stored of subscriptions) {
    if (stored.table !== table) continue;
    explanations.push(await explainStored(options, context, change, stored, recent));
  }
  return { eventId, eventName, table, at: new Date(change.at).toISOString(), ...times, explanations };
}

async function explainStored(
  { model, registry }: LiveExplainerOptions,
  context: ExplainContext,
  change: Change,
  { candidate, servedUntil, table }: StoredSubscription,
  { handedOverAt, doneAt }: RecentRecord,
): Promise<LiveExplanation> {
  const { connectionId, clientId } = candidate;
  const field = model.subscriptions.get(candidate.field);
  if (!field) {
    const text = `Not delivered: the schema has no subscription field ${candidate.field} any more, so that it is ended with SCHEMA_CHANGED.`;
    return { connectionId, clientId, field: candidate.field, reason: 'unusable', owed: false, text };
  }
  const document = await registry.document(candidate.documentHash);
  const shapes = await registry.shapes(table);
  const explanation = await explainChange(context, {
    change,
    subscription: { field, candidate, servedUntil, ...(document && { document: document.text }) },
    shapesInUse: shapes.filter((shape) => shape.field === field.name).map(({ names }) => names),
    handled: { from: handedOverAt, ...(doneAt !== undefined && { to: doneAt }) },
  });
  return { connectionId, clientId, ...explanation };
}
