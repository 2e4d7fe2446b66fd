import type { LiveConnection } from '../../relay/ports.ts';
import { parseIdentity } from './identity-text.ts';
import { dialectOf, numberOf, type Row, textOf } from './rows.ts';
import type { Expression } from './table.ts';

/** What a LIVE row says of a credential without an end, in place of one that may have had one. */
const NEVER = 0;

/** What a LIVE row is told, and of which connection. */
export interface News {
  readonly connectionId: string;
  readonly change: Expression;
  readonly condition: Expression;
}

/** True when META has nothing to add to a LIVE row: it was initialised, and somebody has named its dialect. */
export function isTold(row: Row): boolean {
  return row['initialised'] === true && dialectOf(row, 'dialect') !== undefined;
}

/** The connection of a LIVE row; nothing for a row that is not one. */
export function liveConnectionOf(row: Row): LiveConnection | undefined {
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

/** What META says wins: it is what init and the first operation tell. A closed mark without a connection says nothing. */
export function withMeta(connection: LiveConnection, meta: Row): LiveConnection {
  if (textOf(meta, 'stage') === undefined) return connection;
  const dialect = dialectOf(meta, 'dialect');
  const own = { initialised: connection.initialised || isInitialised(meta), ...(dialect && { dialect }) };
  const identity = parseIdentity(textOf(meta, 'identity'));
  if (!identity) return { ...connection, ...own };
  const { credentialExpiresAt: _, ...rest } = connection;
  const { hash: identityHash, expiresAt } = identity;
  return {
    ...rest,
    ...own,
    identityHash,
    ...(expiresAt !== undefined && { credentialExpiresAt: expiresAt }),
  };
}

/**
 * What to tell a LIVE row, once META holds all it lacks; nothing before, nor of a connection that is closed. The
 * identity is final by then. The dialect may be settled anew: that is told by who does (`speak`), and what was read
 * before does not undo it. Not written where a close has removed the row.
 */
export function newsOf(row: Row, meta: Row): News | undefined {
  const connectionId = textOf(row, 'sk');
  const dialect = dialectOf(meta, 'dialect');
  if (connectionId === undefined || !dialect || !isInitialised(meta) || meta['closed'] === true)
    return undefined;
  const identity = parseIdentity(textOf(meta, 'identity'));
  const before = textOf(row, 'dialect');
  const named = before === undefined ? 'attribute_not_exists(#dialect)' : '#dialect = :before';
  return {
    connectionId,
    change: {
      text:
        'SET #initialised = :true, #dialect = :dialect' +
        (identity ? ', #identityHash = :identityHash, #credentialExpiresAt = :end' : ''),
      values: {
        ':true': true,
        ':dialect': dialect,
        ...(identity && { ':identityHash': identity.hash, ':end': identity.expiresAt ?? NEVER }),
      },
    },
    condition: {
      text: `attribute_exists(#pk) AND ${named}`,
      ...(before !== undefined && { values: { ':before': before } }),
    },
  };
}

const isInitialised = (meta: Row) => textOf(meta, 'initialised') !== undefined;
