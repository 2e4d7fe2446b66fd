import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { liveKey, metaKey } from '../../src/adapters/dynamodb/rows.ts';
import type { Identity, LiveConnection, Registry } from '../../src/relay/ports.ts';
import { DynamoDBTable } from '../../src/testing/dynamodb-table.ts';
import { connectionOf, ownedRows } from './registry-samples.ts';
import { START } from './registry-worlds.ts';

/**
 * Sweeps write frames in the dialect that is told for a connection: what several invocations say of it at the same moment
 * must all be told in the end, to the sweep that reads it from META and to the next, which has it from the LIVE row.
 */
const LATE: Identity = { kind: 'api-key', hash: 'late', expiresAt: START / 1_000 + 600 };
const BEFORE: Identity = { kind: 'jwt', hash: 'before', expiresAt: START / 1_000 + 60 };

type Call = (registry: Registry) => Promise<unknown>;

/** Runs calls of as many processes, their requests in every order the scheduler finds. */
async function interleaved(
  s: fc.Scheduler,
  identity: Identity | undefined,
  calls: readonly Call[],
): Promise<{ readonly live: readonly LiveConnection[]; readonly table: DynamoDBTable }> {
  let isScheduled = false;
  const table = new DynamoDBTable({
    tableName: 'relay',
    step: ({ operation, pk, sk }) =>
      isScheduled
        ? s.schedule(Promise.resolve('apply' as const), `${operation} ${pk} ${sk ?? ''}`)
        : Promise.resolve('apply'),
  });
  const clock = { now: () => START, sleep: async () => {} };
  const process = () => createDynamoDBRegistry({ client: table, tableName: 'relay', clock });
  const { identity: _, dialect: __, ...bare } = connectionOf('a');
  await process().open({ ...bare, ...(identity && { identity }) });
  isScheduled = true;
  await s.waitFor(Promise.all(calls.map((call) => call(process()))));
  isScheduled = false;
  const live = await sweep(process());
  // The second has what the first told the LIVE row.
  expect(await sweep(process())).toEqual(live);
  return { live, table };
}

async function sweep(registry: Registry): Promise<LiveConnection[]> {
  const live: LiveConnection[] = [];
  for await (const connection of registry.live()) live.push(connection);
  return live;
}

const scheduler = fc.scheduler({
  act: async (release) => {
    await release();
    await new Promise((resolve) => setImmediate(resolve));
  },
});

const EXPECTED: LiveConnection = {
  connectionId: 'a',
  stage: 'dev',
  connectedAt: START,
  initialised: true,
  dialect: 'apollo',
  identityHash: 'late',
  credentialExpiresAt: START / 1_000 + 600,
};

describe.each([
  ['with none before', undefined],
  ['in place of another', BEFORE],
])('while init binds an identity, %s', (_, identity) => {
  test('the dialect that a `start` tells meanwhile is told to sweeps too', async () => {
    await fc.assert(
      fc.asyncProperty(scheduler, async (s) => {
        const { live } = await interleaved(s, identity, [
          (registry) => registry.initialise('a', { identity: LATE }),
          (registry) => registry.speak('a', 'apollo'),
        ]);
        expect(live).toEqual([EXPECTED]);
      }),
      { numRuns: 40 },
    );
  });

  test('the end of an operation that is noted meanwhile is told to sweeps too', async () => {
    await fc.assert(
      fc.asyncProperty(scheduler, async (s) => {
        const { live } = await interleaved(s, identity, [
          (registry) => registry.initialise('a', { identity: LATE }),
          (registry) => registry.speak('a', 'apollo'),
          (registry) => registry.noteExpiry('a', 20),
          (registry) => registry.noteExpiry('a', 10),
        ]);
        expect(live).toEqual([{ ...EXPECTED, operationExpiresAt: 10 }]);
      }),
      { numRuns: 40 },
    );
  });
});

