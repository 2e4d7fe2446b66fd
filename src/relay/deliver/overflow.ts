import type { OwedFrame } from './owed.ts';

/**
 * What a chain may leave out once its connection falls behind: of several payloads that a subscription with
 * `overflow: latest` is owed for one item, all but the newest. What was left out is told in the next one that is sent.
 */
export class Overflow {
  /** True once a frame of this chain took more than one attempt. */
  isBehind = false;
  /** Place in the chain of the newest frame of each subscription and item. */
  private readonly newest = new Map<string, number>();
  private readonly skipped = new Map<string, number>();

  constructor(chain: readonly OwedFrame[]) {
    for (const [index, frame] of chain.entries()) {
      if (isLatestOnly(frame)) this.newest.set(keyOf(frame), index);
    }
  }

  /** Whether the frame at `index` is to be left out; counted if so. */
  skips(frame: OwedFrame, index: number): boolean {
    if (!this.isBehind || !isLatestOnly(frame) || this.newest.get(keyOf(frame)) === index) return false;
    const { clientId } = frame.candidate;
    this.skipped.set(clientId, (this.skipped.get(clientId) ?? 0) + 1);
    return true;
  }

  /** How many were left out before this frame of its subscription; counted anew from here on. */
  take({ candidate }: OwedFrame): number {
    const count = this.skipped.get(candidate.clientId) ?? 0;
    this.skipped.delete(candidate.clientId);
    return count;
  }
}

/** Whether its subscriber chose `overflow: latest`. */
export function isLatestOnly({ candidate }: OwedFrame): boolean {
  return candidate.options?.overflow === 'latest';
}

function keyOf({ candidate, item }: OwedFrame): string {
  return JSON.stringify([candidate.clientId, item]);
}
