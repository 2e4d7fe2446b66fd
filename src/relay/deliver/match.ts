import type { Image } from '../../change/change.ts';
import type { SubscriptionField } from '../../schema/model.ts';
import type { RelayContext } from '../context.ts';
import { createDecisionLog } from '../explain-log.ts';
import type { Candidate, Lookup, Shape } from '../ports.ts';
import type { TypedChange } from './intake.ts';
import { type Judgement, judge, type MatchKind, triggerImages } from './judge.ts';
import { Lookups } from './lookups.ts';

/** One payload owed to one subscription. */
export interface Match {
  readonly typed: TypedChange;
  readonly field: SubscriptionField;
  readonly candidate: Candidate;
  readonly kind: MatchKind;
}

/** A candidate whose field or stored filter no longer fits the schema: its operation is to be ended, not guessed at. */
export interface Misfit {
  readonly typed: TypedChange;
  readonly candidate: Candidate;
  readonly message: string;
}

/** Who is owed what by one change, and what was looked at on the way (for logs and `explain`). */
export interface ChangeMatches {
  readonly typed: TypedChange;
  /** Shapes in use for this type's fields: none means that nobody is subscribed. */
  readonly shapes: number;
  readonly candidates: number;
  readonly matches: readonly Match[];
  readonly misfits: readonly Misfit[];
}

/** One subscription field a change may fire, and where its subscribers are found. */
interface Trigger {
  /** Absent for a field the schema does not have: whoever is found under it cannot be served, and is told so. */
  readonly field?: SubscriptionField;
  readonly filterKeys: readonly string[];
}

interface Plan {
  readonly typed: TypedChange;
  readonly shapes: number;
  readonly triggers: readonly Trigger[];
}

/**
 * Finds the subscribers of a batch in two rounds of strongly consistent reads, both after the batch was received
 * (C1): shapes of each table, then one lookup per distinct filter key and shard. The whole predicate runs on each
 * candidate.
 * @throws TablecastError `REGISTRY_UNAVAILABLE`
 */
export async function findMatches(
  context: RelayContext,
  changes: readonly TypedChange[],
): Promise<ChangeMatches[]> {
  const tables = [...new Set(changes.map(({ type }) => type.table))];
  const shapes = new Map(
    await Promise.all(tables.map(async (table) => [table, await context.registry.shapes(table)] as const)),
  );
  const lookups = new Lookups(context.keySchemes);
  const plans = changes
    .flatMap((typed) =>
      orPoison(context, typed, () => plan(context, typed, shapes.get(typed.type.table) ?? [], lookups)),
    )
    .filter(({ typed, triggers }) => !typed.isForeign || triggers.length > 0);
  const wanted = lookups.all();
  const found = wanted.length > 0 ? await context.registry.candidates(wanted) : new Map();
  measureReads(context, tables, wanted);
  const judged = plans.map((entry) => judgeAll(context, entry, found));
  context.metrics.count(
    'matched',
    judged.reduce((sum, { matches }) => sum + matches.length, 0),
  );
  return judged;
}

/** Queries asked for; further pages of one, and filters too long for their rows, come on top. */
function measureReads(
  { metrics }: RelayContext,
  tables: readonly string[],
  lookups: readonly Lookup[],
): void {
  const partitions = lookups.reduce((sum, { shards }) => sum + shards, 0);
  if (tables.length > 0) metrics.measure('lookups', tables.length + partitions);
}

/** What our own code stumbles over costs no more than itself: it is logged, counted as a gap and stepped over (C4). */
function orPoison<T>(context: RelayContext, { change }: TypedChange, work: () => T): T[] {
  try {
    return [work()];
  } catch (error) {
    context.logger.error({ event: 'record.poison', eventId: change.eventId, err: error });
    context.metrics.count('record.poison');
    context.metrics.count('gap');
    return [];
  }
}

function plan(context: RelayContext, typed: TypedChange, shapes: readonly Shape[], lookups: Lookups): Plan {
  const fields = [...context.model.subscriptions.values()].filter(
    ({ type }) => type === typed.type && !typed.isForeign,
  );
  const keysOf = (name: string, images: readonly Image[]): readonly string[] => {
    const filterKeys = new Set<string>();
    for (const shape of shapes) {
      if (shape.field !== name) continue;
      for (const image of images) {
        for (const filterKey of lookups.keysOf(name, shape.names, image, typed.type)) {
          lookups.add({ filterKey, shards: shape.shards });
          filterKeys.add(filterKey);
        }
      }
    }
    return [...filterKeys];
  };
  const triggers = fields.flatMap((field): Trigger[] => {
    const images = triggerImages(field, typed).map(({ image }) => image);
    return images.length > 0 ? [{ field, filterKeys: keysOf(field.name, images) }] : [];
  });
  const { newImage, oldImage } = typed.change;
  const images = [newImage, oldImage].filter((image) => image !== undefined);
  const unknown = unknownFields(context, typed, shapes);
  for (const name of unknown) triggers.push({ filterKeys: keysOf(name, images) });
  const names = new Set([...fields.map(({ name }) => name), ...unknown]);
  return { typed, triggers, shapes: shapes.filter(({ field }) => names.has(field)).length };
}

/**
 * Fields with live subscriptions on this table that the schema does not have, or has on another table: it has changed
 * under them, or they were made by functions of a deploy that is under way and has not come here yet. Nobody knows here
 * which changes fire them, so that each one does.
 */
function unknownFields(
  { model }: RelayContext,
  { type }: TypedChange,
  shapes: readonly Shape[],
): Set<string> {
  const isServed = (name: string) => model.subscriptions.get(name)?.type.table === type.table;
  return new Set(shapes.map(({ field }) => field).filter((name) => !isServed(name)));
}

function judgeAll(
  context: RelayContext,
  { typed, shapes, triggers }: Plan,
  found: ReadonlyMap<string, readonly Candidate[]>,
): ChangeMatches {
  const matches: Match[] = [];
  const misfits: Misfit[] = [];
  const log = context.settings.explainLog ? createDecisionLog(context, typed) : undefined;
  let candidates = 0;
  for (const { field, filterKeys } of triggers) {
    for (const candidate of distinctCandidates(filterKeys, found)) {
      candidates += 1;
      orPoison(context, typed, () => {
        const judgement: Judgement = field
          ? judge(context.settings, field, typed, candidate)
          : { verdict: 'unusable', message: `Subscription has no field ${candidate.field}` };
        if (field && judgement.verdict === 'owed')
          matches.push({ typed, field, candidate, kind: judgement.kind });
        if (judgement.verdict === 'unusable') misfits.push({ typed, candidate, message: judgement.message });
        log?.decided(candidate, judgement, field);
      });
    }
  }
  log?.end();
  return { typed, shapes, candidates, matches, misfits };
}

/** Several keys may find the same subscription; it gets at most one payload a record. */
function distinctCandidates(
  filterKeys: readonly string[],
  found: ReadonlyMap<string, readonly Candidate[]>,
): Iterable<Candidate> {
  const distinct = new Map<string, Candidate>();
  for (const filterKey of filterKeys) {
    for (const candidate of found.get(filterKey) ?? []) {
      distinct.set(JSON.stringify([candidate.connectionId, candidate.clientId]), candidate);
    }
  }
  return distinct.values();
}
