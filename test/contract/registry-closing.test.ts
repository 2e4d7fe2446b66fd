import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  connectionOf,
  equal,
  idsOf,
  LIFE_SECONDS,
  lookUp,
  ownedRows,
  subscriptionOf,
} from './registry-samples.ts';
import { everyWorld } from './registry-worlds.ts';

const shopping = equal({ title: '買い物' });

describe.each(everyWorld())('registry, what ends and what is kept: %s', (_, world) => {
  beforeAll(() => world.start());
  afterAll(() => world.stop());

  describe('closing', () => {
    test('R5: leaves nothing of its connection, whatever it had, and everything of the others', async () => {
      const { registry, rows } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.open(connectionOf('b'));
      const alternatives = Array.from({ length: 5 }, (_, n) => equal({ title: `${n}` }));
      await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          registry.subscribe(subscriptionOf('a', `${n}`, { alternatives })),
        ),
      );
      await registry.subscribe(subscriptionOf('b', '1', { alternatives }));
      await registry.complete('a', 'never there');
      expect(await registry.close('a')).toBe(12);
      for (let n = 0; n < 5; n += 1)
        expect(idsOf(await lookUp(registry, equal({ title: `${n}` })))).toEqual(['b/1']);
      expect(await registry.subscriptions('a')).toEqual([]);
      expect(await registry.connection('a')).toMatchObject({ closed: true });
      if (rows) {
        const left = ownedRows(await rows());
        expect(left.filter(({ pk, sk }) => pk === 'CONN#a' || /^a(#|$)/.test(String(sk)))).toEqual([]);
        // META, LIVE, ID, SUB and five under filter keys.
        expect(left).toHaveLength(9);
      }
      expect(await registry.close('b')).toBe(1);
      if (rows) expect(ownedRows(await rows())).toEqual([]);
    });

    test('is idempotent, also side by side and of a connection nobody opened', async () => {
      const { registry, rows } = await world.open();
      await registry.open(connectionOf('a'));
      await registry.subscribe(subscriptionOf('a', '1'));
      await Promise.all([registry.close('a'), registry.close('a')]);
      expect(await registry.close('a')).toBe(0);
      expect(await registry.close('unknown')).toBe(0);
      expect(await registry.connection('unknown')).toBeUndefined();
      if (rows) expect(ownedRows(await rows())).toEqual([]);
    });
  });

  describe('reaping', () => {
    test('R5: is a close: nothing of the connection is left, everything of the others, and again it ends nothing', async () => {
      const { registry, another, rows } = await world.open();
      for (const id of ['a', 'b']) {
        await registry.open(connectionOf(id));
        for (const clientId of ['1', '2']) await registry.subscribe(subscriptionOf(id, clientId));
      }
      const found = await lookUp(registry, shopping);
      const own = found.flatMap(({ connectionId, row }) => (connectionId === 'a' ? [row] : []));
      expect(await registry.reap('a', own)).toBe(2);
      expect(idsOf(await lookUp(another(), shopping))).toEqual(['b/1', 'b/2']);
      expect(await registry.connection('a')).toMatchObject({ closed: true });
      expect(await registry.subscriptions('a')).toEqual([]);
      expect(await registry.reap('a', own)).toBe(0);
      expect(await registry.reap('unknown', own)).toBe(0);
      if (rows) expect(ownedRows(await rows()).filter(({ sk }) => /^a(#|$)/.test(String(sk)))).toEqual([]);
      expect(await registry.reap('b', [])).toBe(2);
      expect(await lookUp(another(), shopping)).toEqual([]);
    });

    test('passes over rows of another connection, and texts that are no row', async () => {
      const { registry } = await world.open();
      for (const id of ['a', 'a#a', 'b']) {
        await registry.open(connectionOf(id));
        await registry.subscribe(subscriptionOf(id, '1'));
      }
      const everyone = (await lookUp(registry, shopping)).map(({ row }) => row);
      expect(everyone).toHaveLength(3);
      await registry.reap('a', [...everyone, '', ' ', 'key', 'k#0', 'k#0 ', 'k#0 a#h#n', '{"pk":"CONN#b"}']);
      expect(idsOf(await lookUp(registry, shopping))).toEqual(['a#a/1', 'b/1']);
    });
  });

  describe('places of records that outgrew an invocation', () => {
    const place = (eventId: string, ...through: string[]) => ({
      eventId,
      done: through.map((each, n) => ({ through: each, records: Array.from({ length: n + 1 }, String) })),
    });

    test('are read as they were saved, by any process, the last one of a record standing in for those before', async () => {
      const { registry, another } = await world.open();
      expect(await registry.readPlace('e1')).toBeUndefined();
      for (const each of [place('e1', 'b'), place('e1', 'c', '買い#\u0000'), place('e2', '')]) {
        await registry.savePlace(each);
        expect(await another().readPlace(each.eventId)).toEqual(each);
      }
      expect(await registry.readPlace('e1')).toEqual(place('e1', 'c', '買い#\u0000'));
      expect(await registry.readPlace('__proto__')).toBeUndefined();
    });

    test('R8: are of use for one connection life, counted from the last save', async () => {
      const { registry, clock } = await world.open();
      await registry.savePlace(place('e', 'a'));
      clock.advance(60_000);
      await registry.savePlace(place('e', 'b'));
      clock.advance(LIFE_SECONDS * 1_000 - 1);
      expect(await registry.readPlace('e')).toEqual(place('e', 'b'));
      clock.advance(1);
      expect(await registry.readPlace('e')).toBeUndefined();
    });
  });
});
