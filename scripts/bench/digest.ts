import { createHash } from 'node:crypto';

/** One body as it was posted. */
export interface Posted {
  readonly path: string;
  readonly body: string;
}

export interface Digest {
  readonly posts: number;
  /** Distinct (path, id, data). */
  readonly distinct: number;
  /** SHA-256 over the sorted set with how often each came: equal for two variants that delivered the same. */
  readonly sha256: string;
}

/** What was delivered to whom, as a multiset: `extensions`, which a plain loop has not, are left out. */
export function digestOf(posted: readonly Posted[]): Digest {
  const counts = new Map<string, number>();
  for (const { path, body } of posted) {
    const { id, type, payload } = JSON.parse(body);
    const key = JSON.stringify([path, id, type, payload.data]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const lines = [...counts].map(([key, count]) => `${count} ${key}`).sort();
  return {
    posts: posted.length,
    distinct: counts.size,
    sha256: createHash('sha256').update(lines.join('\n')).digest('hex'),
  };
}
