import type { Image } from '../../change/change.ts';
import type { Lookup, Shape } from '../ports.ts';
import type { TypedChange } from './intake.ts';
import { triggerImages } from './judge.ts';
import { Lookups } from './lookups.ts';
import { type ChangeMatches, type ChangePlan, matchChange, type Trigger } from './match-change.ts';
import type { MatchContext } from './match-context.ts';
import { orPoison, unfoundBeyond } from './poison.ts';

export type { ChangeMatches, Match, Misfit } from './match-change.ts';
export type { MatchContext } from './match-context.ts';

/**
 * Finds the subscribers of a batch in two rounds of strongly consistent reads, both after the batch was received
 * (C1): shapes of each table, then one lookup per distinct filter key and shard. The whole predicate runs on each
 * candidate.
 * @throws TablecastError `REGISTRY_UNAVAILABLE`
 */
export async function findMatches(
  context: MatchContext,
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
  const judged = plans.map((entry) => matchChange(context, entry, found));
  context.metrics.count(
    'matched',
    judged.reduce((sum, { matches }) => sum + matches.length, 0),
  );
  return judged;
}

/** Queries asked for; further pages of one, and filters too long for their rows, come on top. */
function measureReads(
  { metrics }: MatchContext,
  tables: readonly string[],
  lookups: readonly Lookup[],
): void {
  const partitions = lookups.reduce((sum, { shards }) => sum + shards, 0);
  if (tables.length > 0) metrics.measure('lookups', tables.length + partitions);
}

function plan(
  context: MatchContext,
  typed: TypedChange,
  shapes: readonly Shape[],
  lookups: Lookups,
): ChangePlan {
  const fields = [...context.model.subscriptions.values()].filter(
    ({ type }) => type === typed.type && !typed.isForeign,
  );
  let isCut = false;
  const keysOf = (name: string, images: readonly Image[]): readonly string[] => {
    const filterKeys = new Set<string>();
    for (const shape of shapes) {
      if (shape.field !== name) continue;
      for (const image of images) {
        const found = lookups.keysOf(name, shape.names, image, typed.type);
        isCut ||= found.isCut;
        for (const filterKey of found.keys) {
          lookups.add({
            filterKey,
            shards: shape.shards,
            shape: { table: typed.type.table, field: name, names: shape.names },
          });
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
  if (isCut) unfoundBeyond(context, typed);
  const names = new Set([...fields.map(({ name }) => name), ...unknown]);
  return { typed, triggers, shapes: shapes.filter(({ field }) => names.has(field)).length };
}

/**
 * Fields with live subscriptions on this table that the schema does not have, or has on another table: it has changed
 * under them, or they were made by functions of a deploy that is under way and has not come here yet. Nobody knows here
 * which changes fire them, so that each one does.
 */
function unknownFields(
  { model }: MatchContext,
  { type }: TypedChange,
  shapes: readonly Shape[],
): Set<string> {
  const isServed = (name: string) => model.subscriptions.get(name)?.type.table === type.table;
  return new Set(shapes.map(({ field }) => field).filter((name) => !isServed(name)));
}
