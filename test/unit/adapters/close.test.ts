import { describe, expect, test } from '@jest/globals';
import { batchGet, batchWrite } from '../../../src/adapters/dynamodb/batch.ts';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { DynamoDBTable } from '../../../src/testing/dynamodb-table.ts';
import { createSeededRandom } from '../../../src/testing/random.ts';
import { connectionOf, equal, ownedRows, subscriptionOf } from '../../contract/registry-samples.ts';
import { jumpingClock } from '../../contract/registry-worlds.ts';

const kindOf = (pk: string, sk = '') =>
  pk.startsWith('CONN#') ? (sk.split('#')[0] ?? '') : pk.split('#')[0];

/** A table that gives back items of batches as `leaves` says, and what was done to which kind of row, in turn. */
function leaving(leaves: (pk: string, sk: string) => boolean) {
  const done: string[] = [];
  let isOn = false;
  const table = new DynamoDBTable({
    tableName: 'relay',
    step: async ({ operation, pk, sk = '' }) => {
      if (!isOn || !operation.startsWith('Batch')) return 'apply';
      const isLeft = leaves(pk, sk);
      if (operation === 'BatchWriteItem' && !isLeft) done.push(kindOf(pk, sk) ?? '');
      return isLeft ? 'unprocessed' : 'apply';
    },
  });
  const clock = jumpingClock();
  const registry = createDynamoDBRegistry({ client: table, tableName: 'relay', clock });
  const begin = () => {
    isOn = true;
  };
  return { table, clock, registry, done, begin };
}

describe('a close whose batches come back in part', () => {
  test.each([1, 12, 40])(
    'of %d subscriptions: no SUB row goes before every row it names, LIVE goes with the last',
    async (count) => {
      for (let seed = 1; seed <= 8; seed += 1) {
        const random = createSeededRandom(seed);
        const { table, registry, done, begin } = leaving(() => random.chance(0.4));
        await registry.open(connectionOf('a'));
        const alternatives = [equal({ title: 'x' }), equal({ title: 'y' })];
        for (let n = 0; n < count; n += 1)
          await registry.subscribe(subscriptionOf('a', `${n}`, { alternatives }));
        begin();
        expect(await registry.close('a')).toBe(count);
        expect(ownedRows(table.rows())).toEqual([]);
        const tally = (kind: string) => done.filter((each) => each === kind).length;
        expect([tally('KEY'), tally('SUB'), tally('LIVE')]).toEqual([2 * count, count, 1]);
        // Those of a whole batch at least are gone before the first SUB row is; of few, all.
        const before = done.slice(0, done.indexOf('SUB')).filter((kind) => kind === 'KEY').length;
        expect(before).toBeGreaterThanOrEqual(Math.min(2 * count, 50));
        expect(done.length - done.indexOf('LIVE')).toBeLessThanOrEqual(25);
      }
    },
  );

  test('a table that never takes the rows under filter keys keeps every SUB row, and LIVE for the next sweep', async () => {
    const { table, registry, begin } = leaving((pk) => pk.startsWith('KEY#'));
    await registry.open(connectionOf('a'));
    await registry.subscribe(subscriptionOf('a', '1'));
    begin();
    await expect(registry.close('a')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(table.rows().map(({ pk, sk }) => kindOf(String(pk), String(sk)))).toEqual(
      expect.arrayContaining(['KEY', 'SUB', 'LIVE']),
    );
  });
});

describe('a batch that comes back in part', () => {
  const rows = Array.from({ length: 260 }, (_, n) => ({ pk: `p${n}`, sk: 's', n }));
  const world = (share: number) => {
    const random = createSeededRandom(1);
    let calls = 0;
    const client = new DynamoDBTable({
      tableName: 'relay',
      step: async () => {
        calls += 1;
        return random.chance(share) ? 'unprocessed' : 'apply';
      },
    });
    return { table: { client, name: 'relay', clock: jumpingClock(), random: () => 0.5 }, steps: () => calls };
  };

  test('every row is written and read once, whatever comes back how often', async () => {
    const { table, steps } = world(0.3);
    await batchWrite(table, { put: rows });
    expect(table.client.rows()).toHaveLength(260);
    const read = await batchGet(table, rows);
    expect(read.map(({ pk }) => pk).sort()).toEqual(rows.map(({ pk }) => pk).sort());
    expect(steps()).toBeGreaterThan(2 * 260);
    await batchWrite(table, { delete: rows });
    expect(table.client.rows()).toEqual([]);
  });

  test('one that never gets through is refused after its tries, and says how much was left', async () => {
    const { table, steps } = world(1);
    await expect(batchWrite(table, { put: rows.slice(0, 2) })).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringContaining('2 items unprocessed after 10 tries'),
    });
    expect(steps()).toBe(20);
    await expect(batchGet(table, rows.slice(0, 1))).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
  });
});
