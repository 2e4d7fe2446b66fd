import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { expect } from '@jest/globals';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { partitionOf, placeOf, placePartition, versionKey } from '../../src/adapters/dynamodb/rows.ts';
import type { WarmConfig } from '../../src/config.ts';
import { filterKey } from '../../src/filter/keys.ts';
import type { Candidate, Lookup, Registry } from '../../src/relay/ports.ts';
import { DynamoDBTable, type TableRow, type TableStep } from '../../src/testing/dynamodb-table.ts';
import { connectionOf, equal, FIELD, subscriptionOf, TABLE } from './registry-samples.ts';
import { jumpingClock } from './registry-worlds.ts';

/** Values of `title`, each a filter key of its own. */
export type Title = 'x' | 'y';

export type ReaderName = 'warm' | 'cold';

/** What runs beside the others. Calls of one action run one after the other. */
export type WarmAction =
  | { readonly kind: 'subscribe'; readonly id: string; readonly titles: readonly Title[] }
  | { readonly kind: 'complete'; readonly id: string }
  /** Of one id, the second under other keys: who still holds rows of the first must not take them for the second's. */
  | { readonly kind: 'reuse'; readonly id: string; readonly titles: readonly [Title, Title] }
  /** The same, the second not waiting for the end of the first. */
  | { readonly kind: 'hand over'; readonly id: string; readonly titles: readonly [Title, Title] }
  | { readonly kind: 'close' }
  | { readonly kind: 'batches'; readonly reader: ReaderName; readonly count: number }
  /** The time to live takes the version row of a key away. */
  | { readonly kind: 'expire'; readonly title: Title };

/** A rule of the protocol taken away, to show that the suite sees it missing. */
export type WarmMutant =
  | 'subscribe does not count'
  | 'complete does not count'
  | 'complete counts once the id is free'
  | 'the version is read after the rows'
  | 'the nonce is ignored'
  | 'a count that is refused is passed over';

interface Began {
  readonly id: string;
  /** Tells subscriptions of one id apart, by what candidates are found with. */
  readonly filter: string;
  readonly titles: readonly Title[];
  readonly startedAt: number;
  acknowledgedAt: number;
}

/** An end that somebody asked for, of one id, or (close) of all. */
interface Ending {
  readonly id: string | undefined;
  readonly startedAt: number;
  resolvedAt: number;
}

const SHARDS = 2;
const NEVER = Number.POSITIVE_INFINITY;
const keyOf = (title: Title) => filterKey(FIELD, equal({ title }));
const LOOKUPS: readonly Lookup[] = [
  { filterKey: keyOf('x'), shards: SHARDS },
  { filterKey: keyOf('y'), shards: SHARDS },
];

/**
 * One relay table, subscribers of connection `a`, and two readers that keep every key they see (`minRows` 1): `warm` holds
 * rows of both keys from the start, `cold` has yet to read. What each batch finds is held against what was acknowledged
 * before it began and what was ended.
 */
export class WarmWorld {
  readonly #table: DynamoDBTable;
  readonly #mutant: WarmMutant | undefined;
  readonly #readers: Readonly<Record<ReaderName, Registry>>;
  readonly #clock = jumpingClock();
  readonly #repeats: boolean;
  readonly #begun: Began[] = [];
  readonly #endings: Ending[] = [];
  #moment = 0;

