import { parseCanonicalFilter } from '../filter/canonical.ts';
import { type DecisiveCondition, explainPredicate } from '../filter/explain-predicate.ts';
import type { SubscriptionField } from '../schema/model.ts';
import type { RelayContext } from './context.ts';
import type { TypedChange } from './deliver/intake.ts';
import { type Judgement, triggerImages } from './deliver/judge.ts';
import type { Candidate } from './ports.ts';

/** Lines written for one change; of the decisions beyond only the number is told. */
export const MAX_DECISIONS = 100;

/** Conditions named in one line. */
const MAX_CLAUSES = 20;

/** The decisions of one change as log lines (`RelaySettings.explainLog`): names and reasons, never values (C8). */
export interface DecisionLog {
  /** @param field absent for one that the schema does not have */
  decided(candidate: Candidate, judgement: Judgement, field: SubscriptionField | undefined): void;
  /** Tells how many decisions were left out, if any were. */
  end(): void;
}

/**
 * Writes a `delivery.decision` line for each subscription that was looked at: whether the change is owed to it, and
 * which conditions of its filter failed, by field and operator. Subscriptions that were not even found by their filter
 * key are none of them: nothing was read of those.
 */
export function createDecisionLog({ logger }: Pick<RelayContext, 'logger'>, typed: TypedChange): DecisionLog {
  const { eventId } = typed.change;
  let decisions = 0;
  return {
    decided(candidate, judgement, field) {
      decisions += 1;
      if (decisions > MAX_DECISIONS) return;
      const failed = field && judgement.verdict === 'skipped' && judgement.reason === 'filter';
      logger.info({
        event: 'delivery.decision',
        eventId,
        connectionId: candidate.connectionId,
        clientId: candidate.clientId,
        field: candidate.field,
        verdict: judgement.verdict,
        reason: reasonOf(judgement),
        ...(failed && { clauses: failedClauses(field, typed, candidate.filter) }),
      });
    },
    end() {
      if (decisions <= MAX_DECISIONS) return;
      logger.info({ event: 'delivery.decisions-omitted', eventId, count: decisions - MAX_DECISIONS });
    },
  };
}

function reasonOf(judgement: Judgement): string {
  switch (judgement.verdict) {
    case 'owed':
      return judgement.kind;
    case 'skipped':
      return judgement.reason;
    case 'unusable':
      return judgement.message;
    default:
      return judgement satisfies never;
  }
}

/** `new: priority ge`: side of the change, field, operator; with `not` where it holds and should not. */
function failedClauses(field: SubscriptionField, typed: TypedChange, filter: string): string[] {
  const expression = parseCanonicalFilter(filter);
  const compiled = expression && explainPredicate(expression, typed.type);
  if (!compiled?.ok) return [];
  const clauses = triggerImages(field, typed).flatMap(({ side, image }) =>
    compiled.explain(image).because.map((decisive) => `${side}: ${clauseName(decisive)}`),
  );
  return [...new Set(clauses)].slice(0, MAX_CLAUSES);
}

/** A condition by name alone, as it should have come out: `title eq`, or `not title eq`. */
export function clauseName({ condition, holds }: DecisiveCondition): string {
  const { field, operator } = condition;
  return holds ? `not ${field} ${operator}` : `${field} ${operator}`;
}
