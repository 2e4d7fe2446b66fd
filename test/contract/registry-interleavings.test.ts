import { AsyncLocalStorage } from 'node:async_hooks';
import { BatchWriteCommand, DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchGet } from '../../src/adapters/dynamodb/batch.ts';
import {
  createDynamoDBRegistry,
  type DynamoDBRegistryOptions,
} from '../../src/adapters/dynamodb/registry.ts';
import { metaKey, subscriptionKey } from '../../src/adapters/dynamodb/rows.ts';
import { checkStanding } from '../../src/adapters/dynamodb/standing.ts';
import { TablecastError } from '../../src/errors.ts';
import type { NewSubscription, Registry, SubscribeOutcome } from '../../src/relay/ports.ts';
import { DynamoDBTable, type TableRow } from '../../src/testing/dynamodb-table.ts';
import { connectionOf, equal, LIFE_SECONDS, ownedRows, subscriptionOf } from './registry-samples.ts';
import { START } from './registry-worlds.ts';

/**
 * What befalls the process of a call: it dies once `at` of its effects are done, in the middle of a batch too; or the
 * answer of its request `at` is lost, and the SDK repeats that request, or gives up.
 */
interface Fate {
  readonly kind: 'dies' | 'repeats' | 'gives up';
  readonly at: number;
}

/** One frame or event of connection `a`, each in a process of its own, as API Gateway invokes them. */
type Call = { readonly fate?: Fate } & Action;
type Action =
  | { readonly kind: 'subscribe' | 'complete'; readonly id: string }
  | { readonly kind: 'subscribe then complete'; readonly id: string }
  | { readonly kind: 'close' }
  /** Of whoever id `2` speaks for: the mark, then an end of what there is. */
  | { readonly kind: 'revoke' }
  | { readonly kind: 'initialise' }
  | { readonly kind: 'speak' }
  | { readonly kind: 'store' }
  /** Its holder dies, or gives it back. */
  | { readonly kind: 'lock' | 'lock then unlock' };

/** A rule of the adapter switched off, to show that the suite sees it missing. */
interface Broken {
  readonly check?: NonNullable<DynamoDBRegistryOptions['check']>;
  readonly rewrite?: (command: unknown) => unknown;
  /** What came of a command, changed: an output, or an error. */
  readonly answer?: (command: unknown, came: unknown) => void;
}

const id = fc.constantFrom('1', '2');
const extras: fc.Arbitrary<Action> = fc.constantFrom<Action>(
  { kind: 'initialise' },
  { kind: 'speak' },
  { kind: 'store' },
  { kind: 'lock' },
  { kind: 'lock then unlock' },
);
const call: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), id }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('complete' as const), id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('subscribe then complete' as const), id }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'close' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'revoke' as const }) },
  { weight: 2, arbitrary: extras },
);

const fate: fc.Arbitrary<Fate> = fc.record({
  kind: fc.constantFrom('dies' as const, 'dies' as const, 'repeats' as const, 'gives up' as const),
  at: fc.nat(9),
});
const fated = (action: fc.Arbitrary<Action>): fc.Arbitrary<Call> =>
  fc
    .tuple(action, fc.option(fate, { freq: 2 }))
    .map(([each, befalls]) => (befalls ? { ...each, fate: befalls } : each));

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

/** Found under two keys. That of id `2` counts for its identity; that of id `1` speaks for another, and does not. */
const sampleOf = (clientId: string): NewSubscription =>
  subscriptionOf('a', clientId, {
    alternatives: [equal({ title: 'x' }), equal({ title: 'y' })],
    ...(clientId === '2' && { subscriber: { identityHash: REVOCABLE, maxSubscriptions: 100 } }),
  });

const REVOCABLE = 'jane';

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

/** What was called and what came of it. */
class History {
  readonly outcomes: { readonly id: string; readonly outcome: SubscribeOutcome }[] = [];
  readonly completes: string[] = [];
  readonly subscribes: string[] = [];
  /** What was under way when its process died. */
  readonly diedIn: Call['kind'][] = [];
  /** What was told that its request could not be done. */
  readonly refused: Call['kind'][] = [];
  /** Completes that neither died nor were refused. */
  readonly completed: string[] = [];
  /** Closes of the same kind. */
  closed = 0;
  /** Revocations of the same kind. */
  revoked = 0;
  /** Nonces of subscriptions begun by who died. */
  readonly pending = new Set<string>();
  stored = 0;
  #closing = false;
  #holders = 0;
  readonly #rows: () => TableRow[];

  constructor(rows: () => TableRow[]) {
    this.#rows = rows;
  }

  /** Rows that somebody has to answer for: all but those of a subscribe that died between its writes and its look. */
  accountable(rows: readonly TableRow[]): readonly TableRow[] {
    return rows.filter((row) => !isNamed(row) || !this.pending.has(nonceOf(row['sk'])));
  }

