import type { PreparedDocument } from '../../render/render.ts';
import type { RelayContext } from '../context.ts';
import type { Candidate } from '../ports.ts';
import { type ChainReport, type OwedFrame, sendChains } from './chains.ts';
import { Documents } from './documents.ts';
import type { TypedChange } from './intake.ts';
import { type ChangeMatches, findMatches, type Match } from './match.ts';
import { BatchRenderer } from './payload.ts';
import { settle, type Unusable } from './settle.ts';

/** A batch of changes whose subscribers were found, before anything was sent. */
export interface FoundBatch {
  readonly changes: readonly ChangeMatches[];
  /** Sends what is owed, ends what can no longer be served, forgets who has gone. To be called once. */
  send(remainingMs: () => number): Promise<SendReport>;
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
      async send(remainingMs) {
        const report = await sendChains(context, owed, remainingMs);
        await settle(context, report, unusable);
        return { ...report, renderings: renderer.renderings };
      },
    };
  };
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
  for (const { candidate, message } of found.flatMap((change) => change.misfits)) {
    unusable.push({ candidate, message });
  }
  return matches.flatMap((match): OwedFrame[] => {
    const preparation = preparations.get(match.candidate.documentHash);
    if (!preparation?.ok) {
      unusable.push({ candidate: match.candidate, message: preparation?.message ?? 'document not stored' });
      return [];
    }
    if (preparation.prepared.isResolved && !match.candidate.options?.identity) {
      unusable.push({ candidate: match.candidate, message: UNIDENTIFIED });
      return [];
    }
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
