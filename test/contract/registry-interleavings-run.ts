import { AsyncLocalStorage } from 'node:async_hooks';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import {
  createDynamoDBRegistry,
  type DynamoDBRegistryOptions,
} from '../../src/adapters/dynamodb/registry.ts';
import type { Registry } from '../../src/relay/ports.ts';
import { DynamoDBTable, type TableRow } from '../../src/testing/dynamodb-table.ts';
import { type Call, type Fate, sampleOf } from './registry-interleavings-calls.ts';
import { assertStanding, History } from './registry-interleavings-history.ts';
import { isCounted, isStanding, nonceOf, orphans, subscribed } from './registry-interleavings-rows.ts';
import { connectionOf, LIFE_SECONDS } from './registry-samples.ts';
import { START } from './registry-worlds.ts';

/** A rule of the adapter switched off, to show that the suite sees it missing. */
export interface Broken {
  readonly check?: NonNullable<DynamoDBRegistryOptions['check']>;
  readonly rewrite?: (command: unknown) => unknown;
  /** What came of a command, changed: an output, or an error. */
  readonly answer?: (command: unknown, came: unknown) => void;
}

/** Every request's effect on every row is released by the scheduler, one at a time, each run to its next wait. */
const scheduler = fc.scheduler({
  act: async (release) => {
    await release();
    await new Promise((resolve) => setImmediate(resolve));
  },
});

/** The process a request comes from. */
interface Process {
  readonly fate: Fate | undefined;
  effects: number;
  requests: number;
  /** Of subscriptions it began. */
  readonly nonces: Set<string>;
  readonly died: () => void;
}

/** One for all runs: each there ever was costs every promise a little. */
const within = new AsyncLocalStorage<Process>();

async function run(s: fc.Scheduler, calls: readonly Call[], broken: Broken = {}): Promise<void> {
  let scheduled = false;
  let now = START;
  const table = new DynamoDBTable({
    tableName: 'relay',
    pageRows: 2,
    step: async ({ operation, pk, sk }) => {
      if (scheduled) await s.schedule(Promise.resolve(), `${operation} ${pk} ${sk ?? ''}`);
      const process = within.getStore();
      if (process?.fate?.kind === 'dies' && process.effects >= process.fate.at) {
        for (const nonce of process.nonces) history.pending.add(nonce);
        process.died();
        await new Promise(() => {});
      }
      if (process) process.effects += 1;
      return 'apply';
    },
  });
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      if (scheduled) await s.schedule(Promise.resolve(), `sleep ${ms}`);
      now += ms;
    },
  };
  const { check } = broken;
  const history = new History(() => table.rows());
  const client = throughProcess(table, broken);
  const process = () =>
    createDynamoDBRegistry({ client, tableName: 'relay', clock, ...(check && { check }) });
  const play = (each: Call) =>
    new Promise<void>((resolve, reject) => {
      const own: Process = {
        fate: each.fate,
        effects: 0,
        requests: 0,
        nonces: new Set(),
        died: () => {
          history.diedIn.push(each.kind);
          resolve();
        },
      };
      within.run(own, () => history.play(process(), each)).then(resolve, reject);
    });

  const { identity: _, ...connection } = connectionOf('a');
  await process().open(connection);
  scheduled = true;
  await s.waitFor(Promise.all(calls.map(play)));
  scheduled = false;

  const closes = calls.filter(({ kind }) => kind === 'close').length;
  assertStanding(table.rows(), history, closes);
  const isMarked = calls.some(({ kind }) => kind === 'revoke');
  for (const clientId of closes === 0 ? ['1', '2'] : []) {
    if (clientId === '1' || !isMarked) await assertNotStuck(process(), () => table.rows(), clientId);
    await expect(process().complete('a', clientId)).resolves.toBeUndefined();
  }
  if (closes === 0) expect(history.accountable(subscribed(table.rows()))).toEqual([]);
  const found = table
    .rows()
    .flatMap(({ pk, sk }) => (/^KEY#/.test(String(pk)) ? `${pk} ${sk}`.slice(4) : []));
  await process().close('a');
  expect(history.accountable(orphans(table.rows()))).toEqual([]);
  // What a subscribe left that died is found by changes, until its end or until who delivers learns it has gone.
  for (const row of orphans(table.rows()))
    expect(row['expiresAt']).toBeLessThanOrEqual(START / 1_000 + LIFE_SECONDS);
  await process().reap('a', found);
  expect(
    orphans(table.rows()).filter((row) => !isCounted(row) || !history.pending.has(nonceOf(row['sk']))),
  ).toEqual([]);
}

/** Whatever died before: an id that is not live can be had, with all its rows. */
async function assertNotStuck(
  registry: Registry,
  rows: () => readonly TableRow[],
  clientId: string,
): Promise<void> {
  const own = () => rows().filter((row) => row['clientId'] === clientId && isStanding(row));
  const outcomes = own().length > 0 ? [] : ['active'];
  for (const last of outcomes) {
    let outcome = await registry.subscribe(sampleOf(clientId));
    if (outcome === 'completed') outcome = await registry.subscribe(sampleOf(clientId));
    expect(outcome).toBe(last);
    const [sub] = own();
    const nonce = String(sub?.['nonce']);
    expect(rows().filter(({ pk, sk }) => /^KEY#/.test(String(pk)) && nonceOf(sk) === nonce)).toHaveLength(2);
  }
}

/** The table as a process reaches it: its answers may be lost, and a rule may be missing. */
function throughProcess(
  table: DynamoDBTable,
  { rewrite = (command) => command, answer = () => {} }: Broken,
): DynamoDBTable {
  const send = async (given: unknown): Promise<unknown> => {
    const command = rewrite(given);
    const process = within.getStore();
    const nth = process ? process.requests++ : Number.NaN;
    const { kind, at } = process?.fate ?? {};
    const nonce = command instanceof PutCommand ? command.input.Item?.['nonce'] : undefined;
    if (typeof nonce === 'string') process?.nonces.add(nonce);
    const once = async (): Promise<unknown> => {
      try {
        const output = await Reflect.apply(table.send, table, [command]);
        answer(command, output);
        return output;
      } catch (error) {
        answer(command, error);
        throw error;
      }
    };
    if (nth !== at || kind === 'dies') return once();
    await once().catch(() => {});
    if (kind === 'gives up') throw new Error('expected an answer in time, got none');
    return once();
  };
  return new Proxy(table, {
    get: (target, name) => (name === 'send' ? send : Reflect.get(target, name, target)),
  });
}

/** Holds when the calls leave the rows as they must be, in whatever order the requests take effect. */
export const property = (calls: fc.Arbitrary<Call[]>, broken?: Broken) =>
  fc.asyncProperty(scheduler, calls, (s, each) => run(s, each, broken));
