import { describe, expect, test } from '@jest/globals';
import type { Checkpoint } from '../../../src/adapters/dynamodb-streams/checkpoints.ts';
import {
  childShards,
  forgettable,
  latestCheckpoints,
  lineage,
  type ShardInfo,
} from '../../../src/adapters/dynamodb-streams/shards.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { createFakeStreams } from '../../../src/testing/fake-streams.ts';
import { named } from './fake-streams.ts';

const END: Checkpoint = { kind: 'end', at: 0 };
const AFTER: Checkpoint = { kind: 'after', sequenceNumber: '5' };
const BEGINNING: Checkpoint = { kind: 'beginning' };

/** `p` is the parent; a range makes the shard closed when it has an end. */
function shard(id: string, parent?: string, first?: number, last?: number): ShardInfo {
  return {
    id,
    ...(parent !== undefined && { parent }),
    open: last === undefined,
    ...(first !== undefined && { first: BigInt(first) }),
    ...(last !== undefined && { last: BigInt(last) }),
  };
}

const ready = (shards: readonly ShardInfo[], places: Readonly<Record<string, Checkpoint>> = {}) =>
  lineage(shards, new Map(Object.entries(places))).ready.map((each) => [each.shard.id, each.from]);

describe('which shards may be read', () => {
  test('roots, and shards whose parent has left the stream, from their oldest record', () => {
    expect(ready([shard('a', undefined, 1, 9), shard('b', 'gone', 1)])).toEqual([
      ['a', BEGINNING],
      ['b', BEGINNING],
    ]);
  });

  test('a child waits for its parent, open or closed, until that has ended', () => {
    const shards = [shard('p', undefined, 1, 9), shard('c', 'p', 10)];
    expect(ready(shards)).toEqual([['p', BEGINNING]]);
    expect(ready(shards, { p: AFTER })).toEqual([['p', AFTER]]);
    expect(ready(shards, { p: END })).toEqual([['c', BEGINNING]]);
    expect(ready([shard('p', undefined, 1), shard('c', 'p', 10)])).toEqual([['p', BEGINNING]]);
  });

  test('a child waits for a parent that is not told of for a moment, as long as that was begun and has not ended', () => {
    expect(ready([shard('c', 'p', 10)], { p: AFTER })).toEqual([]);
    expect(lineage([shard('c', 'p', 10)], new Map([['p', AFTER]])).missing).toMatchObject([
      { shard: { id: 'p' }, from: AFTER },
    ]);
    expect(ready([shard('c', 'p', 10)], { p: END })).toEqual([['c', BEGINNING]]);
  });

  test('a merge: the only child waits for the parent that is not named too', () => {
    const shards = [shard('p', undefined, 1, 9), shard('q', undefined, 1, 8), shard('c', 'p', 20)];
    expect(ready(shards, { p: END, q: AFTER })).toEqual([['q', AFTER]]);
    expect(ready(shards, { p: END, q: END })).toEqual([['c', BEGINNING]]);
  });

  test('it does not wait for what cannot be its parent: one that ended later, is open, or has a child of its own', () => {
    const p = shard('p', undefined, 1, 9);
    const c = shard('c', 'p', 20);
    const places = { p: END, q: AFTER };
    const ids = (q: ShardInfo, ...more: readonly ShardInfo[]) =>
      ready([p, q, c, ...more], places).map(([id]) => id);
    expect(ids(shard('q', undefined, 1, 30))).toEqual(['q', 'c']);
    expect(ids(shard('q', undefined, 1))).toEqual(['q', 'c']);
    expect(ids(shard('q', undefined, 1, 8), shard('d', 'q', 21))).toEqual(['q', 'c']);
  });

  test('of two children neither waits for others, and a child that was begun goes on', () => {
    const p = shard('p', undefined, 1, 9);
    const q = shard('q', undefined, 1, 8);
    const places = { p: END, q: AFTER };
    expect(ready([p, q, shard('c', 'p', 20), shard('d', 'p', 21)], places).map(([id]) => id)).toEqual([
      'q',
      'c',
      'd',
    ]);
    expect(ready([p, q, shard('c', 'p', 20)], { ...places, c: AFTER }).map(([id]) => id)).toEqual(['q', 'c']);
  });

  test('sequence numbers are compared as numbers of any length', () => {
    const p = shard('p', undefined, 1, 9);
    const q: ShardInfo = { id: 'q', open: false, first: 1n, last: 999_999_999_999_999_999_999n };
    const c: ShardInfo = { id: 'c', parent: 'p', open: true, first: 1_000_000_000_000_000_000_000n };
    expect(ready([p, q, c], { p: END, q: AFTER }).map(([id]) => id)).toEqual(['q']);
  });

  test('one without a checkpoint whose grandchild was begun was read: it is not read again', () => {
    const shards = [shard('g', undefined, 1, 9), shard('p', 'g', 10, 19), shard('c', 'p', 20)];
    expect(ready(shards, { c: AFTER })).toEqual([['c', AFTER]]);
  });
});

