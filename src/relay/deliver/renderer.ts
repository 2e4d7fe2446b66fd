import type { OperationContext } from '../../api/ports.ts';
import { type Identity, readerKey } from '../../auth/identity.ts';
import {
  failedPayload,
  type PayloadExtensions,
  type PreparedDocument,
  type Resolving,
  renderPayload,
  tooLargePayload,
} from '../../render/render.ts';
import type { DeliveryContext } from '../context.ts';
import type { Candidate } from '../ports.ts';
import { deliveryGuards } from './delivery-guards.ts';
import type { Payload } from './kept-payloads.ts';
import { extensionsOf, keyOf, payloadSource, type Rendered } from './payload-source.ts';

/** What rendering needs. Without `api` no resolver runs: for selections that have none. */
export type RenderContext = Pick<DeliveryContext, 'model' | 'settings' | 'clock' | 'metrics' | 'logger'> &
  Partial<Pick<DeliveryContext, 'api'>>;

/** What a payload is made of: a match, or what would be one. */
export interface Rendering extends Rendered {
  readonly candidate: Pick<Candidate, 'dialect' | 'clientId' | 'renderingKey' | 'options'>;
}

/**
 * A rendering whose resolvers took this long, ms, is the last of its rendering key in a batch: otherwise one subscriber
 * whose resolver hangs for its time limit at each of a hundred records would hold the shard for all.
 */
const SLOW_RENDERING_MS = 5_000;

const NO_BYTES = new Uint8Array();

/** Makes the payloads of one batch, and counts them. */
export class Renderer {
  /** Payloads made so far. */
  renderings = 0;
  /** Those of them made for one identity alone, because a resolver answers a field of the selection. */
  unshared = 0;
  readonly #context: RenderContext;
  readonly #operations = new Map<string, OperationContext>();
  /** Rendering keys whose resolvers were slow. */
  readonly #slow = new Set<string>();

  constructor(context: RenderContext) {
    this.#context = context;
  }

  /** Never throws or rejects. At once, unless a resolver has to be waited for. */
  render(
    rendering: Rendering,
    prepared: PreparedDocument,
    dropPrevious: boolean,
  ): Payload | Promise<Payload> {
    this.renderings += 1;
    if (prepared.isResolved) this.unshared += 1;
    const { clock, metrics, model, settings } = this.#context;
    const { options, renderingKey } = rendering.candidate;
    const resolving = this.#resolving(options?.identity);
    const { guards, mayTell } = deliveryGuards(rendering.typed, options, resolving?.context);
    const extensions = extensionsOf(rendering, mayTell);
    if (this.#slow.has(renderingKey)) {
      metrics.count('resolver.slow');
      return this.#payloadOf(failedPayload(prepared, extensions));
    }
    const began = clock.now();
    const rendered = (text: string) => {
      if (prepared.isResolved && clock.now() - began >= SLOW_RENDERING_MS) this.#slow.add(renderingKey);
      return this.#payloadOf(text);
    };
    try {
      const source = payloadSource(rendering, settings.leave, dropPrevious, mayTell);
      const text = renderPayload(model, prepared, source, extensions, resolving, guards);
      if (typeof text === 'string') return rendered(text);
      return text.then(rendered).catch((error) => this.#poison(error, prepared, extensions));
    } catch (error) {
      return this.#poison(error, prepared, extensions);
    }
  }

  /** What is sent in the stead of a payload of `bytes` that fits no frame: it names the item by its key. */
  standIn(rendering: Rendering, prepared: PreparedDocument, bytes: number): Payload {
    const { maxFrameBytes } = this.#context.settings;
    const { mayTell } = deliveryGuards(rendering.typed, rendering.candidate.options, undefined);
    const extensions = extensionsOf(rendering, mayTell);
    const text = tooLargePayload(prepared, keyOf(rendering), bytes, maxFrameBytes, extensions);
    const made = Buffer.from(text, 'utf8');
    return { bytes: made, size: made.byteLength, tooLarge: true };
  }

  /** Told to those who asked for it; the record and its neighbours go on. */
  #poison(err: unknown, prepared: PreparedDocument, extensions: PayloadExtensions): Payload {
    const { logger, metrics } = this.#context;
    logger.error({ event: 'record.poison', eventId: extensions.eventId, err });
    metrics.count('record.poison');
    metrics.count('gap');
    return this.#payloadOf(failedPayload(prepared, extensions));
  }

  #payloadOf(text: string): Payload {
    const bytes = Buffer.from(text, 'utf8');
    const size = bytes.byteLength;
    return { bytes: size > this.#context.settings.maxFrameBytes ? NO_BYTES : bytes, size, tooLarge: false };
  }

  /** What resolvers of a selection get: one a batch and identity, so that they share what they read. */
  #resolving(identity: Identity | undefined): Resolving | undefined {
    const { api } = this.#context;
    if (!identity || !api) return undefined;
    const reader = readerKey(identity);
    const context = this.#operations.get(reader) ?? api.contextFor({ identity, reads: 'listen' });
    this.#operations.set(reader, context);
    return { context, formatError: api.formatError };
  }
}
