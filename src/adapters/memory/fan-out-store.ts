import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FanOutStore, Token } from '../../relay/fan-out/ports.ts';
import type { Clock } from '../../relay/ports.ts';

/** {@link FanOutStore} in this process: the reference implementation. */
export function createMemoryFanOutStore({ clock }: { readonly clock: Clock }): FanOutStore {
  const tokens = new Map<string, Token>();
  const payloads = new Map<string, { readonly text: string; readonly expiresAt: number }>();
  const isOver = ({ expiresAt }: { readonly expiresAt: number }) =>
    expiresAt <= Math.floor(clock.now() / 1_000);
  const drop = (from: Map<string, { readonly expiresAt: number }>) => {
    for (const [key, entry] of from) if (isOver(entry)) from.delete(key);
  };
  return {
    async outstanding(tables) {
      await nextTurn();
      drop(tokens);
      for (const token of tokens.values())
        if (token.tables.some((table) => tables.includes(table))) return token.lanes;
      return undefined;
    },

    async laneCounts(tables) {
      await nextTurn();
      drop(tokens);
      const concerned = [...tokens.values()].filter((token) =>
        token.tables.some((table) => tables.includes(table)),
      );
      return new Set(concerned.map(({ lanes }) => lanes));
    },

    async add(added) {
      await nextTurn();
      for (const token of added) tokens.set(token.id, token);
    },

    async remove(removed) {
      await nextTurn();
      for (const { id } of removed) tokens.delete(id);
    },

    async putPayload(hash, text, expiresAt) {
      await nextTurn();
      drop(payloads);
      payloads.set(hash, { text, expiresAt });
    },

    async payload(hash) {
      await nextTurn();
      const found = payloads.get(hash);
      return found && !isOver(found) ? found.text : undefined;
    },
  };
}
