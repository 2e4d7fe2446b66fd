import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { systemClock } from '../../../src/adapters/clock.ts';
import { createCandidateBook } from '../../../src/adapters/memory/registry-candidates.ts';
import { DEFAULT_REGISTRY_LIMITS } from '../../../src/adapters/memory/registry-limits.ts';
import { createShapeBook } from '../../../src/adapters/memory/registry-shapes.ts';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
import type { Equalities } from '../../../src/filter/expression.ts';
import { filterKey } from '../../../src/filter/keys.ts';
import { predicateMemo } from '../../../src/filter/memo.ts';
import { createCounters } from '../../../src/observe/counters.ts';
import { DEFAULT_SETTINGS } from '../../../src/relay/context.ts';
import type { TypedChange } from '../../../src/relay/deliver/intake.ts';
import { judge, judgeFilter, triggerImages } from '../../../src/relay/deliver/judge.ts';
import { findMatches, type MatchContext } from '../../../src/relay/deliver/match.ts';
import type { NewSubscription } from '../../../src/relay/ports.ts';
import { loadModel } from '../../../src/schema/load.ts';
import type { TableType } from '../../../src/schema/model.ts';
import {
  changeOf,
  GROWTH_SDL,
  GROWTH_TABLE,
  randomNumbers,
  type Wish,
  wishes,
  wishesWithoutEquality,
} from './growth-workload.ts';

/**
 * Fills an index with those who compare something by equality, has those join who do not, measures events on it, or
 * compares what it finds with a scan of everyone.
 */
export type GrowthRequest =
  | { readonly kind: 'fill'; readonly size: number }
  /** Goes on with filling, for as long as it is not done. */
  | { readonly kind: 'fill on' }
  | { readonly kind: 'join' }
  | { readonly kind: 'measure' | 'scan'; readonly events: number; readonly seed: number };

export type GrowthReply =
  | { readonly kind: 'filling' }
  | { readonly kind: 'filled'; readonly bytesPerSubscription: number }
  | { readonly kind: 'joined' }
  | { readonly kind: 'measured'; readonly cpuMicroseconds: number; readonly matches: number };

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const model = loadModel(GROWTH_SDL);
const type = todoType();

function todoType(): TableType {
  const found = model.types.get('Todo');
  if (!found) throw new Error('expected a type Todo');
  return found;
}

/** Subscriptions added in answer to one request. */
const MOST_AT_ONCE = 100_000;

/** Those of one process, each on a connection of its own, under the filter keys that subscribing would give them. */
class Population {
  readonly subscriptions: NewSubscription[] = [];
  readonly context: MatchContext;
  /** How many of them set the values that events draw from. */
  readonly size: number;
  readonly #shapes = createShapeBook(systemClock, DEFAULT_REGISTRY_LIMITS);
  readonly #candidates = createCandidateBook(systemClock);
  /** By name of the wish. */
  readonly #wanted = new Map<string, Wanted>();
  readonly #document = { hash: 'document', text: 'subscription{onCreateTodo{id}}' };
  readonly #activatedAt = Date.now() - 60_000;
  readonly #expiresAt = Math.floor(Date.now() / 1_000) + 7_200;

  constructor(size: number) {
    this.size = size;
    const [shapes, candidates] = [this.#shapes, this.#candidates];
    this.context = {
      model,
      settings: DEFAULT_SETTINGS,
      metrics: createCounters(),
      logger: pino({ level: 'silent' }),
      registry: {
        shapes: async (table) => shapes.inUse(table),
        candidates: async (lookups) => candidates.find(lookups),
      },
    };
  }

  /**
   * Adds what a slow machine adds within the time an answer may take.
   * @returns whether that was all
   */
  addSome(wished: Iterator<Wish>): boolean {
    for (let added = 0; added < MOST_AT_ONCE; added += 1) {
      const next = wished.next();
      if (next.done) {
        // Only filling needs it.
        this.#wanted.clear();
        return true;
      }
      this.#add(next.value);
    }
    return false;
  }

  #add({ field, name, filter, equalities: equalitiesOf }: Wish): void {
    let wanted = this.#wanted.get(name);
    if (!wanted) {
      wanted = { text: canonicalFilter(filter()), equalities: equalitiesOf(), keys: new Map() };
      this.#wanted.set(name, wanted);
    }
    const { text, equalities, keys } = wanted;
    const subscription: NewSubscription = {
      connectionId: `c${this.subscriptions.length}`,
      clientId: '1',
      field,
      table: GROWTH_TABLE,
      alternatives: [equalities],
      filter: text,
      document: this.#document,
      renderingKey: 'rendering',
      dialect: 'graphql-transport-ws',
      stage: 'bench',
      activatedAt: this.#activatedAt,
      expiresAt: this.#expiresAt,
      subscriber: { identityHash: 'anyone' },
      maxOnConnection: 100,
    };
    this.subscriptions.push(subscription);
    let key = keys.get(field);
    if (key === undefined) {
      this.#shapes.use(subscription);
      key = filterKey(field, equalities);
      keys.set(field, key);
    }
    const places = [{ filterKey: key, shard: 0 }];
    this.#candidates.add({ kind: 'subscription', subscription, places, expiresAt: this.#expiresAt });
  }
}

