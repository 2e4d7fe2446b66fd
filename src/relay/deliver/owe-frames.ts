import type { DeliveryContext } from '../context.ts';
import type { HandableFrame } from '../fan-out/handable.ts';
import type { Candidate } from '../ports.ts';
import type { Documents } from './documents.ts';
import type { Payload } from './kept-payloads.ts';
import type { ChangeMatches } from './match.ts';
import type { BatchRenderer } from './payload.ts';
import type { Unusable } from './settle.ts';
import type { SharedPayload } from './shared-payload.ts';
import { spliced } from './splice.ts';

/** What is owed because of a batch, and who can no longer be served. */
export interface Owed {
  readonly owed: readonly HandableFrame[];
  readonly unusable: readonly Unusable[];
}

/** It was kept by a version of the schema in which no resolver answered any of its fields. */
const UNIDENTIFIED = 'a resolver answers a field of its selection by now';

/**
 * A frame for each match whose stored document still fits the schema. Nothing is rendered yet.
 * @throws TablecastError `REGISTRY_UNAVAILABLE`
 */
export async function oweFrames(
  context: DeliveryContext,
  documents: Documents,
  renderer: BatchRenderer,
  found: readonly ChangeMatches[],
): Promise<Owed> {
  const owed: HandableFrame[] = [];
  const unusable: Unusable[] = [];
  const preparations = await documents.prepareAll(hashesOf(found));
  for (const { typed, misfits } of found) {
    for (const { candidate, message } of misfits) unusable.push({ record: typed.record, candidate, message });
  }
  for (const { typed, matches } of found) {
    const payloads = renderer.change();
    for (const match of matches) {
      const { candidate } = match;
      const preparation = preparations.get(candidate.documentHash);
      if (!preparation?.ok) {
        const message = preparation?.message ?? 'document not stored';
        unusable.push({ record: typed.record, candidate, message });
      } else if (preparation.prepared.isResolved && !candidate.options?.identity) {
        unusable.push({ record: typed.record, candidate, message: UNIDENTIFIED });
      } else {
        owed.push(new OwedMatch(context, candidate, payloads.of(match, preparation.prepared)));
      }
    }
  }
  return { owed, unusable };
}

function hashesOf(found: readonly ChangeMatches[]): Set<string> {
  const hashes = new Set<string>();
  for (const { matches } of found) for (const { candidate } of matches) hashes.add(candidate.documentHash);
  return hashes;
}

/** What a match is owed. A batch may hold very many, so that each is no more than its references. */
class OwedMatch implements HandableFrame {
  readonly candidate: Candidate;
  readonly #context: DeliveryContext;
  readonly #shared: SharedPayload;

  constructor(context: DeliveryContext, candidate: Candidate, shared: SharedPayload) {
    this.candidate = candidate;
    this.#context = context;
    this.#shared = shared;
  }

  get record(): number {
    return this.#shared.rendering.typed.record;
  }

  get item(): string {
    return this.#shared.item;
  }

  get changedAt(): number {
    return this.#shared.rendering.typed.change.at;
  }

  frame(skipped: number): Uint8Array | Promise<Uint8Array> {
    const { maxFrameBytes } = this.#context.settings;
    const payload = this.#shared.fitting(this.candidate, skipped, maxFrameBytes);
    if ('then' in payload) return payload.then((each) => this.#framed(each.bytes, skipped, each.tooLarge));
    return this.#framed(payload.bytes, skipped, payload.tooLarge);
  }

  async standIn(skipped: number): Promise<Uint8Array> {
    const { bytes } = await this.#shared.standIn();
    return spliced(bytes, this.candidate, skipped);
  }

  payload(): Payload | Promise<Payload> {
    const payload = this.#shared.fitting(this.candidate, 0, this.#context.settings.maxFrameBytes);
    return 'then' in payload ? payload.then((each) => this.#handed(each)) : this.#handed(payload);
  }

  payloadInstead(): Payload | Promise<Payload> {
    return this.#shared.standIn();
  }

  #handed(payload: Payload): Payload {
    if (payload.tooLarge) this.#countTooLarge();
    return payload;
  }

  #framed(payload: Uint8Array, skipped: number, isTooLarge: boolean): Uint8Array {
    if (isTooLarge) this.#countTooLarge();
    return spliced(payload, this.candidate, skipped);
  }

  #countTooLarge(): void {
    const { metrics, logger } = this.#context;
    metrics.count('payload.too-large');
    logger.warn({
      event: 'payload.too-large',
      eventId: this.#shared.rendering.typed.change.eventId,
      connectionId: this.candidate.connectionId,
    });
  }
}