  /**
   * @param step as the table's; a rejection refuses the request
   * @param repeats every write of a row is sent again, as the SDK does whose answer was lost
   */
  constructor(step: (step: TableStep) => Promise<void>, mutant?: WarmMutant, repeats = false) {
    this.#mutant = mutant;
    this.#repeats = repeats;
    this.#table = new DynamoDBTable({
      tableName: 'relay',
      step: async (each) => {
        await step(each);
        return 'apply';
      },
    });
    this.#readers = { warm: this.#reader(), cold: this.#reader() };
  }

  /** Connection `b` has a subscription under both keys, which have two shards, and the warm reader holds them. */
  async open(): Promise<void> {
    const registry = this.#process(this.#table);
    await registry.open(connectionOf('a'));
    await registry.open(connectionOf('b'));
    const alternatives = [equal({ title: 'x' }), equal({ title: 'y' })];
    await registry.subscribe(subscriptionOf('b', '0', { alternatives, filter: 'b' }));
    const Key = { pk: `SHAPES#${TABLE}`, sk: `${FIELD}#title` };
    const change = { UpdateExpression: 'SET shards = :n', ExpressionAttributeValues: { ':n': SHARDS } };
    await this.#table.send(new UpdateCommand({ TableName: 'relay', Key, ...change }));
    for (let batch = 0; batch < 3; batch += 1) await this.#readers.warm.candidates(LOOKUPS);
  }

  async play(action: WarmAction): Promise<void> {
    switch (action.kind) {
      case 'subscribe':
        return this.#subscribe(action.id, action.titles);
      case 'complete':
        return this.#end(action.id);
      case 'reuse':
        await this.#subscribe(action.id, [action.titles[0]]);
        await this.#end(action.id);
        return this.#subscribe(action.id, [action.titles[1]]);
      case 'hand over': {
        const [first, second] = action.titles;
        await this.#subscribe(action.id, [first]);
        await Promise.all([this.#end(action.id), this.#subscribe(action.id, [second])]);
        return;
      }
      case 'close':
        return this.#end(undefined);
      case 'batches':
        for (let n = 0; n < action.count; n += 1) await this.batch(action.reader);
        return;
      case 'expire': {
        const Key = { ...versionKey(keyOf(action.title)) };
        await this.#table.send(new DeleteCommand({ TableName: 'relay', Key }));
        return;
      }
      default:
        return action satisfies never;
    }
  }

  /** One batch of a reader, held against what came before it. */
  async batch(reader: ReaderName): Promise<void> {
    this.#moment += 1;
    const from = this.#moment;
    const found = await this.#readers[reader].candidates(LOOKUPS);
    this.#moment += 1;
    for (const title of ['x', 'y'] as const) {
      const filters = filtersOf(found.get(keyOf(title)));
      for (const each of this.#begun.filter(({ titles }) => titles.includes(title))) {
        const endings = this.#endings.filter(
          ({ id, resolvedAt }) => (id === undefined || id === each.id) && resolvedAt > each.startedAt,
        );
        const isEnded = endings.some(
          ({ startedAt, resolvedAt }) => startedAt > each.acknowledgedAt && resolvedAt < from,
        );
        if (isEnded) expect(filters).not.toContain(each.filter);
        // C1: acknowledged before the batch came, and nobody has asked for its end.
        if (each.acknowledgedAt < from && endings.length === 0) expect(filters).toContain(each.filter);
      }
    }
    this.#expectOneOfEachId(
      from,
      LOOKUPS.flatMap((lookup) => filtersOf(found.get(lookup.filterKey))),
    );
  }

  /** What both readers find once nothing is under way: what stands, whatever they held. */
  async settle(): Promise<void> {
    const truth = await this.#process(this.#table).candidates(LOOKUPS);
    for (const reader of [this.#readers.warm, this.#readers.cold, this.#readers.warm]) {
      const found = await reader.candidates(LOOKUPS);
      for (const { filterKey: key } of LOOKUPS)
        expect(filtersOf(found.get(key)).sort()).toEqual(filtersOf(truth.get(key)).sort());
    }
  }

  /** Of two that bore an id one after the other, a batch after both never finds both: the first has ended. */
  #expectOneOfEachId(from: number, filters: readonly string[]): void {
    const seen = this.#begun.filter(
      ({ filter, acknowledgedAt }) => acknowledgedAt < from && filters.includes(filter),
    );
    expect(seen.map(({ id }) => id)).toEqual([...new Set(seen.map(({ id }) => id))]);
  }

  async #subscribe(id: string, titles: readonly Title[]): Promise<void> {
    this.#moment += 1;
    const filter = `${this.#begun.length}`;
    const began = { id, filter, titles, startedAt: this.#moment, acknowledgedAt: NEVER };
    this.#begun.push(began);
    const alternatives = titles.map((title) => equal({ title }));
    const registry = this.#process(
      this.#mutant === 'a count that is refused is passed over'
        ? passingOver(this.#table)
        : this.#without('subscribe does not count'),
    );
    // One that is refused is not acknowledged.
    const outcome = await registry
      .subscribe(subscriptionOf('a', id, { alternatives, filter }))
      .catch((fault) => expect(fault).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' }));
    this.#moment += 1;
    if (outcome === 'active') began.acknowledgedAt = this.#moment;
  }

  async #end(id: string | undefined): Promise<void> {
    this.#moment += 1;
    const ending = { id, startedAt: this.#moment, resolvedAt: NEVER };
    this.#endings.push(ending);
    const registry = this.#process(
      this.#mutant === 'complete counts once the id is free'
        ? countingLate(this.#table)
        : this.#without('complete does not count'),
    );
    if (id === undefined) await registry.close('a');
    else await registry.complete('a', id);
    this.#moment += 1;
    ending.resolvedAt = this.#moment;
  }

  #process(table: DynamoDBTable, warm?: WarmConfig): Registry {
    const client = this.#repeats ? repeating(table) : table;
    return createDynamoDBRegistry({
      client,
      tableName: 'relay',
      clock: this.#clock,
      ...(warm && { warm }),
    });
  }

  #reader(): Registry {
    const client =
      this.#mutant === 'the nonce is ignored'
        ? answering(this.#table, (row) => Object.assign(row, { nonce: 'any' }))
        : this.#mutant === 'the version is read after the rows'
          ? readingLate(this.#table)
          : this.#table;
    const warm = { minRows: 1, maxRows: 100 };
    return this.#process(client, warm);
  }

  #without(mutant: WarmMutant): DynamoDBTable {
    if (this.#mutant !== mutant) return this.#table;
    return through(this.#table, async (command, send) => (isCounting(command) ? {} : send(command)));
  }
}

/** Where rows of connection `a` stand under a title, and the version row of the title. */
export function watchedPartitions(title: Title): ReadonlySet<string> {
  const place = placeOf(keyOf(title), partitionOf('a', SHARDS));
  return new Set([placePartition(place), versionKey(keyOf(title)).pk]);
}

const filtersOf = (parts: readonly (readonly Candidate[])[] | undefined): string[] =>
  (parts ?? []).flat().map(({ filter }) => filter);

type Send = (command: unknown) => Promise<unknown>;

function through(
  table: DynamoDBTable,
  handle: (command: unknown, send: Send) => Promise<unknown>,
): DynamoDBTable {
  const send: Send = (command) => Reflect.apply(table.send, table, [command]);
  const handled: Send = (command) => handle(command, send);
  return new Proxy(table, {
    get: (target, name) => (name === 'send' ? handled : Reflect.get(target, name, target)),
  });
}

export const isVersionPartition = (pk: unknown) => String(pk).startsWith('VERSION#');

const isVersion = (row: TableRow | undefined) => isVersionPartition(row?.['pk']);

const isCounting = (command: unknown): command is UpdateCommand =>
  command instanceof UpdateCommand &&
  isVersion(command.input.Key) &&
  command.input.UpdateExpression?.includes(':one') === true;

/** Nothing is looked at but whether the request was sent. */
function passingOver(table: DynamoDBTable): DynamoDBTable {
  return through(table, (command, send) =>
    isCounting(command) ? send(command).catch(() => ({})) : send(command),
  );
}

/** Of each write of a single row the first answer is lost. */
function repeating(table: DynamoDBTable): DynamoDBTable {
  return through(table, async (command, send) => {
    const isWrite = [PutCommand, UpdateCommand, DeleteCommand].some((kind) => command instanceof kind);
    if (isWrite) await send(command).catch(() => undefined);
    return send(command);
  });
}

const versionRows = (output: unknown): TableRow[] => Object(output).Responses.relay.filter(isVersion);

function answering(table: DynamoDBTable, change: (row: TableRow) => void): DynamoDBTable {
  return through(table, async (command, send) => {
    const output = await send(command);
    if (command instanceof BatchGetCommand) for (const row of versionRows(output)) change(row);
    return output;
  });
}

/** The counters a reader was given become, once it has read rows, what they are by then. */
function readingLate(table: DynamoDBTable): DynamoDBTable {
  let given: TableRow[] = [];
  return through(table, async (command, send) => {
    const output = await send(command);
    if (command instanceof BatchGetCommand) given = versionRows(output);
    if (command instanceof QueryCommand) {
      for (const row of given) {
        const { nonce, ...now } = table.rows().find(({ pk }) => pk === row['pk']) ?? {};
        if (nonce === row['nonce']) Object.assign(row, now);
      }
    }
    return output;
  });
}

/** Counts are put off until the SUB row has been removed, by somebody slow. */
function countingLate(table: DynamoDBTable): DynamoDBTable {
  let putOff: unknown[] = [];
  return through(table, async (command, send) => {
    if (isCounting(command)) {
      putOff.push(command);
      return {};
    }
    const output = await send(command);
    if (command instanceof DeleteCommand) {
      const late = putOff;
      putOff = [];
      for (let pause = 0; late.length > 0 && pause < 20; pause += 1)
        await send(new GetCommand({ TableName: 'relay', Key: { pk: 'none', sk: 'none' } }));
      for (const each of late) await send(each);
    }
    return output;
  });
}
