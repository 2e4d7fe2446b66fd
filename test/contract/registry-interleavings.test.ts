import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  createDynamoDBRegistry,
  type DynamoDBRegistryOptions,
} from '../../src/adapters/dynamodb/registry.ts';
import type { Registry, SubscribeOutcome } from '../../src/relay/ports.ts';
import { DynamoDBTable, type TableRow } from '../../src/testing/dynamodb-table.ts';
import { connectionOf, equal, ownedRows, subscriptionOf } from './registry-samples.ts';
import { START } from './registry-worlds.ts';

/** One frame or event of connection `a`, each in a process of its own, as API Gateway invokes them. */
type Call =
  | { readonly kind: 'subscribe' | 'complete'; readonly id: string }
  | { readonly kind: 'subscribe then complete'; readonly id: string }
  | { readonly kind: 'close' }
  | { readonly kind: 'initialise' }
  | { readonly kind: 'speak' }
  | { readonly kind: 'store' }
  /** Its holder dies, or gives it back. */
  | { readonly kind: 'lock' | 'lock then unlock' };

/** A rule of the adapter switched off, to show that the suite sees it missing. */
interface Broken {
  readonly check?: NonNullable<DynamoDBRegistryOptions['check']>;
  readonly rewrite?: (command: unknown) => unknown;
}

const id = fc.constantFrom('1', '2');
const extras: fc.Arbitrary<Call> = fc.constantFrom<Call>(
  { kind: 'initialise' },
  { kind: 'speak' },
  { kind: 'store' },
  { kind: 'lock' },
  { kind: 'lock then unlock' },
);
const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('complete' as const), id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('subscribe then complete' as const), id }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'close' as const }) },
  { weight: 2, arbitrary: extras },
);

/** Every request's effect on every row is released by the scheduler, one at a time, each run to its next wait. */
const scheduler = fc.scheduler({
  act: async (release) => {
    await release();
    await new Promise((resolve) => setImmediate(resolve));
  },
});

async function run(s: fc.Scheduler, calls: readonly Call[], broken: Broken = {}): Promise<void> {
  let scheduled = false;
  let now = START;
  const table = new DynamoDBTable({
    tableName: 'relay',
    pageRows: 2,
    step: ({ operation, pk, sk }) =>
      scheduled
        ? s.schedule(Promise.resolve('apply' as const), `${operation} ${pk} ${sk ?? ''}`)
        : Promise.resolve('apply'),
  });
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      if (scheduled) await s.schedule(Promise.resolve(), `sleep ${ms}`);
      now += ms;
    },
  };
  const { check, rewrite } = broken;
  const client = rewrite ? rewritten(table, rewrite) : table;
  const process = () =>
    createDynamoDBRegistry({ client, tableName: 'relay', clock, ...(check && { check }) });

  const { identity: _, ...connection } = connectionOf('a');
  await process().open(connection);
  scheduled = true;
  const history = new History(() => table.rows());
  await s.waitFor(Promise.all(calls.map((each) => history.play(process(), each))));
  scheduled = false;

  const closed = calls.some(({ kind }) => kind === 'close');
  assertStanding(table.rows(), history, closed);
  for (const clientId of ['1', '2']) await process().complete('a', clientId);
  expect(subscribed(table.rows())).toEqual([]);
  await process().close('a');
  expect(orphans(table.rows())).toEqual([]);
}

/** What was called and what came of it. */
class History {
  readonly outcomes: { readonly id: string; readonly outcome: SubscribeOutcome }[] = [];
  readonly completes: string[] = [];
  readonly subscribes: string[] = [];
  stored = 0;
  #closing = false;
  #holders = 0;
  readonly #rows: () => TableRow[];

  constructor(rows: () => TableRow[]) {
    this.#rows = rows;
  }

  async play(registry: Registry, each: Call): Promise<void> {
    switch (each.kind) {
      case 'subscribe':
        return this.#subscribe(registry, each.id);
      case 'complete':
        return this.#complete(registry, each.id);
      case 'subscribe then complete':
        await this.#subscribe(registry, each.id);
        return this.#complete(registry, each.id);
      case 'close':
        this.#closing = true;
        await registry.close('a');
        return;
      case 'initialise': {
        const identity = { kind: 'api-key', hash: 'late' } as const;
        await registry.initialise('a', { dialect: 'graphql-transport-ws', identity });
        return;
      }
      case 'speak':
        return registry.speak('a', 'apollo');
      case 'store': {
        const { version, entries } = await registry.readStore('a');
        const more = new Map([...entries, [`${entries.size}`, version]]);
        if ((await registry.updateStore('a', version, more)) === 'written') this.stored += 1;
        return;
      }
      case 'lock':
        await this.#lock(registry);
        return;
      case 'lock then unlock': {
        const token = await this.#lock(registry);
        if (token === undefined) return;
        this.#holders -= 1;
        return registry.unlock('a', token);
      }
      default:
        return each satisfies never;
    }
  }

