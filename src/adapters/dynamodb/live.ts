import type { LiveConnection } from '../../relay/ports.ts';
import { mapConcurrently } from './concurrency.ts';
import { NEVER } from './connections.ts';
import {
  dialectOf,
  isLive,
  LIVE_PARTITIONS,
  livePartition,
  numberOf,
  partitionOf,
  type Row,
  textOf,
} from './rows.ts';
import { query, type RelayTable } from './table.ts';

/** Partitions of LIVE rows read at once. */
const PARTITIONS_AT_ONCE = 8;

/** For so long every pass starts at the same partition: half the shortest time between two. */
const START_MS = 30_000;

/**
 * Every live connection, some partitions at a time, so that a caller who stops early does not pay for all. Where it
 * starts is drawn anew every 30 s: whatever part of all a pass gets through, and however often it runs, no connection
 * is for ever among those it does not come to.
 */
export async function* live(table: RelayTable): AsyncGenerator<LiveConnection> {
  const start = partitionOf(String(Math.floor(table.clock.now() / START_MS)), LIVE_PARTITIONS);
  for (let first = 0; first < LIVE_PARTITIONS; first += PARTITIONS_AT_ONCE) {
    const partitions = Array.from({ length: PARTITIONS_AT_ONCE }, (_, n) =>
      livePartition((start + first + n) % LIVE_PARTITIONS),
    );
    const rows = await mapConcurrently(partitions, PARTITIONS_AT_ONCE, (partition) =>
      query(table, partition),
    );
    for (const row of rows.flat()) {
      const connection = isLive(row, table.clock.now()) && liveConnectionOf(row);
      if (connection) yield connection;
    }
  }
}

/** The connection of a LIVE row; nothing for a row that is not one. */
function liveConnectionOf(row: Row): LiveConnection | undefined {
  const connectionId = textOf(row, 'sk');
  const stage = textOf(row, 'stage');
  const connectedAt = numberOf(row, 'connectedAt');
  if (connectionId === undefined || stage === undefined || connectedAt === undefined) return undefined;
  const dialect = dialectOf(row, 'dialect');
  const identityHash = textOf(row, 'identityHash');
  const credentialExpiresAt = numberOf(row, 'credentialExpiresAt');
  const operationExpiresAt = numberOf(row, 'operationExpiresAt');
  return {
    connectionId,
    stage,
    connectedAt,
    initialised: row['initialised'] === true,
    ...(dialect && { dialect }),
    ...(identityHash !== undefined && { identityHash }),
    ...(credentialExpiresAt !== undefined && credentialExpiresAt !== NEVER && { credentialExpiresAt }),
    ...(operationExpiresAt !== undefined && { operationExpiresAt }),
  };
}