/** What all with the same wish have in common. */
interface Wanted {
  /** One text for all, as when rows are read through a dictionary. */
  readonly text: string;
  readonly equalities: Equalities;
  /** Filter keys by subscription field. */
  readonly keys: Map<string, string>;
}

function eventsOf({ size }: Population, events: number, seed: number): TypedChange[] {
  const random = randomNumbers(seed);
  return Array.from({ length: events }, (_, n) => ({ record: 0, type, change: changeOf(n, size, random) }));
}

async function measure(filled: Population, events: number, seed: number): Promise<GrowthReply> {
  const typed = eventsOf(filled, events, seed);
  let matches = 0;
  const start = process.cpuUsage();
  for (const one of typed)
    for (const found of await findMatches(filled.context, [one])) matches += found.matches.length;
  const { user, system } = process.cpuUsage(start);
  return { kind: 'measured', cpuMicroseconds: user + system, matches };
}

/** Everyone is judged on every event, by predicates compiled beforehand; what is found must be the same. */
async function scan(filled: Population, events: number, seed: number): Promise<GrowthReply> {
  const predicateFor = predicateMemo(Number.POSITIVE_INFINITY);
  const everyone = filled.subscriptions.map((subscription) => {
    const field = model.subscriptions.get(subscription.field);
    if (!field) throw new Error(`expected a subscription field, got ${subscription.field}`);
    return { field, subscription, predicate: predicateFor(subscription.filter, field.type) };
  });
  const typed = eventsOf(filled, events, seed);
  const owed: string[][] = [];
  const start = process.cpuUsage();
  for (const one of typed) {
    const own: string[] = [];
    for (const { field, subscription, predicate } of everyone) {
      if (triggerImages(field, one).length === 0) continue;
      const judged = judge(DEFAULT_SETTINGS, field, one, subscription, () =>
        judgeFilter(field, one, predicate),
      );
      if (judged.verdict === 'owed') own.push(subscription.connectionId);
    }
    owed.push(own.sort());
  }
  const { user, system } = process.cpuUsage(start);
  for (const [n, one] of typed.entries()) {
    const [found] = await findMatches(filled.context, [one]);
    const ids = (found?.matches ?? []).map(({ candidate }) => candidate.connectionId).sort();
    if (ids.join() !== owed[n]?.join())
      throw new Error(`expected the matches that a scan finds, got ${ids.length} for ${owed[n]?.length}`);
  }
  const matches = owed.reduce((sum, own) => sum + own.length, 0);
  return { kind: 'measured', cpuMicroseconds: user + system, matches };
}

let population: Population | undefined;
let wished: Iterator<Wish> | undefined;
let heapBefore = 0;

function fillOn(to: Population, from: Iterator<Wish>): GrowthReply {
  if (!to.addSome(from)) return { kind: 'filling' };
  collect();
  const bytes = process.memoryUsage().heapUsed - heapBefore;
  return { kind: 'filled', bytesPerSubscription: bytes / to.size };
}

async function answer(request: GrowthRequest): Promise<GrowthReply> {
  if (request.kind === 'fill') {
    collect();
    heapBefore = process.memoryUsage().heapUsed;
    population = new Population(request.size);
    wished = wishes(request.size);
    return fillOn(population, wished);
  }
  if (!population || !wished) throw new Error('expected to be filled first');
  switch (request.kind) {
    case 'fill on':
      return fillOn(population, wished);
    case 'join':
      population.addSome(wishesWithoutEquality(population.size));
      return { kind: 'joined' };
    case 'measure':
      return measure(population, request.events, request.seed);
    case 'scan':
      return scan(population, request.events, request.seed);
    default:
      return request satisfies never;
  }
}

process.on('message', (request: GrowthRequest) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