  /** True when every call was answered, and not with a fault. */
  get isWhole(): boolean {
    return this.diedIn.length === 0 && this.refused.length === 0;
  }

  unanswered(...kinds: Call['kind'][]): number {
    return [...this.diedIn, ...this.refused].filter((kind) => kinds.includes(kind)).length;
  }

  async play(registry: Registry, each: Call): Promise<void> {
    try {
      await this.#act(registry, each);
    } catch (fault) {
      if (!(fault instanceof TablecastError)) throw fault;
      // Only who gave up on an answer may be refused.
      expect([fault.message, each.fate?.kind]).toEqual([fault.message, 'gives up']);
      this.refused.push(each.kind);
    }
  }

  async #act(registry: Registry, each: Call): Promise<void> {
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
        this.closed += 1;
        return;
      case 'revoke':
        return this.#revoke(registry);
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
    const isRevoked = clientId === '2' && this.revoked > 0;
    const outcome = await registry.subscribe(sampleOf(clientId));
    this.outcomes.push({ id: clientId, outcome });
    if (isRevoked) expect(outcome).not.toBe('active');
    // Never active without rows: unless somebody has meanwhile begun to end it.
    if (outcome === 'active' && !this.#closing && !this.completes.includes(clientId)) {
      const rows = subscribed(this.#rows());
      expect(rows.filter((row) => ownerOf(row) === clientId)).toHaveLength(3);
      if (clientId === '2') expect(rows.filter(isCounted)).not.toEqual([]);
    }
  }

  async #revoke(registry: Registry): Promise<void> {
    await registry.revoke(REVOCABLE, { revokedAt: START / 1_000, until: START / 1_000 + LIFE_SECONDS });
    for await (const { connectionId } of registry.connectionsOf(REVOCABLE)) {
      for (const { clientId, identityHash } of await registry.subscriptions(connectionId))
        if (identityHash === REVOCABLE) await this.#complete(registry, clientId);
    }
    this.revoked += 1;
  }

  async #complete(registry: Registry, clientId: string): Promise<void> {
    this.completes.push(clientId);
    await registry.complete('a', clientId);
    this.completed.push(clientId);
  }

  count(clientId: string, outcome: SubscribeOutcome): number {
    return this.outcomes.filter((each) => each.id === clientId && each.outcome === outcome).length;
  }
}

/** What must hold once nothing is under way, whatever the order was and whoever died. */
function assertStanding(rows: readonly TableRow[], history: History, closes: number): void {
  const places = history.accountable(rows.filter(isNamed)).map(({ pk, sk }) => `${pk} ${sk}`);
  const subs = rows.filter(({ nonce }) => nonce !== undefined);
  const namedBy = (each: readonly TableRow[]) =>
    each.flatMap(({ sk, nonce, places: own, counted, identityHash }) => {
      const sort = `a#${String(sk).slice(4)}#${nonce}`;
      const found = (Array.isArray(own) ? own : []).map((place) => `KEY#${place} ${sort}`);
      return counted === true ? [...found, `ID#${identityHash} S#${sort}`] : found;
    });
  // No orphan, and no subscription without its rows, but for one that died before it was active, or half ended.
  if (history.isWhole) expect(places.sort()).toEqual(namedBy(subs).sort());
  else expect(namedBy(subs)).toEqual(expect.arrayContaining(places));
  if (closes > 0) {
    const died = history.unanswered('subscribe', 'subscribe then complete', 'initialise', 'store', 'lock');
    if (history.closed > 0 && died + history.unanswered('lock then unlock') === 0) {
      expect(orphans(rows)).toEqual([]);
    }
    return;
  }
  // No update is lost: each that was told so is in the version, and in what is stored.
  const store = rows.find(({ sk }) => sk === 'CTX');
  const version = Number(store?.['version'] ?? 0);
  expect(version).toBeGreaterThanOrEqual(history.stored);
  expect(version).toBeLessThanOrEqual(history.stored + history.unanswered('store'));
  expect(JSON.parse(String(store?.['entries'] ?? '[]'))).toHaveLength(version);
  for (const clientId of ['1', '2']) {
    const own = subs.filter((row) => row['clientId'] === clientId && isStanding(row));
    const live = own.length;
    const active = history.count(clientId, 'active');
    const completed = history.count(clientId, 'completed');
    const completes = history.completes.filter((each) => each === clientId).length;
    const subscribes = history.subscribes.filter((each) => each === clientId).length;
    const unanswered = history.unanswered('subscribe', 'subscribe then complete');
    expect(history.count(clientId, 'closed')).toBe(0);
    expect(live).toBeLessThanOrEqual(Math.min(1, active + unanswered));
    // Each complete ends at most one.
    expect(active - live + completed).toBeLessThanOrEqual(completes);
    const mayBeRevoked = clientId === '2' && (history.revoked > 0 || history.count('2', 'revoked') > 0);
    if (completes === 0 && subscribes > 0 && unanswered === 0 && !mayBeRevoked)
      expect([live, active]).toEqual([1, 1]);
    // Nothing that was let in before the mark is left, whoever was under way.
    if (clientId === '2' && history.revoked > 0 && unanswered === 0) expect(live).toBe(0);
    // A complete is never lost: it found the only subscription, or left its mark for it.
    if (history.completed.includes(clientId) && subscribes === 1) expect(live).toBe(0);
    // Active means active, whoever else died: nobody asked for its end.
    if (completes === 0 && active === 1 && live === 1 && unanswered === 0)
      expect(places).toEqual(expect.arrayContaining(namedBy(own)));
  }
}

