import type { SubscriptionField } from '../../schema/model.ts';
import { createDecisionLog } from '../explain-log.ts';
import type { Candidate, FoundCandidates } from '../ports.ts';
import type { TypedChange } from './intake.ts';
import type { MatchKind } from './judge.ts';
import { Judging } from './judging.ts';
import type { MatchContext } from './match-context.ts';

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
  /** Rows found under the filter keys of its images; a subscription that lies under several of them counts as often. */
  readonly candidates: number;
  readonly matches: readonly Match[];
  readonly misfits: readonly Misfit[];
}

/** One subscription field a change may fire, and where its subscribers are found. */
export interface Trigger {
  /** Absent for a field the schema does not have: whoever is found under it cannot be served, and is told so. */
  readonly field?: SubscriptionField;
  readonly filterKeys: readonly string[];
}

/** What one change looks up. */
export interface ChangePlan {
  readonly typed: TypedChange;
  readonly shapes: number;
  readonly triggers: readonly Trigger[];
}

/**
 * Judges everyone found for a change, as `judge` does: in the order of filter keys, and of rows under each. Takes as
 * long as those who are owed it are many, and the distinct filters that its images may meet.
 */
export function matchChange(
  context: MatchContext,
  { typed, shapes, triggers }: ChangePlan,
  found: ReadonlyMap<string, FoundCandidates>,
): ChangeMatches {
  const matches: Match[] = [];
  const misfits: Misfit[] = [];
  const log = context.settings.explainLog ? createDecisionLog(context, typed) : undefined;
  let candidates = 0;
  for (const { field, filterKeys } of triggers) {
    const judging = new Judging(context, typed, field, log);
    for (const filterKey of filterKeys) {
      for (const part of found.get(filterKey) ?? []) {
        candidates += part.length;
        judging.take(part);
      }
    }
    for (const match of judging.matches.values()) matches.push(match);
    for (const misfit of judging.misfits.values()) misfits.push(misfit);
  }
  log?.end();
  return { typed, shapes, candidates, matches, misfits };
}
