import type { Payload } from '../deliver/kept-payloads.ts';
import type { OwedFrame } from '../deliver/owed.ts';

/** A frame whose payload can be had by itself, so that another invocation can make the frame of it. */
export interface HandableFrame extends OwedFrame {
  /**
   * The payload of `frame(0)`, which counts as sent: one object for all who get the same, for as long as it is kept.
   */
  payload(): Payload | Promise<Payload>;
  /** The payload of `standIn`. */
  payloadInstead(): Payload | Promise<Payload>;
}

/** What one connection is owed, in order. */
export interface HandableChain {
  readonly connectionId: string;
  readonly owed: readonly HandableFrame[];
}
