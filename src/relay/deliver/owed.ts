import type { Candidate } from '../ports.ts';

/** Whose frame it is, and what sending it goes by. */
export type Recipient = Pick<
  Candidate,
  'connectionId' | 'clientId' | 'dialect' | 'stage' | 'activatedAt' | 'expiresAt' | 'options' | 'row'
>;

/** One frame owed to one connection because of one record. */
export interface OwedFrame {
  /** Place of the record in the batch. */
  readonly record: number;
  readonly candidate: Recipient;
  /** The item it is about, among all of the subscription's. Looked at only where the subscriber chose `overflow: latest`. */
  readonly item: string;
  /** Epoch ms of the change, as coarse as the stream tells it: what `lag` is measured from. */
  readonly changedAt: number;
  /**
   * Made when its turn comes, so that a batch never holds all its frames at once; at once, unless it is still to be
   * rendered and a resolver has to be waited for. The bytes may be those of others who get the same: nobody may change
   * them. `skipped` older ones are told of.
   */
  frame(skipped: number): Uint8Array | Promise<Uint8Array>;
  /** Sent when the gateway finds the frame too large after all. */
  standIn(skipped: number): Uint8Array | Promise<Uint8Array>;
}

/** A connection, and what it is owed, in order. */
export interface Chain<F extends OwedFrame = OwedFrame> {
  readonly connectionId: string;
  readonly owed: readonly F[];
}

/** In the order of connection ids' UTF-16 code units. */
export function chainsOf<F extends OwedFrame>(owed: readonly F[]): Chain<F>[] {
  const chains: Chain<F>[] = [];
  for (const [connectionId, frames] of framesBy(owed, connectionOf))
    chains.push({ connectionId, owed: frames });
  return chains.sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
}

function connectionOf({ candidate }: OwedFrame): string {
  return candidate.connectionId;
}

/** Frames with the same key together, in the order they had. */
export function framesBy<F extends OwedFrame, K>(frames: Iterable<F>, keyOf: (frame: F) => K): Map<K, F[]> {
  const groups = new Map<K, F[]>();
  for (const frame of frames) {
    const key = keyOf(frame);
    const group = groups.get(key);
    if (group) group.push(frame);
    else groups.set(key, [frame]);
  }
  return groups;
}
