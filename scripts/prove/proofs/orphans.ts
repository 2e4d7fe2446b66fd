import { CONNECTION_LIFE_SECONDS } from '../../../src/relay/context.ts';
import type { TableRow } from '../../../src/testing/dynamodb-table.ts';
import { createSeededRandom } from '../../../src/testing/random.ts';
import { type Leavings, runCycles } from '../orphans/cycles.ts';
import { connectionOf, countByKind, isCounted, kindOf, nonceOf, owned } from '../orphans/rows.ts';
import type { Proof } from '../proof.ts';
import { createRaceRelay } from '../races/relay.ts';

const CYCLES = { short: 500, normal: 10_000, long: 50_000 } as const;

/**
 * T13: connections that come, subscribe, complete and go, on the real use cases and registry, where 30 % of
 * `$disconnect`s never come and 5 % of all calls die at some effect. Then, each on a copy of what they left: one event a
 * topic through the real pipeline; one sweep; nothing but time.
 */
export const proof: Proof = {
  id: 'T13',
  claim:
    'no row of a connection that has gone is left: what a change can find goes with the next event, all with time',
  async run({ size, seed, signal, progress }) {
    const cycles = CYCLES[size];
    const left = await runCycles(createRaceRelay(), cycles, createSeededRandom(seed), (done) => {
      signal.throwIfAborted();
      progress(`${done} of ${cycles} connections`);
    });
    // What follows takes time too, and is not to be helped by the time to live.
    const at = left.now();
    const before = owned(left.table.rows(), at);
    progress('one event per topic');
    const found = (await afterEvents(left, at)).filter((row) => kindOf(row) === 'KEY');
    signal.throwIfAborted();
    progress('one sweep');
    const unswept = await afterSweep(left, at);
    const unsweptOfDead = ofDead(unswept, left);
    const late = owned(left.table.rows(), at + CONNECTION_LIFE_SECONDS * 1_000);
    const alive = unswept.length - unsweptOfDead.size;
    const orphans = found.length + alive + late.length;
    return {
      holds: orphans === 0 && before.length > 0,
      figure: `orphan rows ${orphans} of ${before.length} after ${cycles} connections (${left.lost} disconnects lost, ${left.deaths} calls died)`,
      measures: {
        connections: cycles,
        disconnectsLost: left.lost,
        callsDied: left.deaths,
        leftBehind: countByKind(before),
        findableAfterOneEvent: found.length,
        afterSweepAlone: alive,
        afterSweepOfCallsThatDied: countByKind([...unsweptOfDead]),
        afterTimeToLive: late.length,
      },
      ...(orphans > 0 && {
        trace: [
          ...found.map((row) => `after one event per topic: ${textOf(row)}`),
          ...unswept.filter((row) => !unsweptOfDead.has(row)).map((row) => `after the sweep: ${textOf(row)}`),
          ...late.map((row) => `after the time to live: ${textOf(row)}`),
          `npm run prove -- --only T13 --seed ${seed}${size === 'normal' ? '' : ` --${size}`}`,
        ],
      }),
    };
  },
};

async function afterEvents(left: Leavings, at: number): Promise<readonly TableRow[]> {
  const table = await left.table.copy();
  await left.deliverToEach(table);
  return owned(table.rows(), at);
}

async function afterSweep(left: Leavings, at: number): Promise<readonly TableRow[]> {
  const table = await left.table.copy();
  await left.sweep(table);
  return owned(table.rows(), at);
}

/**
 * A subscribe that died between its writes and its look, beside a close that had passed, has left rows which no row
 * names: a sweep cannot know of them, a change finds them. So has a `$connect` that died in the middle of its batch; and
 * a close that died in the middle of its last one, which has no order, LIVE being gone and others not: no change finds
 * these, and nothing counts them.
 */
function ofDead(rows: readonly TableRow[], { table, unborn }: Leavings): ReadonlySet<TableRow> {
  const swept = new Set(
    table
      .rows()
      .filter((row) => kindOf(row) === 'LIVE')
      .map(connectionOf),
  );
  const isHarmless = (row: TableRow) => kindOf(row) !== 'KEY' && !isCounted(row);
  return new Set(
    rows.filter(
      (row) =>
        table.diedWith.has(nonceOf(row)) ||
        unborn.has(connectionOf(row)) ||
        (isHarmless(row) && !swept.has(connectionOf(row))),
    ),
  );
}

const textOf = (row: TableRow) => `${row['pk']} ${row['sk']}`;
