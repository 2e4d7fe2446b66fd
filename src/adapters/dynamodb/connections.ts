import { randomBytes } from 'node:crypto';
import type { Connection, Identity, LiveConnection, NewConnection, Registry } from '../../relay/ports.ts';
import { batchWrite } from './batch.ts';
import { mapConcurrently } from './concurrency.ts';
import {
  dialectOf,
  identityKey,
  isLive,
  LIVE_PARTITIONS,
  liveKey,
  livePartition,
  metaKey,
  numberOf,
  type Row,
  type RowKey,
  secondsOf,
  textOf,
} from './rows.ts';
import { get, query, type RelayTable, update } from './table.ts';

/** META, LIVE and, with an identity, ID rows, in one batch. */
export async function open(table: RelayTable, connection: NewConnection): Promise<void> {
  const { id, stage, dialect, identity, connectedAt, expiresAt } = connection;
  const meta = {
    ...metaKey(id),
    stage,
    connectedAt,
    expiresAt,
    ...(dialect && { dialect }),
    ...(identity && { identityKind: identity.kind, identityHash: identity.hash }),
  };
  await batchWrite(table, { put: [meta, ...standingRows(connection)] });
}

/** The rows that find a connection: among all that live, and by whom it speaks for. */
function standingRows(connection: Omit<NewConnection, 'connectedAt'>): (Row & RowKey)[] {
  const { id, stage, dialect, identity, expiresAt } = connection;
  const live = {
    ...liveKey(id),
    stage,
    expiresAt,
    ...(dialect && { dialect }),
    ...(identity && { identityHash: identity.hash }),
  };
  return identity ? [live, { ...identityKey(identity.hash, id), expiresAt }] : [live];
}

type Init = Parameters<Registry['initialise']>[1];

/**
 * One conditional update of META, so that exactly one caller is told `initialised`. An identity that comes only now is
 * written as subscribing is: the rows, then a look whether a close came between, which may not have seen them.
 */
export async function initialise(
  table: RelayTable,
  connectionId: string,
  init: Init,
): Promise<'initialised' | 'repeated' | 'unknown'> {
  const { dialect, identity, confirmSubscriptions = false } = init;
  const token = randomBytes(12).toString('base64url');
  const written = await update(
    table,
    metaKey(connectionId),
    {
      text:
        'SET #initialised = :token, #dialect = :dialect, #confirm = :confirm' +
        (identity ? ', #identityKind = :identityKind, #identityHash = :identityHash' : ''),
      values: {
        ':token': token,
        ':dialect': dialect,
        ':confirm': confirmSubscriptions,
        ...(identity && { ':identityKind': identity.kind, ':identityHash': identity.hash }),
      },
    },
    {
      text: 'attribute_not_exists(#closed) AND attribute_not_exists(#initialised) AND #expiresAt > :now',
      values: { ':now': secondsOf(table.clock.now()) },
    },
  );
  const before = written.ok ? written.old : written.found;
  // Our own token stands there when the SDK repeated an update whose answer was lost.
  if (!written.ok && textOf(before ?? {}, 'initialised') !== token) {
    return isLive(before, table.clock.now()) && before['closed'] !== true ? 'repeated' : 'unknown';
  }
  if (identity) return bindIdentity(table, connectionId, { dialect, identity }, before ?? {});
  if (!written.ok || !before?.['dialect']) await tellLiveDialect(table, connectionId, dialect);
  return 'initialised';
}

async function bindIdentity(
  table: RelayTable,
  id: string,
  { dialect, identity }: Init & { readonly identity: Identity },
  meta: Row,
): Promise<'initialised' | 'unknown'> {
  const stage = textOf(meta, 'stage') ?? '';
  const expiresAt = numberOf(meta, 'expiresAt') ?? 0;
  const replaced = textOf(meta, 'identityHash');
  const rows = standingRows({ id, stage, dialect, identity, expiresAt });
  await batchWrite(table, {
    put: rows,
    delete: replaced !== undefined && replaced !== identity.hash ? [identityKey(replaced, id)] : [],
  });
  const now = await connection(table, id);
  if (now && !now.closed) return 'initialised';
  await batchWrite(table, { delete: rows });
  return 'unknown';
}

/** Without a subprotocol the dialect is known only by the first message; who reads LIVE rows must know it too. */
async function tellLiveDialect(table: RelayTable, connectionId: string, dialect: string): Promise<void> {
  await update(
    table,
    liveKey(connectionId),
    { text: 'SET #dialect = :dialect', values: { ':dialect': dialect } },
    { text: 'attribute_exists(#pk)' },
  );
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
  const identity = identityOf(row);
  return {
    id: connectionId,
    stage,
    connectedAt,
    expiresAt,
    ...(dialect && { dialect }),
    ...(identity && { identity }),
    initialised: textOf(row, 'initialised') !== undefined,
    confirmSubscriptions: row['confirm'] === true,
    closed: row['closed'] === true,
  };
}

function identityOf(row: Row): Identity | undefined {
  const kind = row['identityKind'];
  const hash = textOf(row, 'identityHash');
  return hash !== undefined && (kind === 'api-key' || kind === 'anonymous') ? { kind, hash } : undefined;
}

/** Partitions of LIVE rows read at once. */
const PARTITIONS_AT_ONCE = 8;

/** Every live connection, some partitions at a time, so that a caller who stops early does not pay for all. */
export async function* live(table: RelayTable): AsyncGenerator<LiveConnection> {
  for (let first = 0; first < LIVE_PARTITIONS; first += PARTITIONS_AT_ONCE) {
    const partitions = Array.from({ length: PARTITIONS_AT_ONCE }, (_, n) => livePartition(first + n));
    const rows = await mapConcurrently(partitions, PARTITIONS_AT_ONCE, (partition) =>
      query(table, partition),
    );
    for (const row of rows.flat()) {
      const connectionId = textOf(row, 'sk');
      const stage = textOf(row, 'stage');
      if (!isLive(row, table.clock.now()) || connectionId === undefined || stage === undefined) continue;
      const dialect = dialectOf(row, 'dialect');
      const identityHash = textOf(row, 'identityHash');
      yield {
        connectionId,
        stage,
        ...(dialect && { dialect }),
        ...(identityHash !== undefined && { identityHash }),
      };
    }
  }
}