describe('first checkpoints at LATEST', () => {
  test('open shards begin now, closed leaves are behind it, children of open shards come later', () => {
    const shards = [
      shard('old', undefined, 1, 9),
      shard('now', 'old', 10),
      shard('leaf', undefined, 1, 9),
      shard('root', undefined, 1),
      shard('early', 'root', 30),
    ];
    const first = latestCheckpoints(shards, 77);
    expect(Object.fromEntries(first)).toEqual({
      now: { kind: 'since', at: 77 },
      root: { kind: 'since', at: 77 },
      leaf: { kind: 'end', at: 77 },
    });
    // Written in this order, and broken off anywhere, nothing that is behind the start is read as if it were new.
    expect([...first.keys()].at(-1)).toBe('leaf');
    expect(lineage(shards, first).ready.map(({ shard: { id } }) => id)).toEqual(['now', 'root']);
  });
});

describe('tombstones', () => {
  const HOURS_25 = 25 * 3_600_000;
  const forget = (shards: readonly ShardInfo[], places: Readonly<Record<string, Checkpoint>>, now = 1) =>
    forgettable(shards, new Map(Object.entries(places)), now);

  test('kept while the shard can be seen, and until every child is past its start', () => {
    const children = [shard('c', 'p', 1), shard('d', 'p', 1)];
    expect(forget([shard('p', undefined, 1, 9), ...children], { p: END, c: AFTER, d: AFTER })).toEqual([]);
    expect(forget(children, { p: END, c: AFTER })).toEqual([]);
    expect(forget(children, { p: END, c: AFTER, d: BEGINNING })).toEqual([]);
    expect(forget(children, { p: END, c: AFTER, d: { kind: 'since', at: 3 } })).toEqual([]);
    expect(forget(children, { p: END, c: AFTER, d: AFTER })).toEqual(['p']);
    expect(forget(children, { p: END, c: END, d: AFTER })).toContain('p');
  });

  test('without children it goes 25 hours after its end, and a shard that has not ended never does', () => {
    expect(forget([], { p: END }, HOURS_25)).toEqual([]);
    expect(forget([], { p: END }, HOURS_25 + 1)).toEqual(['p']);
    expect(forget([], { p: AFTER, q: BEGINNING }, 10 * HOURS_25)).toEqual([]);
  });
});

describe('asking for the children of one shard', () => {
  const signal = new AbortController().signal;

  test('an endpoint that knows the filter tells of the children alone', async () => {
    const streams = createFakeStreams({ clock: createVirtualClock(), seed: 3 });
    const arn = streams.createTable('T', { shards: 4 });
    const [first = ''] = streams.openShards('T');
    const children = streams.split(first);
    const found = await childShards(streams.api('me'), arn, first, signal);
    expect(found?.map(({ id }) => id).sort()).toEqual([...children].sort());
  });

  test('one that refuses or ignores it is told apart; what may pass is thrown', async () => {
    const api = createFakeStreams().api('me');
    const failing = (error: Error) => ({ ...api, describeStream: () => Promise.reject(error) });
    expect(
      await childShards(failing(named('ValidationException', 'ShardFilter')), 'arn', 's1', signal),
    ).toBeUndefined();
    const all = {
      StreamDescription: { Shards: [{ ShardId: 's1' }, { ShardId: 's2', ParentShardId: 's1' }] },
    };
    expect(
      await childShards({ ...api, describeStream: async () => all }, 'arn', 's1', signal),
    ).toBeUndefined();
    // The first page of many that leaves the shard itself to the next.
    const others = { StreamDescription: { Shards: [{ ShardId: 's2' }, { ShardId: 's3' }] } };
    expect(
      await childShards({ ...api, describeStream: async () => others }, 'arn', 's1', signal),
    ).toBeUndefined();
    await expect(
      childShards(failing(named('LimitExceededException', 'slow')), 'arn', 's1', signal),
    ).rejects.toThrow('slow');
  });
});
