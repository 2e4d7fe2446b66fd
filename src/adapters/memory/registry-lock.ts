import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Registry } from '../../relay/ports.ts';

export interface ConnectionLocks extends Pick<Registry, 'lock' | 'unlock'> {
  /** Removes what a connection has, as its close does. */
  forget(connectionId: string): void;
}

/** @param isOpen whether a connection is known, not closed, and not past its end */
export function createConnectionLocks(
  clock: Clock,
  isOpen: (connectionId: string) => boolean,
): ConnectionLocks {
  const locks = new Map<string, { readonly token: string; readonly heldUntil: number }>();
  return {
    async lock(connectionId, holdMs) {
      await nextTurn();
      const held = locks.get(connectionId);
      if (!isOpen(connectionId) || (held && held.heldUntil > clock.now())) return undefined;
      const token = randomUUID();
      locks.set(connectionId, { token, heldUntil: clock.now() + holdMs });
      return token;
    },

    async unlock(connectionId, token) {
      await nextTurn();
      if (locks.get(connectionId)?.token === token) locks.delete(connectionId);
    },

    forget: (connectionId) => void locks.delete(connectionId),
  };
}