/** A SUB row that no complete has begun to end. */
const isStanding = ({ nonce, ended }: TableRow) => nonce !== undefined && ended === undefined;

const nonceOf = (sk: unknown) => String(sk).slice(String(sk).lastIndexOf('#') + 1);

/** Rows of the connection beside META, whose own life the contract suite looks at. */
const orphans = (rows: readonly TableRow[]) => ownedRows(rows).filter(({ sk }) => sk !== 'META');

const ownerOf = ({ c, clientId }: TableRow) => c ?? clientId;

/** Rows of subscriptions: SUB rows that live, and those they name. */
const subscribed = (rows: readonly TableRow[]) =>
  rows.filter((row) => row['nonce'] !== undefined || isNamed(row));

/** A row by which a subscription counts for its identity. */
const isCounted = ({ pk, sk }: TableRow) => /^ID#/.test(String(pk)) && /^S#/.test(String(sk));

/** A row that a SUB row has to name. */
const isNamed = (row: TableRow) => /^KEY#/.test(String(row['pk'])) || isCounted(row);

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

const property = (calls: fc.Arbitrary<Call[]>, broken?: Broken) =>
  fc.asyncProperty(scheduler, calls, (s, each) => run(s, each, broken));

describe('registry interleavings', () => {
  test('R5, R6, R7: whatever order the requests of subscribe, complete, close and init fall in, no orphan, and active means active', async () => {
    await fc.assert(property(fc.array(call, { minLength: 2, maxLength: 5 })), { numRuns: 330 });
  }, 120_000);

  test('R5, R6, R7: whoever dies at any step, or hears no answer, leaves what the next can finish, and close clears it', async () => {
    await fc.assert(property(fc.array(fated(call), { minLength: 2, maxLength: 4 })), { numRuns: 500 });
  }, 120_000);

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
    ['subscribe and revoke', [{ kind: 'subscribe', id: '2' }, { kind: 'revoke' }]],
    [
      'an id reused at once, and revoke',
      [{ kind: 'subscribe then complete', id: '2' }, { kind: 'subscribe', id: '2' }, { kind: 'revoke' }],
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
  ])(
    'R5, R6, R7: %s',
    async (_, calls) => {
      const numRuns = calls.some(({ kind }) => kind === 'revoke') ? 80 : 200;
      await fc.assert(property(fc.constant(calls)), { numRuns });
    },
    60_000,
  );
});

const withoutCondition = <T extends { ConditionExpression?: string | undefined }>(input: T) => {
  const { ConditionExpression: _condition, ...rest } = input;
  return { ...rest, ExpressionAttributeNames: undefined, ExpressionAttributeValues: undefined };
};

/** The look with what it came to replaced. */
const looking =
  (instead: Partial<Record<SubscribeOutcome, 'active'>>): NonNullable<Broken['check']> =>
  async (...given) => {
    const { standing, versions } = await checkStanding(...given);
    return { standing: instead[standing] ?? standing, versions };
  };

