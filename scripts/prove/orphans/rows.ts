import type { TableRow } from '../../../src/testing/dynamodb-table.ts';

/** Kinds of rows that belong to one connection; all others are shared, or marks that time takes away. */
const KINDS = ['KEY', 'SUB', 'CTX', 'LOCK', 'LIVE', 'ID', 'META'] as const;

export type Kind = (typeof KINDS)[number];

/** The kind of a row that belongs to a connection; nothing for a shared one, a closed mark or a tombstone. */
export function kindOf({ pk, sk, closed, tombstone }: TableRow): Kind | undefined {
  if (closed === true || tombstone === true) return undefined;
  const [partition] = String(pk).split('#', 1);
  const [item] = String(sk).split('#', 1);
  return KINDS.find((kind) => kind === (partition === 'CONN' ? item : partition));
}

/** True of a row by which a subscription counts for its identity. */
export const isCounted = ({ pk, sk }: TableRow): boolean =>
  String(pk).startsWith('ID#') && String(sk).startsWith('S#');

/** The connection a row of any kind belongs to. */
export function connectionOf({ pk, sk }: TableRow): string {
  const [partition = '', ...rest] = String(pk).split('#');
  if (partition === 'CONN') return rest.join('#');
  return partition === 'KEY' ? (String(sk).split('#', 1)[0] ?? '') : String(sk);
}

/** The nonce of the subscription that a row is of. */
export function nonceOf({ pk, sk, nonce }: TableRow): string {
  return String(pk).startsWith('KEY#')
    ? String(sk).slice(String(sk).lastIndexOf('#') + 1)
    : String(nonce ?? '');
}

/** How many there are of each kind that occurs: `KEY 3, SUB 1`, or `none`. */
export function countByKind(rows: readonly TableRow[]): string {
  const counts = KINDS.map((kind) => [kind, rows.filter((row) => kindOf(row) === kind).length] as const);
  const present = counts.filter(([, count]) => count > 0).map(([kind, count]) => `${kind} ${count}`);
  return present.join(', ') || 'none';
}

/** Rows that belong to connections and have not ended by `nowMs`: what the time to live would leave. */
export const owned = (rows: readonly TableRow[], nowMs: number): TableRow[] =>
  rows.filter((row) => kindOf(row) !== undefined && !(Number(row['expiresAt']) * 1_000 <= nowMs));
