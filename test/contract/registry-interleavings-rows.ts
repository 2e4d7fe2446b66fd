import type { TableRow } from '../../src/testing/dynamodb-table.ts';
import { ownedRows } from './registry-samples.ts';

/** A SUB row that no complete has begun to end. */
export const isStanding = ({ nonce, ended }: TableRow) => nonce !== undefined && ended === undefined;

/** Of the sort key of a row that a subscription names. */
export const nonceOf = (sk: unknown) => String(sk).slice(String(sk).lastIndexOf('#') + 1);

/** Rows of the connection beside META, whose own life the contract suite looks at. */
export const orphans = (rows: readonly TableRow[]) => ownedRows(rows).filter(({ sk }) => sk !== 'META');

/** Client id of the subscription a row is of. */
export const ownerOf = ({ c, clientId }: TableRow) => c ?? clientId;

/** Rows of subscriptions: SUB rows that live, and those they name. */
export const subscribed = (rows: readonly TableRow[]) =>
  rows.filter((row) => row['nonce'] !== undefined || isNamed(row));

/** A row by which a subscription counts for its identity. */
export const isCounted = ({ pk, sk }: TableRow) => /^ID#/.test(String(pk)) && /^S#/.test(String(sk));

/** A row that a SUB row has to name. */
export const isNamed = (row: TableRow) => /^KEY#/.test(String(row['pk'])) || isCounted(row);
