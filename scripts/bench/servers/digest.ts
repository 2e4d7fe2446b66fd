import { createHash } from 'node:crypto';
import { connectionOf } from './refusals.ts';

/** One body as it was posted. */
export interface Posted {
  readonly path: string;
  readonly body: string;
}

/** What was delivered of one event, and to whom. */
export interface Digest {
  readonly posts: number;
  /** Over the sorted multiset of (connection, client id, `data`): equal for two programs that delivered the same. */
  readonly sha256: string;
}

/**
 * By the id of the item that the event is about, of all connections but those that are left out. `extensions` are left out, which a plain loop has not, and so is how a
 * connection id was written in the path.
 */
export function digestsOf(
  posted: Iterable<Posted>,
  leftOut: readonly string[] = [],
): ReadonlyMap<string, Digest> {
  const lines = new Map<string, string[]>();
  for (const { path, body } of posted) {
    const connection = connectionOf(path);
    if (leftOut.includes(connection)) continue;
    const { id, payload } = JSON.parse(body);
    const event = String(payload?.data?.onCreateTodo?.id);
    const line = JSON.stringify([connection, id, payload?.data]);
    const own = lines.get(event);
    if (own) own.push(line);
    else lines.set(event, [line]);
  }
  return new Map(
    [...lines].map(([event, own]) => [
      event,
      { posts: own.length, sha256: createHash('sha256').update(own.sort().join('\n')).digest('hex') },
    ]),
  );
}
