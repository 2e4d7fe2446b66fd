import type { UpdateCommand, UpdateCommandOutput } from '@aws-sdk/lib-dynamodb';
import { leaseOf, leasePartition } from '../../../src/adapters/dynamodb/lease-rows.ts';
import { compareSequenceNumbers } from '../../../src/change/sequence.ts';

const PREFIX = leasePartition('arn:');

/** True of an update of a shard's lease. */
export function isLeaseUpdate({ input }: UpdateCommand): boolean {
  const { pk } = input.Key ?? {};
  return typeof pk === 'string' && pk.startsWith(PREFIX);
}

/**
 * Watches the updates of lease rows from outside: a checkpoint that goes back, or a shard that is open again once its end
 * was written down, is the work of one who no longer had the lease. Nothing is lost by it, so that only who looks at the
 * rows themselves can tell.
 */
export class CheckpointWatch {
  /** What was seen, in words. */
  readonly violations: string[] = [];

  /** @param output of an update that returned the row as it was before */
  updated({ input }: UpdateCommand, { Attributes: before }: UpdateCommandOutput): void {
    const { pk, sk } = input.Key ?? {};
    if (!before || typeof pk !== 'string' || !pk.startsWith(PREFIX)) return;
    const streamArn = pk.slice(leasePartition('').length);
    const kept = leaseOf(streamArn, { ...before, pk, sk })?.checkpoint;
    const { ':place': place, ':sequenceNumber': sequenceNumber } = input.ExpressionAttributeValues ?? {};
    if (!kept || typeof place !== 'string') return;
    if (kept.kind === 'end' && place !== 'end') {
      this.violations.push(`shard ${sk}: its end was written down, and then ${place}`);
    } else if (kept.kind === 'after' && place === 'after' && typeof sequenceNumber === 'string') {
      if (compareSequenceNumbers(sequenceNumber, kept.sequenceNumber) < 0) {
        this.violations.push(
          `shard ${sk}: its checkpoint went back from ${kept.sequenceNumber} to ${sequenceNumber}`,
        );
      }
    }
  }
}
