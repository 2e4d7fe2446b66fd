/** A payload as bytes, shared by everyone who asked for the same of the same change. */
export interface Payload {
  /** UTF-8 of the JSON text. Left out of one that fits no frame: only its size is of use. */
  readonly bytes: Uint8Array;
  readonly size: number;
  /** True of one that stands in for another that is too large. */
  readonly tooLarge: boolean;
}

/** Where a payload is kept that may have been forgotten, or not be rendered yet. */
export interface PayloadSlot {
  /** A promise while it is being rendered. */
  payload: Payload | Promise<Payload> | undefined;
  /** Set whenever it is wanted again. */
  isWanted: boolean;
}

/**
 * Bytes of payloads kept for those who want the same: a batch of the largest records in one rendering is well within.
 * Beyond, what was not wanted for longest is forgotten, and rendered again if it is wanted again.
 */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;

/** What one costs beside its bytes. Counted, for a million small ones are as much as a few large. */
const ENTRY_BYTES = 512;

/**
 * Payloads of a batch within a bound on their bytes. Who is forgotten is chosen by second chance: the oldest one that
 * nobody has wanted since it was last looked at, so that wanting one costs no more than a mark.
 */
export class KeptPayloads {
  /** The oldest first, with what each weighs. */
  readonly #kept = new Map<PayloadSlot, number>();
  #bytes = 0;

  /** Keeps a payload in its slot. */
  keep(slot: PayloadSlot, payload: Payload): Payload {
    slot.payload = payload;
    slot.isWanted = false;
    const weight = payload.bytes.byteLength + ENTRY_BYTES;
    this.#kept.set(slot, weight);
    this.#bytes += weight;
    if (this.#bytes > MAX_KEPT_BYTES) this.#forget();
    return payload;
  }

  #forget(): void {
    for (const [slot, weight] of this.#kept) {
      if (this.#bytes <= MAX_KEPT_BYTES) return;
      this.#kept.delete(slot);
      if (slot.isWanted) {
        slot.isWanted = false;
        this.#kept.set(slot, weight);
      } else {
        slot.payload = undefined;
        this.#bytes -= weight;
      }
    }
  }
}
