import type { PreparedDocument } from '../../render/render.ts';
import type { TypedChange } from './intake.ts';
import { KeptPayloads } from './kept-payloads.ts';
import { type RenderContext, Renderer, type Rendering } from './renderer.ts';
import { type PayloadParts, SharedPayload } from './shared-payload.ts';
import { spliced } from './splice.ts';

export type { RenderContext, Rendering } from './renderer.ts';

/** A frame ready to post, and whether it had to stand in for one too large. */
export interface RenderedFrame {
  readonly frame: Uint8Array;
  readonly tooLarge: boolean;
}

/** Renders each distinct payload of a batch once; what is the subscriber's own is spliced around the shared bytes. */
export class BatchRenderer {
  readonly #renderer: Renderer;
  readonly #kept = new KeptPayloads();
  readonly #context: RenderContext;
  readonly #changes = new Map<TypedChange, ChangePayloads>();

  constructor(context: RenderContext) {
    this.#context = context;
    this.#renderer = new Renderer(context);
  }

  /** Renderings done so far: equals the distinct (change, kind, rendering key) while they fit in memory (P6). */
  get renderings(): number {
    return this.#renderer.renderings;
  }

  /** Those of them that were made for one reader alone, since a resolver answers a field of the selection. */
  get unshared(): number {
    return this.#renderer.unshared;
  }

  /** A place for the payloads of one more change. */
  change(): ChangePayloads {
    return new ChangePayloads({ renderer: this.#renderer, kept: this.#kept });
  }

  /** One frame by itself. */
  async frame(match: Rendering, prepared: PreparedDocument, skipped = 0): Promise<RenderedFrame> {
    const change = this.#changes.get(match.typed) ?? this.change();
    this.#changes.set(match.typed, change);
    const { maxFrameBytes } = this.#context.settings;
    const payload = await change.of(match, prepared).fitting(match.candidate, skipped, maxFrameBytes);
    return { frame: spliced(payload.bytes, match.candidate, skipped), tooLarge: payload.tooLarge };
  }
}

/** The distinct payloads of one change. */
export class ChangePayloads {
  readonly #parts: PayloadParts;
  /** By rendering key; several where it is wanted as different kinds. */
  readonly #shared = new Map<string, SharedPayload>();
  #last: SharedPayload | undefined;

  constructor(parts: PayloadParts) {
    this.#parts = parts;
  }

  /** What a match is owed, shared with all who are owed the same: of one field, kind and rendering key. */
  of(match: Rendering, prepared: PreparedDocument): SharedPayload {
    if (this.#last && isSame(this.#last, match, prepared)) return this.#last;
    const { renderingKey } = match.candidate;
    const first = this.#shared.get(renderingKey);
    let shared = first;
    while (shared && !isSame(shared, match, prepared)) shared = shared.next;
    if (!shared) {
      shared = new SharedPayload(match, prepared, this.#parts, first);
      this.#shared.set(renderingKey, shared);
    }
    this.#last = shared;
    return shared;
  }
}

function isSame({ rendering, prepared: other }: SharedPayload, match: Rendering, prepared: PreparedDocument) {
  return (
    rendering.kind === match.kind &&
    other.field === prepared.field &&
    rendering.candidate.renderingKey === match.candidate.renderingKey
  );
}
