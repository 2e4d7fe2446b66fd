import { predicateFor } from '../../filter/memo.ts';
import type { SubscriptionField } from '../../schema/model.ts';
import type { DecisionLog } from '../explain-log.ts';
import type { Candidate } from '../ports.ts';
import { BySubscription } from './by-subscription.ts';
import { type FilterGroup, indexOf, MIN_INDEXED_ROWS } from './candidate-index.ts';
import type { TypedChange } from './intake.ts';
import { type Judgement, judge, judgeFilter, triggerImages } from './judge.ts';
import type { Match, Misfit } from './match-change.ts';
import type { MatchContext } from './match-context.ts';
import { steppedOver } from './poison.ts';

/** What a change is to everyone who has a filter. */
type OfFilter = (filter: string) => Judgement;

/** Who a change may be owed to, of a part: by filter, and those whose filter could not be read. */
interface FoundGroups {
  readonly groups: readonly FilterGroup[];
  readonly unread: readonly number[];
}

/** Judges those who are found for one field of a change, each by `judge`, and gathers what came of it. */
export class Judging {
  /** A subscription is owed one payload a change, however often it was found. */
  readonly matches = new BySubscription<Match>();
  readonly misfits = new BySubscription<Misfit>();
  readonly #logged = new BySubscription<Judgement>();
  readonly #context: MatchContext;
  readonly #typed: TypedChange;
  readonly #field: SubscriptionField | undefined;
  readonly #log: DecisionLog | undefined;
  /** What `judgeFilter` says, once a filter. */
  readonly #ofFilter: OfFilter | undefined;

  /** @param field absent for one that the schema does not have */
  constructor(
    context: MatchContext,
    typed: TypedChange,
    field: SubscriptionField | undefined,
    log: DecisionLog | undefined,
  ) {
    this.#context = context;
    this.#typed = typed;
    this.#field = field;
    this.#log = log;
    this.#ofFilter = field && oncePerFilter(field, typed);
  }

  /** The log of decisions tells of everyone, so that with it everyone is looked at. */
  take(part: readonly Candidate[]): void {
    const found =
      this.#field && !this.#log && part.length >= MIN_INDEXED_ROWS
        ? this.#found(part, this.#field)
        : undefined;
    if (this.#field && found) this.#takeGroups(part, this.#field, found);
    else for (const candidate of part) this.#decide(candidate, this.#ofFilter);
  }

  /** Nothing where it stumbles over an image: then each is judged alone, and only who is judged on that is missed. */
  #found(part: readonly Candidate[], field: SubscriptionField): FoundGroups | undefined {
    return attempted(() => {
      const index = indexOf(part, this.#typed.type);
      const images = triggerImages(field, this.#typed).map(({ image }) => image);
      return { groups: index.groupsFor(images), unread: index.unread };
    });
  }

  #takeGroups(part: readonly Candidate[], field: SubscriptionField, { groups, unread }: FoundGroups): void {
    const rows: { readonly row: number; readonly ofFilter: OfFilter | undefined }[] = [];
    for (const group of groups) {
      const judgement = attempted(() => judgeFilter(field, this.#typed, group.predicate));
      if (judgement?.verdict === 'skipped') continue;
      const ofFilter = judgement ? () => judgement : this.#ofFilter;
      for (const row of group.rows) rows.push({ row, ofFilter });
    }
    for (const row of unread) rows.push({ row, ofFilter: this.#ofFilter });
    rows.sort((a, b) => a.row - b.row);
    for (const { row, ofFilter } of rows) {
      const candidate = part[row];
      if (candidate) this.#decide(candidate, ofFilter);
    }
  }

  #decide(candidate: Candidate, ofFilter: OfFilter | undefined): void {
    try {
      this.#gather(candidate, this.#judge(candidate, ofFilter));
    } catch (error) {
      steppedOver(this.#context, this.#typed, error);
    }
  }

  #judge(candidate: Candidate, ofFilter: OfFilter | undefined): Judgement {
    if (this.#field) return judge(this.#context.settings, this.#field, this.#typed, candidate, ofFilter);
    return { verdict: 'unusable', message: `Subscription has no field ${candidate.field}` };
  }

  #gather(candidate: Candidate, judgement: Judgement): void {
    const [typed, field] = [this.#typed, this.#field];
    if (field && judgement.verdict === 'owed')
      this.matches.set(candidate, { typed, field, candidate, kind: judgement.kind });
    if (judgement.verdict === 'unusable')
      this.misfits.set(candidate, { typed, candidate, message: judgement.message });
    if (this.#log && this.#logged.set(candidate, judgement)) this.#log.decided(candidate, judgement, field);
  }
}

/** Each distinct filter is tried once, of however many parts. */
function oncePerFilter(field: SubscriptionField, typed: TypedChange): OfFilter {
  const known = new Map<string, Judgement>();
  return (filter) => {
    const judgement = known.get(filter) ?? judgeFilter(field, typed, predicateFor(filter, typed.type));
    known.set(filter, judgement);
    return judgement;
  };
}

/** Nothing of what throws: whoever it is about is then judged alone, and costs no other (C4). */
function attempted<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
