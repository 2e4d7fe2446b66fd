import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { systemClock } from '../../../src/adapters/clock.ts';
import { createCandidateBook } from '../../../src/adapters/memory/registry-candidates.ts';
import { DEFAULT_REGISTRY_LIMITS } from '../../../src/adapters/memory/registry-limits.ts';
import { createShapeBook } from '../../../src/adapters/memory/registry-shapes.ts';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
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
import { changeOf, GROWTH_SDL, GROWTH_TABLE, type Mix, randomNumbers, wishes } from './growth-workload.ts';

/** Fills an index, measures events on it, or compares what it finds with a scan of everyone. */
export type GrowthRequest =
  | { readonly kind: 'fill'; readonly mix: Mix; readonly size: number }
  | { readonly kind: 'measure' | 'scan'; readonly events: number; readonly seed: number };

export type GrowthReply =
  | { readonly kind: 'filled'; readonly bytesPerSubscription: number }
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

/** Those of one process, each on a connection of its own. */
function fill(mix: Mix, size: number): Filled {
  const shapes = createShapeBook(systemClock, DEFAULT_REGISTRY_LIMITS);
  const candidates = createCandidateBook(systemClock);
  const activatedAt = Date.now() - 60_000;
  const expiresAt = Math.floor(Date.now() / 1_000) + 7_200;
  const document = { hash: 'document', text: 'subscription{onCreateTodo{id}}' };
  const texts = new Map<string, string>();
  const subscriptions: NewSubscription[] = [];
  const shapesUsed = new Set<string>();
  const keys = new Map<string, string>();
  for (const { field, filter, equalities } of wishes(mix, size)) {
    const text = canonicalFilter(filter);
    // One text for all who have it, as when rows are read through a dictionary.
    const shared = texts.get(text) ?? text;
    texts.set(shared, shared);
    const subscription: NewSubscription = {
      connectionId: `c${subscriptions.length}`,
      clientId: '1',
      field,
      table: GROWTH_TABLE,
      alternatives: [equalities],
      filter: shared,
      document,
      renderingKey: 'rendering',
      dialect: 'graphql-transport-ws',
      stage: 'bench',
      activatedAt,
      expiresAt,
    };
    subscriptions.push(subscription);
    const shape = `${field} ${[...equalities.keys()].join()}`;
    if (!shapesUsed.has(shape)) shapes.use(subscription);
    shapesUsed.add(shape);
    const named = `${shape} ${[...equalities.values()].join()}`;
    const key = keys.get(named) ?? filterKey(field, equalities);
    keys.set(named, key);
    const places = [{ filterKey: key, shard: 0 }];
    candidates.add({ kind: 'subscription', subscription, places, expiresAt });
  }
  const context: MatchContext = {
    model,
    settings: DEFAULT_SETTINGS,
    metrics: createCounters(),
    logger: pino({ level: 'silent' }),
    registry: {
      shapes: async (table) => shapes.inUse(table),
      candidates: async (lookups) => candidates.find(lookups),
    },
  };
  return { size, context, subscriptions };
}

interface Filled {
  readonly size: number;
  readonly context: MatchContext;
  readonly subscriptions: readonly NewSubscription[];
}

function eventsOf({ size }: Filled, events: number, seed: number): TypedChange[] {
  const random = randomNumbers(seed);
  return Array.from({ length: events }, (_, n) => ({ record: 0, type, change: changeOf(n, size, random) }));
}

async function measure(filled: Filled, events: number, seed: number): Promise<GrowthReply> {
  const typed = eventsOf(filled, events, seed);
  let matches = 0;
  collect();
  const start = process.cpuUsage();
  for (const one of typed)
    for (const found of await findMatches(filled.context, [one])) matches += found.matches.length;
  const { user, system } = process.cpuUsage(start);
  return { kind: 'measured', cpuMicroseconds: user + system, matches };
}

/** Everyone is judged on every event, by predicates compiled beforehand; what is found must be the same. */
async function scan(filled: Filled, events: number, seed: number): Promise<GrowthReply> {
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

let filled: Filled | undefined;

async function answer(request: GrowthRequest): Promise<GrowthReply> {
  if (request.kind === 'fill') {
    collect();
    const before = process.memoryUsage().heapUsed;
    filled = fill(request.mix, request.size);
    collect();
    const bytes = process.memoryUsage().heapUsed - before;
    return { kind: 'filled', bytesPerSubscription: bytes / request.size };
  }
  if (!filled) throw new Error('expected to be filled first');
  const { events, seed } = request;
  return request.kind === 'measure' ? measure(filled, events, seed) : scan(filled, events, seed);
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
