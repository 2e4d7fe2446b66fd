import type { Change } from '../../change/change.ts';
import { decodeRecord } from '../../change/decode.ts';
import { entityChange } from '../../change/entity.ts';
import type { TableType } from '../../schema/model.ts';
import { CONNECTION_LIFE_SECONDS, type DeliveryContext } from '../context.ts';

/** A change as one table type sees it. */
export interface TypedChange {
  /** Place of its record in the batch. */
  readonly record: number;
  readonly type: TableType;
  readonly change: Change;
  /**
   * True when it is an item of no type of the table: `type` is then only the first of them. It concerns those alone who
   * subscribed to a type that the schema does not have any more.
   */
  readonly isForeign?: true;
}

/**
 * Decodes a batch. What cannot be used (undecodable, wrong view type, unknown table) is logged with what and why,
 * counted as a gap and stepped over: a poison record costs only itself (C4).
 */
export function intake(context: DeliveryContext, records: readonly unknown[]): TypedChange[] {
  return records.flatMap((record, index) => {
    const decoded = decodeRecord(record);
    if (!decoded.ok) {
      const { ok: _, ...what } = decoded;
      return stepOver(context, 'record.undecodable', what);
    }
    return typed(context, decoded.change, index);
  });
}

function typed(context: DeliveryContext, change: Change, record: number): TypedChange[] {
  const { eventId, sequenceNumber, table } = change;
  const types = context.model.tables.get(context.settings.tableNames.get(table) ?? table);
  if (!types) {
    const expected = [...context.model.tables.keys()];
    return stepOver(context, 'record.unknown-table', { eventId, sequenceNumber, table, expected });
  }
  if (isOlderThanAnyConnection(context, change)) {
    context.metrics.count('record.outdated');
    return [];
  }
  try {
    const seen = types.flatMap((type) => {
      const own = entityChange(change, type);
      return own ? [{ record, type, change: own }] : [];
    });
    const [type] = types;
    return seen.length > 0 || !type ? seen : [{ record, type, change, isForeign: true }];
  } catch (error) {
    return stepOver(context, 'record.poison', { eventId, sequenceNumber, table, err: error });
  }
}

/** Nobody who is connected now was connected then, so that it is no gap and costs no read. */
function isOlderThanAnyConnection({ clock, settings }: DeliveryContext, change: Change): boolean {
  const latest = change.at + settings.streamGranularityMs + settings.clockSkewMs;
  return latest + CONNECTION_LIFE_SECONDS * 1000 < clock.now();
}

function stepOver(context: DeliveryContext, event: string, what: object): [] {
  context.logger.error({ event, ...what });
  if (event === 'record.poison') context.metrics.count('record.poison');
  context.metrics.count('gap');
  return [];
}
