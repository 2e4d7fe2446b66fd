import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Registry } from '../../relay/ports.ts';

export interface ConnectionStores extends Pick<Registry, 'readStore' | 'updateStore'> {
  /** Removes what a connection has, as its close does. */
  forget(connectionId: string): void;
}

/** @param isOpen whether a connection is known, not closed, and not past its end */
export function createConnectionStores(isOpen: (connectionId: string) => boolean): ConnectionStores {
  /** Entries as JSON text, so that what is read is a copy, and holds no more than JSON does. */
  const stores = new Map<string, { readonly version: number; readonly text: string }>();
  return {
    async readStore(connectionId) {
      await nextTurn();
      const store = isOpen(connectionId) ? stores.get(connectionId) : undefined;
      if (!store) return { version: 0, entries: new Map() };
      const pairs: [string, unknown][] = JSON.parse(store.text);
      return { version: store.version, entries: new Map(pairs) };
    },

    async updateStore(connectionId, version, entries) {
      const text = JSON.stringify([...entries]);
      await nextTurn();
      if (!isOpen(connectionId)) return 'closed';
      if ((stores.get(connectionId)?.version ?? 0) !== version) return 'conflict';
      stores.set(connectionId, { version: version + 1, text });
      return 'written';
    },

    forget: (connectionId) => void stores.delete(connectionId),
  };
}
