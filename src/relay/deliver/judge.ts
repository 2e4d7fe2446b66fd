import { rulesInForce } from '../../auth/access.ts';
import type { Image } from '../../change/change.ts';
import { transition } from '../../change/transition.ts';
import { predicateFor } from '../../filter/memo.ts';
import type { Compiled } from '../../filter/predicate.ts';
import { attributeOf, attributeValue, comparisonOf } from '../../filter/value.ts';
import type { SubscriptionEvent, SubscriptionField } from '../../schema/model.ts';
import type { RelaySettings } from '../context.ts';
import type { Candidate } from '../ports.ts';
import type { TypedChange } from './intake.ts';

/**
 * What a subscriber gets of a change: the item itself, or one step of the filtered set. `newcomer`: the item itself, of
 * an update whose old image its rules may have kept from it: as of an ENTER, nothing is told of what changed.
 */
export type MatchKind = 'item' | 'newcomer' | 'ENTER' | 'UPDATE' | 'LEAVE';

/**
 * Why a subscription that a change may concern is owed nothing.
 * - `older`: the change is certainly older than the subscription.
 * - `own`: the subscriber made it itself, and asked not to be told (`skipOwn`).
 * - `filter`: its filter does not hold for any image it is judged on.
 */
export type SkipReason = 'older' | 'own' | 'filter';

/** What a change is to one subscription. The delivery, the log of decisions and `explain` all go by it. */
export type Judgement =
  | { readonly verdict: 'owed'; readonly kind: MatchKind }
  | { readonly verdict: 'skipped'; readonly reason: SkipReason }
  /** Its stored filter no longer fits the schema: the operation is to be ended, not guessed at. */
  | { readonly verdict: 'unusable'; readonly message: string };

/** What a candidate is judged by. */
export type Judged = Pick<Candidate, 'filter' | 'activatedAt' | 'options'>;

/** One image of a change, and which of the two it is. */
export interface JudgedImage {
  readonly side: 'new' | 'old';
  readonly image: Image;
}

const EVENT_OF: Readonly<Record<TypedChange['change']['eventName'], SubscriptionEvent>> = {
  INSERT: 'create',
  MODIFY: 'update',
  REMOVE: 'delete',
};

/** What a change is called among the events of a subscription field. */
function eventOf({ change }: TypedChange): SubscriptionEvent {
  return EVENT_OF[change.eventName];
}

/** The images a field's subscribers are found by and judged on, the new one first; none when this change does not fire it. */
export function triggerImages(field: SubscriptionField, typed: TypedChange): JudgedImage[] {
  const { eventName, newImage, oldImage } = typed.change;
  const item: JudgedImage[] = newImage ? [{ side: 'new', image: newImage }] : [];
  const previous: JudgedImage[] = oldImage ? [{ side: 'old', image: oldImage }] : [];
  if (field.events.has('change')) return [...item, ...previous];
  if (!field.events.has(eventOf(typed))) return [];
  return eventName === 'REMOVE' ? previous : item;
}

/** The image an item subscription is judged on and sent: the new one, or the old one of what is gone. */
export function itemImage(change: TypedChange['change']): Image | undefined {
  return change.eventName === 'REMOVE' ? change.oldImage : change.newImage;
}

/**
 * Judges one subscription of a field that the change fires. The only place where it is decided who is owed what.
 * @param ofFilter what `judgeFilter` says of the filter, where it is known already
 */
export function judge(
  settings: Pick<RelaySettings, 'streamGranularityMs' | 'clockSkewMs' | 'access'>,
  field: SubscriptionField,
  typed: TypedChange,
  candidate: Judged,
  ofFilter: (filter: string) => Judgement = (filter) =>
    judgeFilter(field, typed, predicateFor(filter, typed.type)),
): Judgement {
  if (isOlderThanSubscription(settings, typed, candidate)) return OLDER;
  if (isOwn(typed, candidate)) return OWN;
  const access = candidate.options?.access;
  const rules = typed.type.access && rulesInForce(typed.type.access, settings.access);
  // What the rules of another schema let it read is not what these do.
  if (access?.rules !== rules) return OTHER_RULES;
  const judgement = ofFilter(candidate.filter);
  const isKept = judgement.verdict === 'owed' && judgement.kind === 'newcomer' && !access?.isPartial;
  return isKept ? ITEM : judgement;
}

/**
 * What a change is to everyone who has a filter, so that it is tried once for all of them: `newcomer` where that is a
 * matter of what each of them may read.
 */
export function judgeFilter(field: SubscriptionField, typed: TypedChange, predicate: Compiled): Judgement {
  if (!predicate.ok) return { verdict: 'unusable', message: predicate.message };
  const kind = matchKind(field, typed, predicate.test);
  return kind ? { verdict: 'owed', kind } : FILTERED;
}

// Made once: a change may be looked at for very many who are not owed it.
const OLDER: Judgement = { verdict: 'skipped', reason: 'older' };
const OWN: Judgement = { verdict: 'skipped', reason: 'own' };
const FILTERED: Judgement = { verdict: 'skipped', reason: 'filter' };
const ITEM: Judgement = { verdict: 'owed', kind: 'item' };
const OTHER_RULES: Judgement = { verdict: 'unusable', message: 'the rules of its type have changed' };

/** Only what is certainly older is dropped: both the stream's granularity and the clocks' difference are allowed for. */
function isOlderThanSubscription(
  settings: Pick<RelaySettings, 'streamGranularityMs' | 'clockSkewMs'>,
  { change }: TypedChange,
  { activatedAt }: Judged,
): boolean {
  return change.at + settings.streamGranularityMs + settings.clockSkewMs < activatedAt;
}

/**
 * True for a change that the subscriber made itself and asked not to be told of. Who deleted an item is not known: the
 * old image names who wrote it last.
 */
function isOwn({ change, type }: TypedChange, { options }: Judged): boolean {
  if (options?.skipWriter === undefined || !type.writer || !change.newImage) return false;
  const attribute = attributeOf(change.newImage, type.writer.attribute);
  if (!attribute) return false;
  return attributeValue(comparisonOf(type.writer.kind), attribute) === options.skipWriter;
}

function matchKind(
  field: SubscriptionField,
  { change, type }: TypedChange,
  test: (image: Image) => boolean,
): MatchKind | undefined {
  if (field.events.has('change')) return transition(change, test)?.kind;
  const image = itemImage(change);
  if (!image || !test(image)) return undefined;
  const { oldImage } = change;
  return type.access && change.eventName === 'MODIFY' && oldImage && !test(oldImage) ? 'newcomer' : 'item';
}
