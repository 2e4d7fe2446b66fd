import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Equalities } from '../../src/filter/expression.ts';
import { hash128 } from '../../src/filter/keys.ts';
import {
  connectionOf,
  equal,
  idsOf,
  LIFE_SECONDS,
  lookUp,
  subscriptionOf,
  TABLE,
} from './registry-samples.ts';
import { everyWorld, START, type Store } from './registry-worlds.ts';

const FIELDS = ['title', 'memo', 'priority', 'completed', 'owner'];

/** 31 filters, each comparing another set of fields, and one that compares none: 32 wishes for a shape. */
const wishes: readonly Equalities[] = Array.from(
  { length: 2 ** FIELDS.length },
  (_, bits) =>
    new Map(FIELDS.filter((_field, n) => bits & (1 << n)).map((field) => [field, `${field} ${bits}`])),
);

/** An item every field of which fits the wish. */
const itemOf = (wish: Equalities): Equalities =>
  new Map(FIELDS.map((field) => [field, wish.get(field) ?? 'any']));

async function openAt({ registry, clock }: Store, id: string): Promise<{ readonly expiresAt: number }> {
  const expiresAt = clock.now() / 1_000 + LIFE_SECONDS;
  await registry.open(connectionOf(id, { connectedAt: clock.now(), expiresAt }));
  return { expiresAt };
}

describe.each(everyWorld())('registry, rows that subscriptions share: %s', (_, world) => {
  beforeAll(() => world.start());
  afterAll(() => world.stop());

  test('the shapes of a table are those its subscriptions compare; the empty one has four shards', async () => {
    const { registry, another } = await world.open();
    await registry.open(connectionOf('a'));
    await registry.subscribe(subscriptionOf('a', '1'));
    await registry.subscribe(subscriptionOf('a', '2', { field: 'onChangeTodo', alternatives: [equal({})] }));
    await registry.subscribe(subscriptionOf('a', '3', { table: 'Messages', field: 'onCreateMessage' }));
    const shapes = [...(await another().shapes(TABLE))].sort((a, b) => (a.field < b.field ? -1 : 1));
    expect(shapes).toEqual([
      { field: 'onChangeTodo', names: [], shards: 4 },
      { field: 'onCreateTodo', names: ['title'], shards: 1 },
    ]);
    expect(await another().shapes('Messages')).toEqual([
      { field: 'onCreateMessage', names: ['title'], shards: 1 },
    ]);
    expect(await another().shapes('Unwatched')).toEqual([]);
  });

  test('C10 work follows matches: 32 different wishes, all at once, make 8 shapes a field at most, and each subscriber is found', async () => {
    const { registry, another } = await world.open();
    await registry.open(connectionOf('a'));
    const outcomes = await Promise.all(
      wishes.map((wish, n) => registry.subscribe(subscriptionOf('a', `${n}`, { alternatives: [wish] }))),
    );
    expect(new Set(outcomes)).toEqual(new Set(['active']));
    const shapes = await another().shapes(TABLE);
    expect(shapes.length).toBeLessThanOrEqual(8);
    expect(shapes.filter(({ names }) => names.length === 0)).toHaveLength(1);
    for (const [n, wish] of wishes.entries())
      expect(idsOf(await lookUp(another(), itemOf(wish)))).toContain(`a/${n}`);
  });

  test('C10 work follows matches: a process that knows no shapes reads them before it adds one', async () => {
    const { registry, another } = await world.open({ maxShapesPerField: 3 });
    await registry.open(connectionOf('a'));
    for (const [n, wish] of wishes.entries()) {
      expect(await another().subscribe(subscriptionOf('a', `${n}`, { alternatives: [wish] }))).toBe('active');
    }
    expect((await another().shapes(TABLE)).length).toBeLessThanOrEqual(3);
    for (const [n, wish] of wishes.entries())
      expect(idsOf(await lookUp(another(), itemOf(wish)))).toContain(`a/${n}`);
  });

  test('a shape and a document outlive every subscription that uses them, and then go', async () => {
    const store = await world.open();
    const { registry, clock, another } = store;
    const { document } = subscriptionOf('a', '1');
    const found = async () => ({
      ids: idsOf(await lookUp(another(), equal({ title: '買い物' }))),
      text: (await another().document(document.hash))?.text,
    });
    for (let n = 0; n < 8; n += 1) {
      // Three quarters of a life apart: each finds the shared rows in another part of their lives.
      const end = await openAt(store, `c${n}`);
      expect(await registry.subscribe(subscriptionOf(`c${n}`, '1', end))).toBe('active');
      clock.advance(LIFE_SECONDS * 750);
      expect(await found()).toEqual({ ids: [`c${n}/1`], text: document.text });
    }
    clock.advance(LIFE_SECONDS * 250 - 1);
    expect(await found()).toEqual({ ids: ['c7/1'], text: document.text });
    clock.advance(2 * LIFE_SECONDS * 1_000);
    expect(await found()).toEqual({ ids: [], text: undefined });
    expect(await another().shapes(TABLE)).toEqual([]);
  });

  test('a subscription that lasts unusually long still has its shape and document to its end', async () => {
    const store = await world.open();
    const { registry, clock, another } = store;
    const expiresAt = START / 1_000 + 5 * LIFE_SECONDS;
    await registry.open(connectionOf('a'));
    await registry.open(connectionOf('b', { expiresAt }));
    await registry.subscribe(subscriptionOf('a', '1'));
    await registry.subscribe(subscriptionOf('b', '1', { expiresAt }));
    clock.advance(5 * LIFE_SECONDS * 1_000 - 1);
    expect(idsOf(await lookUp(another(), equal({ title: '買い物' })))).toEqual(['b/1']);
    expect(await another().document(subscriptionOf('b', '1').document.hash)).toBeDefined();
  });

  test('documents of different text are kept apart, and an unknown one is not there', async () => {
    const { registry, another } = await world.open();
    await registry.open(connectionOf('a'));
    const documents = ['{ a }', '{ 買 }'].map((text) => ({ hash: hash128(text), text }));
    for (const [n, document] of documents.entries())
      await registry.subscribe(subscriptionOf('a', `${n}`, { document }));
    for (const document of documents) expect(await another().document(document.hash)).toEqual(document);
    expect(await registry.document(hash128('{ b }'))).toBeUndefined();
  });
});
