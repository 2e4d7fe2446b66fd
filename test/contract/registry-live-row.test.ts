import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import type { Identity, LiveConnection, Registry } from '../../src/relay/ports.ts';
import { DynamoDBTable } from '../../src/testing/dynamodb-table.ts';
import { connectionOf, ownedRows } from './registry-samples.ts';
import { START } from './registry-worlds.ts';

/**
 * Sweeps read a connection's LIVE row alone, and write frames in the dialect it names: what several invocations tell of
 * one connection at the same moment must all stand there in the end.
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
  const live: LiveConnection[] = [];
  for await (const connection of process().live()) live.push(connection);
  return { live, table };
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
      { numRuns: 200 },
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
      { numRuns: 200 },
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
    { numRuns: 300 },
  );
});
