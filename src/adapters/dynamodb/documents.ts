import type { NewSubscription, StoredDocument } from '../../relay/ports.ts';
import type { RegistryLimits } from '../memory/registry-limits.ts';
import { documentKey, isLive, numberOf, secondsOf, textOf } from './rows.ts';
import { get, put, type RelayTable } from './table.ts';

export interface Documents {
  /** Makes sure the subscription's document outlives it: at most one write a document, process and connection life. */
  keep(subscription: NewSubscription): Promise<void>;
  /** From memory if it was read before: a document never changes under its hash. */
  find(hash: string): Promise<StoredDocument | undefined>;
}

export function createDocuments(table: RelayTable, limits: RegistryLimits): Documents {
  /** Hash → epoch seconds its row lasts until, at least. */
  const lasting = boundedMap<number>(limits.maxCachedDocuments);
  const found = boundedMap<StoredDocument>(limits.maxCachedDocuments);
  return {
    async keep({ document, expiresAt: end }) {
      const now = secondsOf(table.clock.now());
      const lastsUntil = Math.max(now + limits.connectionLifeSeconds, end);
      if ((lasting.get(document.hash) ?? 0) >= lastsUntil) return;
      const expiresAt = Math.max(now + 2 * limits.connectionLifeSeconds, end);
      const written = await put(
        table,
        { ...documentKey(document.hash), text: document.text, expiresAt },
        {
          text: 'attribute_not_exists(#pk) OR #expiresAt < :lastsUntil',
          values: { ':lastsUntil': lastsUntil },
        },
      );
      const stored = written.ok ? expiresAt : written.found && numberOf(written.found, 'expiresAt');
      lasting.set(document.hash, stored ?? lastsUntil);
    },

    async find(hash) {
      const remembered = found.get(hash);
      if (remembered) return remembered;
      const row = await get(table, documentKey(hash));
      const text = isLive(row, table.clock.now()) ? textOf(row, 'text') : undefined;
      if (text === undefined) return undefined;
      const document = { hash, text };
      found.set(hash, document);
      return document;
    },
  };
}

/** A map that forgets what was used longest ago once it holds more than `size` entries. */
function boundedMap<V>(size: number) {
  const entries = new Map<string, V>();
  return {
    get(key: string): V | undefined {
      const value = entries.get(key);
      if (value !== undefined) {
        entries.delete(key);
        entries.set(key, value);
      }
      return value;
    },
    set(key: string, value: V): void {
      entries.delete(key);
      entries.set(key, value);
      const [oldest] = entries.keys();
      if (entries.size > size && oldest !== undefined) entries.delete(oldest);
    },
  };
}
