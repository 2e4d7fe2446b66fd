import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Connection, LiveConnection, NewConnection, Registry } from '../../relay/ports.ts';

/** The connections, whatever has been subscribed on them. */
export interface ConnectionBook
  extends Pick<Registry, 'initialise' | 'speak' | 'noteExpiry' | 'connection' | 'live'> {
  /** Enters a connection that is new. */
  add(connection: NewConnection): void;
  /** One that is known and not past its end, closed or not. */
  get(connectionId: string): Connection | undefined;
  /** One on which something may be started. */
  openOne(connectionId: string): Connection | undefined;
  /** Ids of all that are open and speak for an identity. */
  openedBy(identityHash: string): readonly string[];
  /** Marks one as closed; nothing may be started on it from then on. */
  markClosed(connectionId: string): void;
  /** Removes what is kept beside the connection itself, as its close does. */
  forgetEnds(connectionId: string): void;
  /** Removes those past their end; their ids. */
  forget(): readonly string[];
}

/** An empty book; every method of the port gives up its turn between what it reads and what it writes. */
export function createConnectionBook(clock: Clock): ConnectionBook {
  const connections = new Map<string, Connection>();
  /** Connection id → the earliest end noted, in epoch seconds. */
  const operationEnds = new Map<string, number>();

  const isLive = ({ expiresAt }: Connection) => expiresAt > Math.floor(clock.now() / 1_000);
  const get = (id: string) => {
    const connection = connections.get(id);
    return connection && isLive(connection) ? connection : undefined;
  };
  const openOne = (id: string) => {
    const connection = get(id);
    return connection && !connection.closed ? connection : undefined;
  };

  return {
    add(connection) {
      connections.set(connection.id, {
        ...connection,
        initialised: false,
        confirmSubscriptions: false,
        strictOrdering: false,
        closed: false,
      });
    },

    get,
    openOne,
    openedBy: (identityHash) =>
      [...connections.keys()].filter((id) => openOne(id)?.identity?.hash === identityHash),

    markClosed(connectionId) {
      const connection = get(connectionId);
      if (connection) connections.set(connectionId, { ...connection, closed: true });
    },

    forgetEnds: (connectionId) => void operationEnds.delete(connectionId),

    forget() {
      const past = [...connections.values()].filter((connection) => !isLive(connection));
      for (const { id } of past) connections.delete(id);
      return past.map(({ id }) => id);
    },

    async initialise(connectionId, init) {
      const { dialect, identity, confirmSubscriptions = false, strictOrdering = false } = init;
      await nextTurn();
      const connection = openOne(connectionId);
      if (!connection) return 'unknown';
      if (connection.initialised) return 'repeated';
      connections.set(connectionId, {
        ...connection,
        ...(dialect && { dialect }),
        ...(identity && { identity }),
        confirmSubscriptions,
        strictOrdering,
        initialised: true,
      });
      return 'initialised';
    },

    async speak(connectionId, dialect) {
      await nextTurn();
      const connection = openOne(connectionId);
      if (connection) connections.set(connectionId, { ...connection, dialect });
    },

    async noteExpiry(connectionId, expiresAt) {
      await nextTurn();
      const noted = operationEnds.get(connectionId) ?? Number.POSITIVE_INFINITY;
      if (openOne(connectionId)) operationEnds.set(connectionId, Math.min(noted, expiresAt));
    },

    async connection(connectionId) {
      await nextTurn();
      return get(connectionId);
    },

    async *live() {
      for (const id of [...connections.keys()]) {
        await nextTurn();
        const connection = openOne(id);
        if (connection) yield liveConnection(connection, operationEnds.get(id));
      }
    },
  };
}

function liveConnection(connection: Connection, operationExpiresAt: number | undefined): LiveConnection {
  const { id, stage, dialect, identity, connectedAt, initialised } = connection;
  return {
    connectionId: id,
    stage,
    connectedAt,
    initialised,
    ...(dialect && { dialect }),
    ...(identity && { identityHash: identity.hash }),
    ...(identity?.expiresAt !== undefined && { credentialExpiresAt: identity.expiresAt }),
    ...(operationExpiresAt !== undefined && { operationExpiresAt }),
  };
}
