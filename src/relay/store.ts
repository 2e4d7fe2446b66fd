import { GraphQLError } from 'graphql';
import type { ConnectionStore } from '../api/ports.ts';
import { byteLength } from '../protocol/limits.ts';
import type { Registry } from './ports.ts';

/** All entries together, as JSON, bytes of UTF-8. */
const MAX_STORE_BYTES = 8 * 1024;

/** Operations of one connection that write at the same moment each try again; more than this is a loop. */
const MAX_TRIES = 20;

/** The store of one connection: read when it is first asked for, so that an operation that needs none costs none. */
export function connectionStore(registry: Registry, id: string): ConnectionStore {
  const entries = async () => (await registry.readStore(id)).entries;
  return {
    id,
    entries,
    get: async (name) => (await entries()).get(name),
    async set(name, value) {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const { version, entries: before } = await registry.readStore(id);
        const after = new Map(before);
        if (value === undefined) after.delete(name);
        else after.set(name, value);
        const problem = storeProblem(after);
        if (problem !== undefined) throw new GraphQLError(problem);
        const outcome = await registry.updateStore(id, version, after);
        if (outcome === 'written') return;
        if (outcome === 'closed') throw new GraphQLError('Connection store: the connection has closed');
      }
      throw new GraphQLError(`Connection store: expected to write, got others writing ${MAX_TRIES} times`);
    },
  };
}

/**
 * For what a project's own code stores: the fault is not the client's.
 * @throws RangeError when the entries take more than a store may hold · TypeError when one is no JSON
 */
export function checkStore(entries: ReadonlyMap<string, unknown>): void {
  const problem = storeProblem(entries);
  if (problem !== undefined) throw new RangeError(problem);
}

function storeProblem(entries: ReadonlyMap<string, unknown>): string | undefined {
  const bytes = byteLength(JSON.stringify([...entries]));
  if (bytes <= MAX_STORE_BYTES) return undefined;
  return `Connection store: expected at most ${MAX_STORE_BYTES} bytes of JSON, got ${bytes}`;
}
