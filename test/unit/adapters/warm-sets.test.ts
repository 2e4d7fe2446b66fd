import { describe, expect, test } from '@jest/globals';
import type { KeyVersion } from '../../../src/adapters/dynamodb/versions.ts';
import { sharingTexts, WarmSets } from '../../../src/adapters/dynamodb/warm-sets.ts';
import type { Candidate } from '../../../src/relay/ports.ts';

const NOW = 1_000_000_000;
const END = NOW / 1_000 + 100;

const rows = (count: number, expiresAt = END): readonly Candidate[] =>
  Array.from({ length: count }, (_, n) => ({
    connectionId: `c${n}`,
    clientId: '1',
    field: 'onCreateTodo',
    documentHash: 'document',
    renderingKey: 'document',
    filter: '{}',
    dialect: 'appsync' as const,
    stage: 'dev',
    activatedAt: 1,
    expiresAt,
    row: `k#0 c${n}#h#n`,
  }));

const version = (filterKey: string, nonce = 'n', counters: readonly number[] = []): KeyVersion => ({
  filterKey,
  nonce,
  expiresAt: END,
  counter: (shard) => counters[shard] ?? 0,
});

function warmSets(maxRows = 100) {
  const clock = { time: NOW, now: () => clock.time, sleep: async () => {} };
  return { clock, sets: new WarmSets({ maxRows, maxAgeMs: 300_000, clock }) };
}

/** What a batch does that uses this key alone. */
function load(sets: WarmSets, key: string, count: number, inUse: readonly string[] = [key]): void {
  sets.knows(key);
  sets.learn(key);
  sets.keep(version(key), new Map([[0, rows(count)]]), new Set(inUse));
}

const holds = (sets: WarmSets, key: string) => sets.held(version(key), 0) !== undefined;

describe('rows kept of large filter keys', () => {
  test('are used for the version they were loaded at, and no other', () => {
    const { sets } = warmSets();
    const part = rows(3);
    sets.keep(version('k', 'n', [4, 7]), new Map([[1, part]]), new Set(['k']));
    expect(sets.held(version('k', 'n', [5, 7]), 1)).toBe(part);
    expect(sets.held(version('k', 'n', [4, 8]), 1)).toBeUndefined();
    expect(sets.held(version('k', 'n', [4, 6]), 1)).toBeUndefined();
    expect(sets.held(version('k', 'of another making', [4, 7]), 1)).toBeUndefined();
    expect(sets.held(version('k', 'n', [4, 7]), 0)).toBeUndefined();
    expect(sets.held(version('other', 'n', [4, 7]), 1)).toBeUndefined();
  });

  test('are given as the same part until some expire, then as a part without those', () => {
    const { clock, sets } = warmSets();
    const part = [...rows(2, END - 50), ...rows(3)];
    sets.keep(version('k'), new Map([[0, part]]), new Set(['k']));
    expect(sets.held(version('k'), 0)).toBe(part);
    clock.time += 49_999;
    expect(sets.held(version('k'), 0)).toBe(part);
    clock.time += 1;
    const left = sets.held(version('k'), 0);
    expect(left).toEqual(part.slice(2));
    expect(sets.held(version('k'), 0)).toBe(left);
    expect(sets.rows).toBe(3);
  });

  test('are not used once they are five minutes old', () => {
    const { clock, sets } = warmSets();
    sets.keep(version('k'), new Map([[0, rows(3, END * 2)]]), new Set(['k']));
    clock.time += 299_999;
    expect(holds(sets, 'k')).toBe(true);
    clock.time += 1;
    expect(holds(sets, 'k')).toBe(false);
  });

  test('C1 are not used when the clock is put back by a second or more: what had expired by then may be served', () => {
    const { clock, sets } = warmSets();
    sets.keep(version('k'), new Map([[0, [...rows(2, END - 50), ...rows(3)]]]), new Set(['k']));
    clock.time += 60_000;
    expect(sets.held(version('k'), 0)).toHaveLength(3);
    clock.time -= 1;
    expect(holds(sets, 'k')).toBe(false);
    clock.time -= 30_000;
    expect(holds(sets, 'k')).toBe(false);
    sets.keep(version('k'), new Map([[0, [...rows(2, END - 50), ...rows(3)]]]), new Set(['k']));
    expect(sets.held(version('k'), 0)).toHaveLength(5);
  });

  test('of a later version stay when an earlier one is kept after them', () => {
    const { sets } = warmSets();
    const later = rows(2);
    sets.keep(version('k', 'n', [2]), new Map([[0, later]]), new Set(['k']));
    sets.keep(version('k', 'n', [1]), new Map([[0, rows(1)]]), new Set(['k']));
    expect(sets.held(version('k', 'n', [2]), 0)).toBe(later);
    sets.keep(version('k', 'new', [0]), new Map([[0, rows(1)]]), new Set(['k']));
    expect(sets.held(version('k', 'new', [0]), 0)).toHaveLength(1);
  });

  test('are dropped for those of another key, the least recently used first, never of one that is in use', () => {
    const { sets } = warmSets(100);
    for (const key of ['a', 'b', 'c']) load(sets, key, 30);
    expect(sets.rows).toBe(90);
    expect(sets.knows('a')).toBe(true);
    load(sets, 'd', 30);
    expect(['a', 'b', 'c', 'd'].map((key) => holds(sets, key))).toEqual([true, false, true, true]);
    expect(sets.knows('b')).toBe(false);
    load(sets, 'e', 60, ['a', 'c', 'd', 'e']);
    expect(['a', 'c', 'd', 'e'].map((key) => holds(sets, key))).toEqual([true, true, true, false]);
    // Its version is still asked for: what was kept may make room by the next batch.
    expect(sets.knows('e')).toBe(true);
    load(sets, 'e', 60);
    expect(['a', 'c', 'd', 'e'].map((key) => holds(sets, key))).toEqual([false, false, true, true]);
  });

  test('of one key are never more than may be kept of all, and nor are keys without rows', () => {
    const { sets } = warmSets(10);
    load(sets, 'large', 11);
    expect(holds(sets, 'large')).toBe(false);
    for (let n = 0; n < 50; n += 1) sets.learn(`${n}`);
    const known = Array.from({ length: 50 }, (_, n) => sets.knows(`${n}`)).filter(Boolean);
    expect(known).toHaveLength(10);
    expect(sets.rows).toBe(0);
  });

  test('shard by shard are one key: what is loaded again takes the place of what was there', () => {
    const { sets } = warmSets(100);
    const inUse = new Set(['k']);
    sets.keep(version('k'), new Map([0, 1, 2].map((shard) => [shard, rows(30)])), inUse);
    sets.keep(version('k', 'n', [0, 1]), new Map([[1, rows(20)]]), inUse);
    expect(sets.rows).toBe(80);
    sets.forget('k');
    expect(sets.rows).toBe(0);
    load(sets, 'another', 99);
    expect(holds(sets, 'another')).toBe(true);
  });

  test('share their texts, and differ in nothing from those that were read', () => {
    const part = rows(3).map((row, n) => ({ ...row, filter: `${'a long filter '.repeat(4)}${n % 2}` }));
    expect(sharingTexts(part)).toEqual(part);
  });
});