  async #lock(registry: Registry): Promise<string | undefined> {
    const token = await registry.lock('a', 1_000_000_000);
    if (token === undefined) return undefined;
    this.#holders += 1;
    // A close takes the lock away with the rest: nothing that is held under it has an effect any more.
    if (!this.#closing) expect(this.#holders).toBe(1);
    return token;
  }

  async #subscribe(registry: Registry, clientId: string): Promise<void> {
    this.subscribes.push(clientId);
    const alternatives = [equal({ title: 'x' }), equal({ title: 'y' })];
    const outcome = await registry.subscribe(subscriptionOf('a', clientId, { alternatives }));
    this.outcomes.push({ id: clientId, outcome });
    // Never active without rows: unless somebody has meanwhile begun to end it.
    if (outcome === 'active' && !this.#closing && !this.completes.includes(clientId)) {
      expect(subscribed(this.#rows()).filter((row) => ownerOf(row) === clientId)).toHaveLength(3);
    }
  }

  async #complete(registry: Registry, clientId: string): Promise<void> {
    this.completes.push(clientId);
    await registry.complete('a', clientId);
  }

  count(clientId: string, outcome: SubscribeOutcome): number {
    return this.outcomes.filter((each) => each.id === clientId && each.outcome === outcome).length;
  }
}

/** What must hold once nothing is under way, whatever the order was. */
function assertStanding(rows: readonly TableRow[], history: History, closed: boolean): void {
  const places = rows.filter(({ pk }) => String(pk).startsWith('KEY#')).map(({ pk, sk }) => `${pk} ${sk}`);
  const subs = rows.filter(({ nonce }) => nonce !== undefined);
  const named = subs.flatMap(({ sk, nonce, places: own }) =>
    (Array.isArray(own) ? own : []).map((place) => `KEY#${place} a#${String(sk).slice(4)}#${nonce}`),
  );
  // No orphan, and no subscription without its rows.
  expect(places.sort()).toEqual(named.sort());
  if (closed) {
    expect(orphans(rows)).toEqual([]);
    return;
  }
  // No update is lost: each that was told so is in the version, and in what is stored.
  const store = rows.find(({ sk }) => sk === 'CTX');
  expect(store?.['version'] ?? 0).toBe(history.stored);
  expect(JSON.parse(String(store?.['entries'] ?? '[]'))).toHaveLength(history.stored);
  for (const clientId of ['1', '2']) {
    const live = subs.filter((row) => row['clientId'] === clientId).length;
    const active = history.count(clientId, 'active');
    const completed = history.count(clientId, 'completed');
    const completes = history.completes.filter((each) => each === clientId).length;
    const subscribes = history.subscribes.filter((each) => each === clientId).length;
    expect(history.count(clientId, 'closed')).toBe(0);
    expect(live).toBeLessThanOrEqual(Math.min(1, active));
    // Each complete ends at most one.
    expect(active - live + completed).toBeLessThanOrEqual(completes);
    if (completes === 0 && subscribes > 0) expect([live, active]).toEqual([1, 1]);
    // A complete is never lost: it found the only subscription, or left its mark for it.
    if (completes > 0 && subscribes === 1) expect(live).toBe(0);
  }
}

/** Rows of the connection beside META, whose own life the contract suite looks at. */
const orphans = (rows: readonly TableRow[]) => ownedRows(rows).filter(({ sk }) => sk !== 'META');

const ownerOf = ({ c, clientId }: TableRow) => c ?? clientId;

/** Rows of subscriptions: SUB rows that live, and rows under filter keys. */
const subscribed = (rows: readonly TableRow[]) =>
  rows.filter(({ pk, nonce }) => nonce !== undefined || String(pk).startsWith('KEY#'));

function rewritten(table: DynamoDBTable, rewrite: (command: unknown) => unknown): DynamoDBTable {
  return new Proxy(table, {
    get: (target, name) =>
      name === 'send'
        ? (command: unknown) => Reflect.apply(target.send, target, [rewrite(command)])
        : Reflect.get(target, name, target),
  });
}

const property = (calls: fc.Arbitrary<Call[]>, broken?: Broken) =>
  fc.asyncProperty(scheduler, calls, (s, each) => run(s, each, broken));

