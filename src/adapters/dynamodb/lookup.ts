import type { LiveSubscription, Shape } from '../../relay/ports.ts';
import {
  connectionPartition,
  isEnded,
  isLive,
  numberOf,
  SUBSCRIPTION_PREFIX,
  shapesPartition,
  textOf,
} from './rows.ts';
import { shapeOf } from './shapes.ts';
import { query, type RelayTable } from './table.ts';

/** All shapes in use for a table's fields: one query. */
export async function shapes(table: RelayTable, tableName: string): Promise<readonly Shape[]> {
  const rows = await query(table, shapesPartition(tableName));
  return rows.flatMap((row): Shape[] => {
    const shape = isLive(row, table.clock.now()) && shapeOf(row);
    return shape ? [{ field: shape.field, names: shape.names, shards: shape.shards }] : [];
  });
}

/** Subscriptions of one connection that nobody has ended, their credential expired or not: one query. */
export async function subscriptions(
  table: RelayTable,
  connectionId: string,
): Promise<readonly LiveSubscription[]> {
  const rows = await query(table, connectionPartition(connectionId), { prefix: SUBSCRIPTION_PREFIX });
  return rows.flatMap((row): LiveSubscription[] => {
    const clientId = textOf(row, 'clientId');
    const field = textOf(row, 'field');
    const tableName = textOf(row, 'table');
    const filter = textOf(row, 'filter');
    const identityHash = textOf(row, 'identityHash');
    const expiresAt = numberOf(row, 'servedUntil');
    if (!isLive(row, table.clock.now()) || isEnded(row) || expiresAt === undefined) return [];
    if (clientId === undefined || field === undefined || tableName === undefined) return [];
    if (filter === undefined) return [];
    const own = { clientId, field, table: tableName, filter, expiresAt };
    return [{ ...own, ...(identityHash !== undefined && { identityHash }) }];
  });
}
