import type { Image } from '../../change/change.ts';
import { transition } from '../../change/transition.ts';
import { imageFilterKey } from '../../filter/keys.ts';
import { predicateFor } from '../../filter/memo.ts';
import { attributeOf, attributeValue, comparisonOf } from '../../filter/value.ts';
import type { SubscriptionEvent, SubscriptionField } from '../../schema/model.ts';
import type { RelayContext } from '../context.ts';
import type { Candidate, Lookup, Shape } from '../ports.ts';
import type { TypedChange } from './intake.ts';

/** What a subscriber gets of a change: the item itself, or one step of the filtered set. */
export type MatchKind = 'item' | 'ENTER' | 'UPDATE' | 'LEAVE';

/** One payload owed to one subscription. */
export interface Match {
  readonly typed: TypedChange;
  readonly field: SubscriptionField;
  readonly candidate: Candidate;
  readonly kind: MatchKind;
}

/** A candidate whose stored filter no longer fits the schema: its operation is to be ended, not guessed at. */
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
  readonly field: SubscriptionField;
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
  const lookups = new Map<string, Lookup>();
  const plans = changes.flatMap((typed) =>
    orPoison(context, typed, () => plan(context, typed, shapes.get(typed.type.table) ?? [], lookups)),
  );
  const found = lookups.size > 0 ? await context.registry.candidates([...lookups.values()]) : new Map();
  return plans.map((entry) => judge(context, entry, found));
}

/** What our own code stumbles over costs no more than itself: it is logged, counted as a gap and stepped over (C4). */
function orPoison<T>(context: RelayContext, { change }: TypedChange, work: () => T): T[] {
  try {
    return [work()];
  } catch (error) {
    context.logger.error({ event: 'record.poison', eventId: change.eventId, err: error });
    context.metrics.count('gap');
    return [];
  }
}

function plan(
  context: RelayContext,
  typed: TypedChange,
  shapes: readonly Shape[],
  lookups: Map<string, Lookup>,
): Plan {
  const fields = [...context.model.subscriptions.values()].filter(({ type }) => type === typed.type);
  const names = new Set(fields.map(({ name }) => name));
  const triggers = fields.flatMap((field): Trigger[] => {
    const images = triggerImages(field, typed);
    if (images.length === 0) return [];
    const filterKeys = new Set<string>();
    for (const shape of shapes) {
      if (shape.field !== field.name) continue;
      for (const image of images) {
        const filterKey = imageFilterKey(field.name, shape.names, image, typed.type);
        const shards = Math.max(shape.shards, lookups.get(filterKey)?.shards ?? 0);
        lookups.set(filterKey, { filterKey, shards });
        filterKeys.add(filterKey);
      }
    }
    return [{ field, filterKeys: [...filterKeys] }];
  });
  return { typed, triggers, shapes: shapes.filter(({ field }) => names.has(field)).length };
}

const EVENT_OF: Readonly<Record<TypedChange['change']['eventName'], SubscriptionEvent>> = {
  INSERT: 'create',
  MODIFY: 'update',
  REMOVE: 'delete',
};

/** The images whose filter keys find a field's subscribers; none when the field is not fired by this change. */
function triggerImages(field: SubscriptionField, { change }: TypedChange): Image[] {
  if (field.events.has('change')) {
    return [change.newImage, change.oldImage].filter((image) => image !== undefined);
  }
  const image = itemImage(change);
  return field.events.has(EVENT_OF[change.eventName]) && image ? [image] : [];
}

/** The image an item subscription is judged on and sent: the new one, or the old one of what is gone. */
export function itemImage(change: TypedChange['change']): Image | undefined {
  return change.eventName === 'REMOVE' ? change.oldImage : change.newImage;
}

function judge(
  context: RelayContext,
  { typed, shapes, triggers }: Plan,
  found: ReadonlyMap<string, readonly Candidate[]>,
): ChangeMatches {
  const matches: Match[] = [];
  const misfits: Misfit[] = [];
  let candidates = 0;
  for (const { field, filterKeys } of triggers) {
    for (const candidate of distinctCandidates(filterKeys, found)) {
      candidates += 1;
      orPoison(context, typed, () => {
        if (isOlderThanSubscription(context, typed, candidate) || isOwn(typed, candidate)) return;
        const predicate = predicateFor(candidate.filter, typed.type);
        if (!predicate.ok) {
          misfits.push({ typed, candidate, message: predicate.message });
          return;
        }
        const kind = matchKind(field, typed, predicate.test);
        if (kind) matches.push({ typed, field, candidate, kind });
      });
    }
  }
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

/** Only what is certainly older is dropped: both the stream's granularity and the clocks' difference are allowed for. */
function isOlderThanSubscription(
  { settings }: RelayContext,
  { change }: TypedChange,
  candidate: Candidate,
): boolean {
  return change.at + settings.streamGranularityMs + settings.clockSkewMs < candidate.activatedAt;
}

/**
 * True for a change that the subscriber made itself and asked not to be told of. Who deleted an item is not known: the
 * old image names who wrote it last.
 */
function isOwn({ change, type }: TypedChange, { options }: Candidate): boolean {
  if (options?.skipWriter === undefined || !type.writer || !change.newImage) return false;
  const attribute = attributeOf(change.newImage, type.writer.attribute);
  if (!attribute) return false;
  return attributeValue(comparisonOf(type.writer.kind), attribute) === options.skipWriter;
}

function matchKind(
  field: SubscriptionField,
  { change }: TypedChange,
  test: (image: Image) => boolean,
): MatchKind | undefined {
  if (field.events.has('change')) return transition(change, test)?.kind;
  const image = itemImage(change);
  return image && test(image) ? 'item' : undefined;
}
