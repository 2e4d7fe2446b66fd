import type { Change } from '../change/change.ts';
import { entityChange } from '../change/entity.ts';
import { sameAttribute } from '../change/equality.ts';
import { parseCanonicalFilter } from '../filter/canonical.ts';
import { explainPredicate } from '../filter/explain-predicate.ts';
import type { ShapeNames } from '../filter/expression.ts';
import type { SubscriptionField, TableType } from '../schema/model.ts';
import type { TypedChange } from './deliver/intake.ts';
import { type Judgement, judge, triggerImages } from './deliver/judge.ts';
import type { RenderContext } from './deliver/payload.ts';
import { explainLookups } from './explain-lookups.ts';
import { explainPayload } from './explain-payload.ts';
import type { ExplainReason, Explanation, ImageExplanation } from './explain-result.ts';
import type { ExplainedSubscription } from './explain-subscription.ts';
import { reasonText } from './explain-text.ts';

export type { ExplainReason, Explanation } from './explain-result.ts';

/** What a change and a subscription are explained by. */
export type ExplainContext = RenderContext;

/** A change, and a subscription as `readSubscription` reads one or as the relay table holds it. */
export interface ExplainInput {
  readonly change: Change;
  readonly subscription: ExplainedSubscription;
  /** Shapes in use on the field; by default none but what this subscription brings with it. */
  readonly shapesInUse?: readonly ShapeNames[];
  /** When the relay was at it, epoch ms: `to` is absent while it still is. By default after the subscription began. */
  readonly handled?: { readonly from: number; readonly to?: number };
}

/**
 * Says why a change is or is not delivered to a subscription, by the very judgement that delivers (`judge`). Sends
 * nothing, reads nothing and runs no resolver.
 */
export async function explainChange(context: ExplainContext, input: ExplainInput): Promise<Explanation> {
  const { change, subscription } = input;
  const { field } = subscription;
  const step = stepsBefore(context, input);
  const explained = (reason: ExplainReason, more: Partial<Explanation> = {}): Explanation => {
    const owed = reason === 'delivered' || reason === 'too-large';
    const facts = { field: field.name, reason, owed, images: [], lookups: [], ...more };
    return { ...facts, text: reasonText(facts, { change, field, settings: context.settings }) };
  };
  if ('reason' in step) return explained(step.reason, step.more);
  const absent = absence(input);
  if (absent) return explained(absent);

  const { typed } = step;
  const seen = typed.change.eventName === change.eventName ? {} : { seenAs: typed.change.eventName };
  const lookups = explainLookups(context, typed, subscription, input.shapesInUse ?? []);
  const judgement = judge(context.settings, field, typed, subscription.candidate);
  const images = imagesOf(typed, field, subscription.candidate.filter);
  const facts = { ...seen, lookups, images };
  if (judgement.verdict !== 'owed') return explained(reasonOf(judgement), { ...facts, ...detail(judgement) });
  const payload = await explainPayload(context, { typed, subscription, kind: judgement.kind });
  if (typeof payload === 'string') return explained('unusable', { ...facts, text: payload });
  const reason = payload.tooLarge ? 'too-large' : 'delivered';
  return explained(reason, { ...facts, kind: judgement.kind, payload });
}

type Steps =
  | { readonly typed: TypedChange }
  | { readonly reason: ExplainReason; readonly more?: Partial<Explanation> };

/** What comes before a subscription is judged: whose change it is, and whether it fires the field. */
function stepsBefore({ model, settings }: ExplainContext, input: ExplainInput): Steps {
  const { change, handled, subscription } = input;
  const { field } = subscription;
  const { newImage, oldImage, table } = change;
  const types = model.tables.get(settings.tableNames.get(table) ?? table);
  if (!types) return { reason: 'unknown-table' };
  if (!types.includes(field.type)) return { reason: 'other-table' };
  // Of a record that came there is nothing to suppose: it is delivered like any other.
  const isSupposed = handled === undefined;
  if (isSupposed && newImage && oldImage && sameAttribute({ M: newImage }, { M: oldImage }))
    return { reason: 'no-change' };
  const seen = entityChange(change, field.type);
  if (!seen) return { reason: 'other-entity' };
  const typed: TypedChange = { record: 0, type: field.type, change: seen };
  if (triggerImages(field, typed).length > 0) return { typed };
  return {
    reason: 'event',
    ...(seen.eventName !== change.eventName && { more: { seenAs: seen.eventName } }),
  };
}

/** Why a subscription that would be owed the change could not be found when the relay looked. */
function absence({ subscription, handled }: ExplainInput): 'later' | 'expired' | undefined {
  const { candidate, servedUntil = Number.POSITIVE_INFINITY } = subscription;
  if (handled?.to !== undefined && candidate.activatedAt > handled.to) return 'later';
  return handled && servedUntil * 1000 <= handled.from ? 'expired' : undefined;
}

function reasonOf(judgement: Exclude<Judgement, { verdict: 'owed' }>): ExplainReason {
  return judgement.verdict === 'skipped' ? judgement.reason : 'unusable';
}

function detail(judgement: Judgement): Partial<Explanation> {
  return judgement.verdict === 'unusable' ? { text: judgement.message } : {};
}

function imagesOf(typed: TypedChange, field: SubscriptionField, filter: string): ImageExplanation[] {
  const expression = parseCanonicalFilter(filter);
  const compiled = expression && explainPredicate(expression, typed.type);
  if (!compiled?.ok) return [];
  return triggerImages(field, typed).map(({ side, image }) => {
    const { holds, because } = compiled.explain(image);
    return {
      side,
      holds,
      because: because.map(({ condition, holds: own, stored }) => ({
        field: condition.field,
        operator: condition.operator,
        operands: condition.values,
        holds: own,
        attribute: attributeName(typed.type, condition.field),
        ...(stored && { stored }),
      })),
    };
  });
}

function attributeName(type: TableType, field: string): string {
  return type.fields.get(field)?.attribute ?? field;
}
