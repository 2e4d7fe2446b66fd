import { beforeEach, expect, test } from '@jest/globals';
import { createMemoryRegistry } from '../../../src/adapters/memory/registry.ts';
import { filterKey } from '../../../src/filter/keys.ts';
import type { Candidate, NewSubscription, Registry } from '../../../src/relay/ports.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/testing/clock.ts';

let clock: VirtualClock;
let registry: Registry;
beforeEach(() => {
  clock = createVirtualClock();
  registry = createMemoryRegistry({ clock });
});

const seconds = () => Math.floor(clock.now() / 1_000);
const keyOf = (title: string) => filterKey('onCreateTodo', new Map([['title', title]]));

async function open(id: string): Promise<void> {
  await registry.open({ id, stage: 'test', connectedAt: clock.now(), expiresAt: seconds() + 7_800 });
}

const subscription = (
  connectionId: string,
  title: string,
  more: Partial<NewSubscription> = {},
): NewSubscription => ({
  connectionId,
  clientId: title,
  field: 'onCreateTodo',
  table: 'Todos',
  alternatives: [new Map([['title', title]])],
  filter: `filter of ${title}`,
  document: { hash: 'd', text: 'd' },
  renderingKey: 'r',
  dialect: 'graphql-transport-ws',
  stage: 'test',
  activatedAt: clock.now(),
  expiresAt: seconds() + 7_800,
  subscriber: { identityHash: 'anyone' },
  maxOnConnection: 100,
  ...more,
});

async function partOf(title: string): Promise<readonly Candidate[] | undefined> {
  const found = await registry.candidates([{ filterKey: keyOf(title), shards: 1 }]);
  const parts = found.get(keyOf(title)) ?? [];
  expect(parts.length).toBeLessThanOrEqual(1);
  return parts[0];
}
const ids = (part: readonly Candidate[] | undefined) => part?.map(({ connectionId }) => connectionId);

test('C10 the rows of a filter key are the very same part until one of them comes or goes', async () => {
  for (const id of ['a', 'b']) await open(id);
  await registry.subscribe(subscription('a', 'x'));
  await registry.subscribe(subscription('a', 'y'));
  const [x, y] = [await partOf('x'), await partOf('y')];
  expect(ids(x)).toEqual(['a']);
  expect(await partOf('x')).toBe(x);

  await registry.subscribe(subscription('b', 'x'));
  const both = await partOf('x');
  expect(ids(both)).toEqual(['a', 'b']);
  expect(ids(x)).toEqual(['a']);
  expect(await partOf('y')).toBe(y);

  await registry.complete('a', 'x');
  expect(ids(await partOf('x'))).toEqual(['b']);
  expect(ids(both)).toEqual(['a', 'b']);
  await registry.close('b');
  expect(await partOf('x')).toBeUndefined();
  expect(await partOf('y')).toBe(y);
});

test('a part ends when the first of its rows expires, and no sooner', async () => {
  for (const id of ['a', 'b']) await open(id);
  await registry.subscribe(subscription('a', 'x', { expiresAt: seconds() + 100 }));
  await registry.subscribe(subscription('b', 'x', { expiresAt: seconds() + 200 }));
  const part = await partOf('x');
  await clock.advance(99_000);
  expect(await partOf('x')).toBe(part);
  await clock.advance(1_000);
  expect(ids(await partOf('x'))).toEqual(['b']);
  await clock.advance(100_000);
  expect(await partOf('x')).toBeUndefined();
});

test('one who subscribes again in the place of an expired subscription is found once', async () => {
  await open('a');
  await registry.subscribe(subscription('a', 'x', { expiresAt: seconds() + 100 }));
  await clock.advance(100_000);
  expect(await registry.subscribe(subscription('a', 'x', { filter: 'another' }))).toBe('active');
  expect((await partOf('x'))?.map(({ filter }) => filter)).toEqual(['another']);
});

test('a row of another shard is looked for in as many shards as are asked for', async () => {
  for (let n = 0; n < 12; n += 1) {
    await open(`c${n}`);
    await registry.subscribe(subscription(`c${n}`, 'all', { alternatives: [new Map()] }));
  }
  const key = filterKey('onCreateTodo', new Map());
  const count = async (shards: number) => {
    const found = await registry.candidates([{ filterKey: key, shards }]);
    return found.get(key)?.flat().length;
  };
  expect(await count(4)).toBe(12);
  const first = await count(1);
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(12);
  expect(await count(4)).toBe(12);
});
