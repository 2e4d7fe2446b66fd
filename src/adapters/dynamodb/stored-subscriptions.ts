import type { Candidate } from '../../relay/ports.ts';
import { live } from './live.ts';
import {
  connectionPartition,
  isEnded,
  isLive,
  numberOf,
  type Row,
  SUBSCRIPTION_PREFIX,
  textOf,
} from './rows.ts';
import { candidateOf, placeKeys } from './subscription-rows.ts';
import { get, query, type RelayTable } from './table.ts';

/** A live subscription with all that is stored of it. */
export interface StoredSubscription {
  /** Schema's name of its table. */
  readonly table: string;
  /** Epoch seconds until which it is served: the end of its connection or of its credential. */
  readonly servedUntil: number;
  readonly candidate: Pick<
    Candidate,
    | 'connectionId'
    | 'clientId'
    | 'field'
    | 'dialect'
    | 'filter'
    | 'activatedAt'
    | 'documentHash'
    | 'renderingKey'
    | 'options'
  >;
}

/**
 * Every live subscription, whichever filter keys it is kept under: for `explain` on a developer's machine. Costs the
 * 64 queries of `Registry.live`, one a connection and one read a subscription; no delivery reads like this.
 * @throws TablecastError `REGISTRY_UNAVAILABLE`
 */
export async function storedSubscriptions(table: RelayTable): Promise<StoredSubscription[]> {
  const found: StoredSubscription[] = [];
  for await (const { connectionId, dialect = 'graphql-transport-ws' } of live(table)) {
    const rows = await query(table, connectionPartition(connectionId), { prefix: SUBSCRIPTION_PREFIX });
    for (const row of rows) {
      if (!isLive(row, table.clock.now()) || isEnded(row)) continue;
      const base = baseOf(row);
      if (!base) continue;
      const [place] = placeKeys(connectionId, row);
      const kept = place && (await get(table, place));
      const {
        activatedAt = 0,
        renderingKey = base.documentHash,
        options,
      } = (kept && candidateOf(kept)?.candidate) ?? {};
      found.push({
        table: base.table,
        servedUntil: base.servedUntil,
        candidate: {
          connectionId,
          clientId: base.clientId,
          field: base.field,
          dialect,
          filter: base.filter,
          // A filter that nothing can match has no row that says when it began.
          activatedAt,
          documentHash: base.documentHash,
          renderingKey,
          ...(options && { options }),
        },
      });
    }
  }
  return found;
}

function baseOf(row: Row) {
  const clientId = textOf(row, 'clientId');
  const field = textOf(row, 'field');
  const table = textOf(row, 'table');
  const filter = textOf(row, 'filter');
  const documentHash = textOf(row, 'document');
  const servedUntil = numberOf(row, 'servedUntil');
  if (clientId === undefined || field === undefined || table === undefined) return undefined;
  if (filter === undefined || documentHash === undefined || servedUntil === undefined) return undefined;
  return { clientId, field, table, filter, documentHash, servedUntil };
}
