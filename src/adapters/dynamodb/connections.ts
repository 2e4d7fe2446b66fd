import { randomBytes } from 'node:crypto';
import type { Dialect } from '../../protocol/dialect.ts';
import type { Connection, Identity, NewConnection, Registry } from '../../relay/ports.ts';
import { batchWrite } from './batch.ts';
import { identityText, parseIdentity } from './identity-text.ts';
import {
  dialectOf,
  identityKey,
  isLive,
  liveKey,
  metaKey,
  numberOf,
  type Row,
  type RowKey,
  secondsOf,
  textOf,
} from './rows.ts';
import { get, type RelayTable, update } from './table.ts';

/** META, LIVE and, with an identity, ID rows, in one batch. */
export async function open(table: RelayTable, connection: NewConnection): Promise<void> {
  const { id, stage, dialect, identity, connectedAt, expiresAt } = connection;
  const meta = {
    ...metaKey(id),
    stage,
    connectedAt,
    expiresAt,
    ...(dialect && { dialect }),
    ...(identity && { identity: identityText(identity), identityHash: identity.hash }),
  };
  await batchWrite(table, { put: [meta, ...standingRows(connection)] });
}

/** The rows that find a connection: among all that live, and by whom it speaks for. */
function standingRows(connection: NewConnection): (Row & RowKey)[] {
  const { id, stage, dialect, identity, connectedAt, expiresAt } = connection;
  const live = {
    ...liveKey(id),
    stage,
    connectedAt,
    expiresAt,
    ...(dialect && { dialect }),
    ...(identity && { identityHash: identity.hash }),
    ...(identity?.expiresAt !== undefined && { credentialExpiresAt: identity.expiresAt }),
  };
  return identity ? [live, { ...identityKey(identity.hash, id), expiresAt }] : [live];
}

type Init = Parameters<Registry['initialise']>[1];

/** Nothing is started on a connection that is unknown, closed or past its end. */
const IS_OPEN = 'attribute_not_exists(#closed) AND #expiresAt > :now';

/**
 * One conditional update of META, so that exactly one caller is told `initialised`. The LIVE row is not told: who sweeps
 * looks at META for what it lacks (live.ts), and most connections are over before anybody does. An identity that comes
 * only now is written as subscribing is: its row, then a look whether a close came between, which may not have seen it.
 */
export async function initialise(
  table: RelayTable,
  connectionId: string,
  init: Init,
): Promise<'initialised' | 'repeated' | 'unknown'> {
  const { dialect, identity, confirmSubscriptions = false, strictOrdering = false } = init;
  const token = randomBytes(12).toString('base64url');
  const written = await update(
    table,
    metaKey(connectionId),
    {
      text:
        'SET #initialised = :token, #confirm = :confirm, #strict = :strict' +
        (dialect ? ', #dialect = :dialect' : '') +
        (identity ? ', #identity = :identity, #identityHash = :identityHash' : ''),
      values: {
        ':token': token,
        ':confirm': confirmSubscriptions,
        ':strict': strictOrdering,
        ...(dialect && { ':dialect': dialect }),
        ...(identity && { ':identity': identityText(identity), ':identityHash': identity.hash }),
      },
    },
    {
      text: `${IS_OPEN} AND attribute_not_exists(#initialised)`,
      values: { ':now': secondsOf(table.clock.now()) },
    },
  );
  const before = written.ok ? written.old : written.found;
  // Our own token stands there when the SDK repeated an update whose answer was lost.
  if (!written.ok && textOf(before ?? {}, 'initialised') !== token) {
    return isLive(before, table.clock.now()) && before['closed'] !== true ? 'repeated' : 'unknown';
  }
  if (identity) return bindIdentity(table, connectionId, identity, before ?? {});
  return 'initialised';
}

async function bindIdentity(
  table: RelayTable,
  id: string,
  { hash }: Identity,
  meta: Row,
): Promise<'initialised' | 'unknown'> {
  const replaced = textOf(meta, 'identityHash');
  const own = identityKey(hash, id);
  await batchWrite(table, {
    put: [{ ...own, expiresAt: numberOf(meta, 'expiresAt') ?? 0 }],
    delete: replaced !== undefined && replaced !== hash ? [identityKey(replaced, id)] : [],
  });
  const now = await connection(table, id);
  if (now && !now.closed) return 'initialised';
  await batchWrite(table, { delete: [own] });
  return 'unknown';
}

/** The LIVE row's, the earliest of those noted; nothing where a close has removed it. */
export async function noteExpiry(table: RelayTable, connectionId: string, expiresAt: number): Promise<void> {
  await update(
    table,
    liveKey(connectionId),
    { text: 'SET #operationExpiresAt = :end', values: { ':end': expiresAt } },
    {
      text: 'attribute_exists(#pk) AND (attribute_not_exists(#operationExpiresAt) OR #operationExpiresAt > :end)',
    },
  );
}

/**
 * META; of a connection that is not open, nothing. Its LIVE row only where META named a dialect before: a sweep may have
 * copied that one there (live.ts), and would not look at META again.
 */
export async function speak(table: RelayTable, connectionId: string, dialect: Dialect): Promise<void> {
  const change = { text: 'SET #dialect = :dialect', values: { ':dialect': dialect } };
  const condition = { text: IS_OPEN, values: { ':now': secondsOf(table.clock.now()) } };
  const meta = await update(table, metaKey(connectionId), change, condition);
  // The same one too: the SDK may have repeated an update whose answer was lost.
  if (!meta.ok || !meta.old || dialectOf(meta.old, 'dialect') === undefined) return;
  await update(table, liveKey(connectionId), change, condition);
}

/** A connection that is open or marked closed; nothing for one that is unknown, over, or known by its mark alone. */
export async function connection(table: RelayTable, connectionId: string): Promise<Connection | undefined> {
  const row = await get(table, metaKey(connectionId));
  if (!isLive(row, table.clock.now())) return undefined;
  const stage = textOf(row, 'stage');
  const connectedAt = numberOf(row, 'connectedAt');
  const expiresAt = numberOf(row, 'expiresAt');
  if (stage === undefined || connectedAt === undefined || expiresAt === undefined) return undefined;
  const dialect = dialectOf(row, 'dialect');
  const identity = parseIdentity(textOf(row, 'identity'));
  return {
    id: connectionId,
    stage,
    connectedAt,
    expiresAt,
    ...(dialect && { dialect }),
    ...(identity && { identity }),
    initialised: textOf(row, 'initialised') !== undefined,
    confirmSubscriptions: row['confirm'] === true,
    strictOrdering: row['strict'] === true,
    closed: row['closed'] === true,
  };
}
