import type { PreparedDocument } from '../../render/render.ts';
import type { RelayContext } from '../context.ts';
import type { Candidate } from '../ports.ts';
import { bounded, type ChainReport, type OwedFrame, type SendTime, type Stop, sendChains } from './chains.ts';
import { Documents } from './documents.ts';
import type { TypedChange } from './intake.ts';
import { type ChangeMatches, findMatches, type Match } from './match.ts';
import { BatchRenderer } from './payload.ts';
import type { Resume } from './place.ts';
import { sendRounds } from './rounds.ts';
import { settle, type Unusable } from './settle.ts';

/** A batch of changes whose subscribers were found, before anything was sent. */
export interface FoundBatch {
  readonly changes: readonly ChangeMatches[];
  /** How many connections are owed something. */
  readonly connections: number;
  /**
   * Sends what is owed, ends what can no longer be served, forgets who has gone. To be called once.
   * @param resume what was done already, when the batch has outgrown an invocation before
   */
  send(time: SendTime, resume?: Resume): Promise<SendReport>;
}

export interface SendReport extends ChainReport {
  /** Payloads rendered. */
  readonly renderings: number;
}

/** @throws TablecastError `REGISTRY_UNAVAILABLE` */
export type Pipeline = (changes: readonly TypedChange[]) => Promise<FoundBatch>;

/**
 * Changes to frames sent (DESIGN §5): shapes → candidates → predicates → render once → send along per-connection chains →
 * reap. The same for records of a stream and for what code publishes.
 */
export function createPipeline(context: RelayContext): Pipeline {
  const documents = new Documents(context);
  return async (typed) => {
    const renderer = new BatchRenderer(context);
    const unusable: Unusable[] = [];
    const changes = await findMatches(context, typed);
    const owed = await oweFrames(context, documents, renderer, changes, unusable);
    return {
      changes,
      connections: new Set(owed.map(({ candidate }) => candidate.connectionId)).size,
      async send(time, resume) {
        const within = bounded(context, time);
        const report = resume
          ? await sendRounds(context, resume.leftOf(owed), within)
          : await sendChains(context, owed, within);
        const untold = await settle(context, report, unusable, within);
        const stop = earliest(report.stop, untold);
        // A place would say that they are done with.
        const cut = untold ? undefined : report.cut;
        return { ...report, stop, cut, renderings: renderer.renderings };
      },
    };
  };
}

function earliest(one: Stop | undefined, other: Stop | undefined): Stop | undefined {
  return one && other ? (other.record < one.record ? other : one) : (one ?? other);
}

/** It was kept by a version of the schema in which no resolver answered any of its fields. */
const UNIDENTIFIED = 'a resolver answers a field of its selection by now';

async function oweFrames(
  context: RelayContext,
  documents: Documents,
  renderer: BatchRenderer,
  found: readonly ChangeMatches[],
  unusable: Unusable[],
): Promise<OwedFrame[]> {
  const matches = found.flatMap((change) => change.matches);
  const preparations = await documents.prepareAll(matches.map(({ candidate }) => candidate.documentHash));
  const refuse = (
    { typed: { record }, candidate }: Pick<Match, 'typed' | 'candidate'>,
    message: string,
  ): [] => {
    unusable.push({ record, candidate, message });
    return [];
  };
  for (const misfit of found.flatMap((change) => change.misfits)) refuse(misfit, misfit.message);
  return matches.flatMap((match): OwedFrame[] => {
    const preparation = preparations.get(match.candidate.documentHash);
    if (!preparation?.ok) return refuse(match, preparation?.message ?? 'document not stored');
    if (preparation.prepared.isResolved && !match.candidate.options?.identity)
      return refuse(match, UNIDENTIFIED);
    return [new OwedMatch(context, renderer, match, preparation.prepared)];
  });
}

/** What a match is owed. A batch may hold very many, so that each is no more than its references. */
class OwedMatch implements OwedFrame {
  readonly #context: RelayContext;
  readonly #renderer: BatchRenderer;
  readonly #match: Match;
  readonly #prepared: PreparedDocument;

  constructor(context: RelayContext, renderer: BatchRenderer, match: Match, prepared: PreparedDocument) {
    this.#context = context;
    this.#renderer = renderer;
    this.#match = match;
    this.#prepared = prepared;
  }

  get record(): number {
    return this.#match.typed.record;
  }

  get candidate(): Candidate {
    return this.#match.candidate;
  }

  get item(): string {
    return JSON.stringify(this.#match.typed.change.keys);
  }

  get changedAt(): number {
    return this.#match.typed.change.at;
  }

  async frame(skipped: number): Promise<Uint8Array> {
    const { frame, tooLarge } = await this.#renderer.frame(this.#match, this.#prepared, skipped);
    if (tooLarge) countTooLarge(this.#context, this.#match);
    return frame;
  }

  standIn(skipped: number): Promise<Uint8Array> {
    return this.#renderer.standIn(this.#match, this.#prepared, skipped);
  }
}

function countTooLarge(context: RelayContext, { typed, candidate }: Match): void {
  context.metrics.count('payload.too-large');
  context.logger.warn({
    event: 'payload.too-large',
    eventId: typed.change.eventId,
    connectionId: candidate.connectionId,
  });
}