test('an identity without an end leaves nothing of the end of the one before', async () => {
  await fc.assert(
    fc.asyncProperty(scheduler, async (s) => {
      const { live, table } = await interleaved(s, BEFORE, [
        (registry) => registry.initialise('a', { identity: { kind: 'api-key', hash: 'endless' } }),
      ]);
      const { credentialExpiresAt: _, dialect: __, ...standing } = EXPECTED;
      expect(live).toEqual([{ ...standing, identityHash: 'endless' }]);
      expect(table.rows().map(({ pk }) => pk)).not.toContain('ID#before');
    }),
    { numRuns: 20 },
  );
});

test('what is told beside a close leaves no row', async () => {
  await fc.assert(
    fc.asyncProperty(scheduler, async (s) => {
      const { live, table } = await interleaved(s, BEFORE, [
        (registry) => registry.initialise('a', { identity: LATE }),
        (registry) => registry.speak('a', 'apollo'),
        (registry) => registry.noteExpiry('a', 10),
        (registry) => registry.close('a'),
      ]);
      expect(live).toEqual([]);
      expect(ownedRows(table.rows())).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

test('C1 active: a sweep beside init and the first operations tells no later one what is not so any more', async () => {
  await fc.assert(
    fc.asyncProperty(scheduler, async (s) => {
      const { live } = await interleaved(s, BEFORE, [
        (registry) => registry.initialise('a', { identity: LATE }),
        sweep,
        (registry) => registry.speak('a', 'appsync').then(() => registry.speak('a', 'apollo')),
        sweep,
        (registry) => registry.noteExpiry('a', 10),
      ]);
      expect(live).toEqual([{ ...EXPECTED, operationExpiresAt: 10 }]);
    }),
    { numRuns: 25 },
  );
});

test('a sweep beside a close leaves no row', async () => {
  await fc.assert(
    fc.asyncProperty(scheduler, async (s) => {
      const { live, table } = await interleaved(s, BEFORE, [
        (registry) =>
          registry.initialise('a', { dialect: 'apollo', identity: LATE }).then(() => sweep(registry)),
        sweep,
        (registry) => registry.close('a'),
      ]);
      expect(live).toEqual([]);
      expect(ownedRows(table.rows())).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

describe('what a sweep reads and tells', () => {
  const IDS = Array.from({ length: 300 }, (_, n) => `c${n}`);
  const clock = { now: () => START, sleep: async () => {} };

  /** A table that counts effects, and a process on it. */
  function counted(fails: (operation: string, pk: string) => boolean = () => false) {
    let steps: string[] = [];
    const table = new DynamoDBTable({
      tableName: 'relay',
      step: async ({ operation, pk }) => {
        steps.push(`${operation} ${pk.split('#')[0]}`);
        if (fails(operation, pk)) throw new Error('expected a table, got none');
        return 'apply';
      },
    });
    return {
      table,
      registry: createDynamoDBRegistry({ client: table, tableName: 'relay', clock }),
      stepsOf: async (work: () => Promise<unknown>) => {
        steps = [];
        await work();
        const tally = new Map<string, number>();
        for (const step of steps) tally.set(step, (tally.get(step) ?? 0) + 1);
        return Object.fromEntries(tally);
      },
    };
  }

  async function openAll(registry: Registry): Promise<void> {
    for (const id of IDS) {
      await registry.open(connectionOf(id));
      await registry.initialise(id, { dialect: 'apollo' });
    }
  }

  test('META of each connection once, and its LIVE row told once; after that the LIVE rows alone', async () => {
    const { registry, stepsOf } = counted();
    await openAll(registry);
    const queries = { 'Query LIVE': 64 };
    expect(await stepsOf(() => sweep(registry))).toEqual({
      ...queries,
      'BatchGetItem CONN': 300,
      'UpdateItem LIVE': 300,
    });
    expect(await stepsOf(() => sweep(registry))).toEqual(queries);
    expect(await sweep(registry)).toHaveLength(300);
    expect(
      (await sweep(registry)).every(({ initialised, dialect }) => initialised && dialect === 'apollo'),
    ).toBe(true);
  });

  test('C4 isolation: a pass tells 5,000 LIVE rows at most and finds every connection all the same, the next goes on', async () => {
    const { registry, table, stepsOf } = counted();
    const count = 5_200;
    for (let n = 0; n < count; n += 1) {
      const own = { stage: 'dev', connectedAt: START, expiresAt: START / 1_000 + 7_800 };
      const told = { initialised: 'token', dialect: 'apollo' };
      const id = `c${n}`;
      await table.send(new PutCommand({ TableName: 'relay', Item: { ...liveKey(id), ...own } }));
      await table.send(new PutCommand({ TableName: 'relay', Item: { ...metaKey(id), ...own, ...told } }));
    }
    let found: LiveConnection[] = [];
    const pass = () =>
      stepsOf(async () => {
        found = await sweep(registry);
      });
    expect(await pass()).toMatchObject({ 'BatchGetItem CONN': count, 'UpdateItem LIVE': 5_000 });
    expect(found.filter(({ dialect }) => dialect === 'apollo')).toHaveLength(count);
    expect(await pass()).toMatchObject({ 'BatchGetItem CONN': 200, 'UpdateItem LIVE': 200 });
    expect(found.filter(({ dialect }) => dialect === 'apollo')).toHaveLength(count);
  }, 30_000);

  test('one that was never initialised, or speaks no dialect yet, is looked up each time and told nothing', async () => {
    const { registry, stepsOf } = counted();
    const { dialect: _, ...unspoken } = connectionOf('a');
    await registry.open(unspoken);
    await registry.open(connectionOf('b'));
    await registry.initialise('a', {});
    for (let sweeps = 0; sweeps < 2; sweeps += 1) {
      const steps = await stepsOf(() => sweep(registry));
      expect(steps).toEqual({ 'Query LIVE': 64, 'BatchGetItem CONN': 2 });
    }
    expect(
      (await sweep(registry)).map(({ connectionId, initialised }) => [connectionId, initialised]).sort(),
    ).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });

  test('LIVE rows as the release before told them are taken as they are, without a look at META', async () => {
    const { registry, table, stepsOf } = counted();
    await registry.open(connectionOf('a'));
    const told = { initialised: true, dialect: 'apollo', identityHash: 'h', credentialExpiresAt: 0 };
    const row = table.rows().find(({ pk }) => String(pk).startsWith('LIVE#'));
    await table.send(new PutCommand({ TableName: 'relay', Item: { ...row, ...told } }));
    expect(await stepsOf(() => sweep(registry))).toEqual({ 'Query LIVE': 64 });
    expect(await sweep(registry)).toEqual([
      {
        connectionId: 'a',
        stage: 'dev',
        connectedAt: START,
        initialised: true,
        dialect: 'apollo',
        identityHash: 'h',
      },
    ]);
  });

  test('C4 isolation: when no LIVE row can be told, the sweep has every connection all the same, and soon stops trying', async () => {
    const { registry, stepsOf } = counted(
      (operation, pk) => operation === 'UpdateItem' && pk.startsWith('LIVE#'),
    );
    await openAll(registry);
    const found: LiveConnection[] = [];
    const steps = await stepsOf(async () => found.push(...(await sweep(registry))));
    expect(found.filter(({ initialised }) => initialised)).toHaveLength(300);
    expect(steps['UpdateItem LIVE']).toBeLessThanOrEqual(16);
  });

  test('when META cannot be read it rejects, as it does when the LIVE rows cannot', async () => {
    const { registry } = counted((operation) => operation === 'BatchGetItem');
    await registry.open(connectionOf('a'));
    await expect(sweep(registry)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
  });

  test('a caller that stops early pays for the first partitions alone', async () => {
    const { registry, stepsOf } = counted();
    await openAll(registry);
    const steps = await stepsOf(async () => {
      for await (const _ of registry.live()) break;
    });
    expect(steps['Query LIVE']).toBe(8);
    expect(steps['BatchGetItem CONN']).toBeLessThan(100);
    expect(steps).not.toHaveProperty('UpdateItem LIVE');
  });
});
