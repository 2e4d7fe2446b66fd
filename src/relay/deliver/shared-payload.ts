import type { PreparedDocument } from '../../render/render.ts';
import type { KeptPayloads, Payload, PayloadSlot } from './kept-payloads.ts';
import type { Renderer, Rendering } from './renderer.ts';
import { type Addressee, isWithin } from './splice.ts';

/** What all payloads of a batch have in common. */
export interface PayloadParts {
  readonly renderer: Renderer;
  readonly kept: KeptPayloads;
}

/** What everyone who asked for the same of a change gets: rendered once, when the first of them has its turn. */
export class SharedPayload {
  /** The first match that asked for it, in whose name it is rendered. */
  readonly rendering: Rendering;
  readonly prepared: PreparedDocument;
  /** Another payload of the same change and rendering key. */
  readonly next: SharedPayload | undefined;
  readonly #renderer: Renderer;
  readonly #kept: KeptPayloads;
  readonly #whole: PayloadSlot = emptySlot();
  #short: PayloadSlot | undefined;
  #standIn: PayloadSlot | undefined;
  #item: string | undefined;

  constructor(
    rendering: Rendering,
    prepared: PreparedDocument,
    { renderer, kept }: PayloadParts,
    next?: SharedPayload,
  ) {
    this.rendering = rendering;
    this.prepared = prepared;
    this.next = next;
    this.#renderer = renderer;
    this.#kept = kept;
  }

  /** The key of the item, as text. */
  get item(): string {
    this.#item ??= JSON.stringify(this.rendering.typed.change.keys);
    return this.#item;
  }

  /** The payload that leaves this subscriber's frame within `maxBytes`, or the stand-in for it where none does. */
  fitting(addressee: Addressee, skipped: number, maxBytes: number): Payload | Promise<Payload> {
    const whole = this.#rendered(this.#whole, false);
    if ('then' in whole) return whole.then((each) => this.#within(each, addressee, skipped, maxBytes));
    return this.#within(whole, addressee, skipped, maxBytes);
  }

  /** What is sent where the gateway finds the frame too large although it was measured to fit. */
  standIn(): Payload | Promise<Payload> {
    const whole = this.#rendered(this.#whole, false);
    return 'then' in whole ? whole.then((each) => this.#instead(each)) : this.#instead(whole);
  }

  #within(
    whole: Payload,
    addressee: Addressee,
    skipped: number,
    maxBytes: number,
  ): Payload | Promise<Payload> {
    if (isWithin(maxBytes, whole.size, addressee, skipped)) return whole;
    if (this.rendering.kind !== 'UPDATE') return this.#instead(whole);
    this.#short ??= emptySlot();
    const short = this.#rendered(this.#short, true);
    const orInstead = (each: Payload) =>
      isWithin(maxBytes, each.size, addressee, skipped) ? each : this.#instead(whole);
    return 'then' in short ? short.then(orInstead) : orInstead(short);
  }

  #rendered(slot: PayloadSlot, dropPrevious: boolean): Payload | Promise<Payload> {
    if (slot.payload) {
      slot.isWanted = true;
      return slot.payload;
    }
    const made = this.#renderer.render(this.rendering, this.prepared, dropPrevious);
    if (!('then' in made)) return this.#kept.keep(slot, made);
    slot.payload = made.then((each) => this.#kept.keep(slot, each));
    return slot.payload;
  }

  #instead(whole: Payload): Payload | Promise<Payload> {
    this.#standIn ??= emptySlot();
    const slot = this.#standIn;
    slot.isWanted = true;
    return (
      slot.payload ?? this.#kept.keep(slot, this.#renderer.standIn(this.rendering, this.prepared, whole.size))
    );
  }
}

function emptySlot(): PayloadSlot {
  return { payload: undefined, isWanted: false };
}
