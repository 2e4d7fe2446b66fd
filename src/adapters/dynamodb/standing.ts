import type { NewSubscription, SubscribeOutcome } from '../../relay/ports.ts';
import { batchGet } from './batch.ts';
import { mapConcurrently } from './concurrency.ts';
import { isRevoked } from './revocations.ts';
import {
  COUNTED_PREFIX,
  connectionPartition,
  identityPartition,
  isEnded,
  isLive,
  metaKey,
  numberOf,
  REVOKED,
  type Row,
  type RowKey,
  revokedKey,
  secondsOf,
  subscriptionKey,
  textOf,
  versionKey,
} from './rows.ts';
import type { Placement } from './shapes.ts';
import { query, type RelayTable } from './table.ts';
import { type KeyVersion, versionsIn } from './versions.ts';

/** What a subscribe finds once everything of it was written. */
export interface Standing {
  readonly standing: Exclude<SubscribeOutcome, 'duplicate'>;
  /** Of those of its filter keys that have one. */
  readonly versions: ReadonlyMap<string, KeyVersion>;
}

/** The SUB row a subscribe wrote. */
export interface OwnRow {
  readonly h: string;
  readonly nonce: string;
}

/**
 * Is the connection open, and the SUB row still ours and not ended? Was the identity revoked? Is it one too many? And
 * which filter keys count their changes? All read strongly consistent, after everything was written, side by side:
 * - a Query of META and the SUB rows of the connection;
 * - of an identity that is counted, a Query of the rows it is counted by and of its mark;
 * - a BatchGetItem of the version rows, and of the mark of one that is not counted.
 *
 * Why no count is ever exceeded: of any that are live at once, whoever wrote last finds the rows of all the others. Why
 * none is let in that was revoked: either its look finds the mark, or who set the mark looks later, and finds its rows.
 */
export async function checkStanding(
  table: RelayTable,
  subscription: NewSubscription,
  own: OwnRow,
  placements: readonly Placement[],
): Promise<Standing> {
  const { connectionId, subscriber } = subscription;
  const isCounted = subscriber.maxSubscriptions !== undefined;
  const keys = placements.map(({ filterKey }) => versionKey(filterKey));
  if (!isCounted) keys.push(revokedKey(subscriber.identityHash));
  const looks = [
    () =>
      query(table, connectionPartition(connectionId), { from: metaKey(connectionId).sk, attributes: SEEN }),
    () => batchGet(table, keys),
    ...(isCounted ? [() => countedOf(table, subscriber.identityHash)] : []),
  ];
  const [connection = [], shared = [], counted = []] = await mapConcurrently(looks, looks.length, (look) =>
    look(),
  );
  const marks = isCounted ? counted : shared;
  return {
    standing: standingOf({ subscription, own, connection, counted, marks }, table.clock.now()),
    versions: versionsIn(shared),
  };
}

/** What is looked at of META and SUB rows. */
const SEEN = ['sk', 'nonce', 'ended', 'closed', 'servedUntil', 'expiresAt'];

/** The mark sorts before the rows that count. Some connection ids come along: few, as a counted identity is one person's. */
function countedOf(table: RelayTable, identityHash: string): Promise<readonly Row[]> {
  const attributes = ['sk', 'revokedAt', 'expiresAt'];
  return query(table, identityPartition(identityHash), { from: REVOKED, attributes });
}

interface Found {
  readonly subscription: NewSubscription;
  readonly own: OwnRow;
  /** META and SUB rows. */
  readonly connection: readonly Row[];
  readonly counted: readonly Row[];
  /** The mark of the identity among others, if there is one. */
  readonly marks: readonly Row[];
}

function standingOf(
  { subscription, own, connection, counted, marks }: Found,
  now: number,
): Standing['standing'] {
  const { connectionId, subscriber, maxOnConnection } = subscription;
  const rowAt = ({ sk }: RowKey) => connection.find((row) => row['sk'] === sk);
  const meta = rowAt(metaKey(connectionId));
  if (!isLive(meta, now) || meta['closed'] === true) return 'closed';
  const sub = rowAt(subscriptionKey(connectionId, own.h));
  if (!sub || textOf(sub, 'nonce') !== own.nonce || isEnded(sub)) return 'completed';
  const mark = marks.find(({ sk }) => sk === REVOKED);
  if (isRevoked(mark, subscriber, now)) return 'revoked';
  if (connection.filter((row) => isServed(row, now)).length > maxOnConnection) return 'connection-full';
  const ofIdentity = counted.filter(
    (row) => textOf(row, 'sk')?.startsWith(COUNTED_PREFIX) === true && isLive(row, now),
  );
  const most = subscriber.maxSubscriptions ?? Number.POSITIVE_INFINITY;
  return ofIdentity.length > most ? 'identity-full' : 'active';
}

/** True of the SUB row of a subscription that is live or under way; not of META, a tombstone, or one that is ended. */
function isServed(row: Row, now: number): boolean {
  if (textOf(row, 'nonce') === undefined || isEnded(row) || !isLive(row, now)) return false;
  return (numberOf(row, 'servedUntil') ?? 0) > secondsOf(now);
}
