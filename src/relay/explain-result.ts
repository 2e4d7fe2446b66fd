import type { Attribute, Change } from '../change/change.ts';
import type { Operator, Value } from '../filter/expression.ts';
import type { MatchKind } from './deliver/judge.ts';
import type { LookupExplanation } from './explain-lookups.ts';
import type { ExplainedPayload } from './explain-payload.ts';

/**
 * Why a change is or is not delivered to a subscription; stable names.
 * - `delivered`: it is owed, and its payload can be sent
 * - `too-large`: it is owed, and stood in for by `PAYLOAD_TOO_LARGE`
 * - `unknown-table`: the schema has no such table · `other-table`: the field is about another type
 * - `other-entity`: no image satisfies the `where` of the field's type
 * - `no-change`: both images are the same; DynamoDB writes no stream record for that
 * - `event`: this kind of change does not fire the field
 * - `older` · `own` · `filter`: as in `SkipReason`
 * - `later`: it began when the relay was done with the change · `expired`: its connection or credential had ended by then
 * - `unusable`: what is stored no longer fits the schema; the operation is ended with `SCHEMA_CHANGED`
 */
export type ExplainReason =
  | 'delivered'
  | 'too-large'
  | 'unknown-table'
  | 'other-table'
  | 'other-entity'
  | 'no-change'
  | 'event'
  | 'older'
  | 'own'
  | 'filter'
  | 'later'
  | 'expired'
  | 'unusable';

/** One condition that decided. Holds values of the item and of the filter: for the eyes of their owner, not for logs. */
export interface DecidingCondition {
  readonly field: string;
  readonly operator: Operator;
  readonly operands: readonly Value[];
  /** The condition's own outcome; where the filter fails and this is true, a `not` stands around it. */
  readonly holds: boolean;
  /** Name of the stored attribute. */
  readonly attribute: string;
  /** The attribute as it is stored; absent when the image has none of that name. */
  readonly stored?: Attribute;
}

/** What the filter says of one image. */
export interface ImageExplanation {
  readonly side: 'new' | 'old';
  readonly holds: boolean;
  readonly because: readonly DecidingCondition[];
}

/** Why one change is or is not delivered to one subscription. */
export interface Explanation {
  readonly field: string;
  readonly reason: ExplainReason;
  /** True for `delivered` and `too-large`: something is sent. */
  readonly owed: boolean;
  /** The reason in a sentence or two, by names alone. */
  readonly text: string;
  /** What is sent: the item, or the step of an `onChange…` field. Present when owed. */
  readonly kind?: MatchKind;
  /** How the field's type sees the change, where `@table(where:)` makes that another than DynamoDB's name for it. */
  readonly seenAs?: Change['eventName'];
  /** The images the filter was tried on. */
  readonly images: readonly ImageExplanation[];
  /** Where the subscription is kept, and whether the change finds it there. */
  readonly lookups: readonly LookupExplanation[];
  /** Present when owed. */
  readonly payload?: ExplainedPayload;
}