/** Without the deletes of rows that count for an identity. */
function withoutCounted(input: BatchWriteCommand['input']): BatchWriteCommand['input'] {
  const writes = input.RequestItems?.['relay'] ?? [];
  const left = writes.filter(({ DeleteRequest }) => !isCounted(DeleteRequest?.Key ?? {}));
  return { RequestItems: { relay: left.length > 0 ? left : writes } };
}

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
  const marks = ({ UpdateExpression = '' }: { UpdateExpression?: string | undefined }) =>
    UpdateExpression.includes('#ended');
  const ending = (kind: Fate['kind']) =>
    fc.nat(5).map((at): Call[] => [
      { kind: 'subscribe then complete', id: '1' },
      { kind: 'complete', id: '1', fate: { kind, at } },
    ]);
  const dying = ending('dies');
  const repeating = fc.oneof(
    ending('repeats'),
    fc.nat(2).map((at): Call[] => [
      { kind: 'complete', id: '1' },
      { kind: 'subscribe', id: '1', fate: { kind: 'repeats', at } },
    ]),
  );
  // Ten effects of the subscribe, one of the mark.
  const dyingMarked = fc
    .integer({ min: 11, max: 13 })
    .map((at): Call => ({ kind: 'subscribe then complete', id: '1', fate: { kind: 'dies', at } }));
  const dyingAlone = dyingMarked.map((one) => [one]);
  const dyingTwice = fc
    .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 2, max: 4 }))
    .map(([first, second]): Call[] => [
      { kind: 'subscribe', id: '1' },
      { kind: 'complete', id: '1', fate: { kind: 'dies', at: first } },
      { kind: 'subscribe', id: '1', fate: { kind: 'dies', at: second } },
    ]);
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
    [
      'when complete removes the SUB row before the rows it names',
      {
        rewrite: (command) =>
          command instanceof UpdateCommand && marks(command.input)
            ? new DeleteCommand({
                TableName: 'relay',
                Key: command.input.Key,
                ConditionExpression: 'attribute_exists(#nonce)',
                ExpressionAttributeNames: { '#nonce': 'nonce' },
                ReturnValues: 'ALL_OLD',
              })
            : command,
      },
      dying,
    ],
    [
      'when a complete leaves alone what another has begun to end',
      {
        rewrite: (command) =>
          command instanceof UpdateCommand && marks(command.input)
            ? new UpdateCommand({
                ...command.input,
                ConditionExpression: `${command.input.ConditionExpression} AND attribute_not_exists(#ended)`,
              })
            : command,
      },
      dying,
    ],
    [
      'when a complete takes its own mark for that of another',
      {
        answer: (command, came) => {
          if (!(command instanceof UpdateCommand && marks(command.input))) return;
          const { Attributes } = Object(came);
          if (Attributes?.ended !== undefined) Attributes.ended = 'of another';
        },
      },
      repeating,
    ],
    [
      'when subscribe takes over an ended id before its rows are gone',
      {
        rewrite: (command) =>
          command instanceof PutCommand && command.input.Item?.['nonce'] !== undefined
            ? new PutCommand({
                ...command.input,
                ConditionExpression: `${command.input.ConditionExpression} OR attribute_exists(#ended)`,
                ExpressionAttributeNames: { ...command.input.ExpressionAttributeNames, '#ended': 'ended' },
              })
            : command,
      },
      dyingTwice,
    ],
    [
      'when subscribe never finishes what is ended',
      {
        answer: (command, came) => {
          if (command instanceof PutCommand && came instanceof Error && 'Item' in came)
            Reflect.deleteProperty(Object(came.Item), 'ended');
        },
      },
      dyingAlone,
    ],
    [
      'when subscribe takes an ended SUB row for its own',
      {
        check: async (table, { connectionId }, { h, nonce }) => {
          const rows = await batchGet(table, [metaKey(connectionId), subscriptionKey(connectionId, h)]);
          const versions = new Map();
          if (rows.some(({ closed }) => closed === true)) return { standing: 'closed', versions };
          const isThere = rows.some((row) => row['nonce'] === nonce);
          return { standing: isThere ? 'active' : 'completed', versions };
        },
      },
    ],
    [
      'when a tombstone that was taken is not known to be ours',
      {
        rewrite: (command) =>
          command instanceof UpdateCommand && command.input.UpdateExpression?.includes('#taken')
            ? new UpdateCommand({
                ...command.input,
                ConditionExpression: '#tombstone = :true AND #expiresAt > :now',
              })
            : command,
      },
      repeating,
    ],
    [
      'when subscribe does not look again after it wrote',
      { check: async () => ({ standing: 'active', versions: new Map() }) },
    ],
    [
      'when subscribe does not look for a mark',
      { check: looking({ revoked: 'active' }) },
      fc.constant<Call[]>([{ kind: 'revoke' }, { kind: 'subscribe', id: '2' }]),
    ],
    [
      'when whoever ends a subscription leaves what counts for its identity',
      {
        rewrite: (command) =>
          command instanceof BatchWriteCommand
            ? new BatchWriteCommand(withoutCounted(command.input))
            : command,
      },
      fc.constant<Call[]>([{ kind: 'subscribe then complete', id: '2' }]),
    ],
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
  ])(
    '%s',
    async (_, broken, calls = contended) => {
      const result = await fc.check(property(calls, broken), {
        numRuns: 2_000,
        seed: 1,
        endOnFailure: true,
      });
      expect(result.failed).toBe(true);
      expect(String(result.errorInstance)).toMatch(/expect\(/);
    },
    120_000,
  );
});