describe('registry interleavings', () => {
  test('R5, R6, R7: whatever order the requests of subscribe, complete, close and init fall in, no orphan, and active means active', async () => {
    await fc.assert(property(fc.array(call, { minLength: 2, maxLength: 5 })), { numRuns: 400 });
  });

  test.each<[string, Call[]]>([
    [
      'subscribe and complete of one id',
      [
        { kind: 'subscribe', id: '1' },
        { kind: 'complete', id: '1' },
      ],
    ],
    ['subscribe and close', [{ kind: 'subscribe', id: '1' }, { kind: 'close' }]],
    [
      'two subscribes of one id',
      [
        { kind: 'subscribe', id: '1' },
        { kind: 'subscribe', id: '1' },
      ],
    ],
    [
      'an id reused at once, and close',
      [{ kind: 'subscribe then complete', id: '1' }, { kind: 'subscribe', id: '1' }, { kind: 'close' }],
    ],
    ['init with an identity, and close', [{ kind: 'initialise' }, { kind: 'close' }]],
    ['speaking, and close', [{ kind: 'speak' }, { kind: 'initialise' }, { kind: 'close' }]],
    ['two that store, and close', [{ kind: 'store' }, { kind: 'store' }, { kind: 'close' }]],
    ['a lock, and close', [{ kind: 'close' }, { kind: 'lock' }]],
    [
      'a lock handed on, and close',
      [{ kind: 'close' }, { kind: 'lock then unlock' }, { kind: 'lock then unlock' }, { kind: 'lock' }],
    ],
    ['three that want the lock', [{ kind: 'lock then unlock' }, { kind: 'lock' }, { kind: 'lock' }]],
    ['three that store', [{ kind: 'store' }, { kind: 'store' }, { kind: 'store' }]],
  ])('R5, R6, R7: %s', async (_, calls) => {
    await fc.assert(property(fc.constant(calls)), { numRuns: 200 });
  });
});

const withoutCondition = <T extends { ConditionExpression?: string | undefined }>(input: T) => {
  const { ConditionExpression: _condition, ...rest } = input;
  return { ...rest, ExpressionAttributeNames: undefined, ExpressionAttributeValues: undefined };
};

describe('the interleaving suite can fail: it finds a violation', () => {
  const contended: fc.Arbitrary<Call[]> = fc.array(
    fc.constantFrom<Call>(
      { kind: 'subscribe', id: '1' },
      { kind: 'subscribe then complete', id: '1' },
      { kind: 'complete', id: '1' },
      { kind: 'close' },
    ),
    { minLength: 2, maxLength: 4 },
  );

  const storing: fc.Arbitrary<Call[]> = fc.constantFrom<Call[]>(
    [{ kind: 'store' }, { kind: 'close' }],
    [{ kind: 'store' }, { kind: 'store' }],
  );
  const locking: fc.Arbitrary<Call[]> = fc.constantFrom<Call[]>(
    // The scheduler takes the first request of the first call before it knows of another.
    [{ kind: 'close' }, { kind: 'lock' }],
    [{ kind: 'lock' }, { kind: 'lock then unlock' }],
  );
  const ofRow = (input: { Item?: TableRow | undefined; Key?: TableRow | undefined }, sk: string) =>
    (input.Item ?? input.Key)?.['sk'] === sk;
  const keeping = (sk: string) => (command: unknown) =>
    command instanceof DeleteCommand && ofRow(command.input, sk)
      ? new DeleteCommand({ ...command.input, ExpressionAttributeValues: { ':token': 'of nobody' } })
      : command;
  const unconditional = (sk: string) => (command: unknown) =>
    command instanceof PutCommand && ofRow(command.input, sk)
      ? new PutCommand(withoutCondition(command.input))
      : command;

  test.each<[string, Broken, fc.Arbitrary<Call[]>?]>([
    ['when a store written beside a close stays', { rewrite: keeping('CTX') }, storing],
    ['when a store is written whatever its version', { rewrite: unconditional('CTX') }, storing],
    ['when a lock taken beside a close stays', { rewrite: keeping('LOCK') }, locking],
    ['when a lock is taken whoever holds it', { rewrite: unconditional('LOCK') }, locking],
    ['when subscribe does not look again after it wrote', { check: async () => 'active' }],
    [
      'when close leaves no mark',
      {
        rewrite: (command) =>
          command instanceof UpdateCommand && command.input.UpdateExpression?.includes('#closed')
            ? new UpdateCommand({
                TableName: 'relay',
                Key: command.input.Key,
                UpdateExpression: 'SET #open = :open',
                ExpressionAttributeNames: { '#open': 'open' },
                ExpressionAttributeValues: { ':open': true },
                ReturnValues: 'ALL_OLD',
              })
            : command,
      },
    ],
    [
      'when complete of an id that is not live leaves no tombstone',
      {
        rewrite: (command) =>
          command instanceof PutCommand && command.input.Item?.['tombstone'] === true
            ? new PutCommand({ ...command.input, Item: { ...command.input.Item, expiresAt: 0 } })
            : command,
      },
    ],
    [
      'when subscribe takes an id without looking whether it is free',
      {
        rewrite: (command) =>
          command instanceof PutCommand && command.input.Item?.['nonce'] !== undefined
            ? new PutCommand(withoutCondition(command.input))
            : command,
      },
    ],
    [
      'when subscribe withdraws a SUB row that is not its own',
      {
        rewrite: (command) =>
          command instanceof DeleteCommand && command.input.ConditionExpression === '#nonce = :nonce'
            ? new DeleteCommand(withoutCondition(command.input))
            : command,
      },
    ],
  ])('%s', async (_, broken, calls = contended) => {
    const result = await fc.check(property(calls, broken), {
      numRuns: 3_000,
      seed: 1,
      endOnFailure: true,
    });
    expect(result.failed).toBe(true);
    expect(String(result.errorInstance)).toMatch(/expect\(/);
  });
});
