import type { Checkpoint } from '../dynamodb-streams/checkpoints.ts';
import type { Lease } from '../dynamodb-streams/leases.ts';
import { numberOf, type Row, type RowKey, textOf } from './rows.ts';

export const leasePartition = (streamArn: string): string => `LEASE#${streamArn}`;

export const leaseKey = (streamArn: string, shardId: string): RowKey => ({
  pk: leasePartition(streamArn),
  sk: shardId,
});

/** Which stream of a table the workers are at. An ARN begins with `arn:`, so that no stream has this partition. */
export const currentStreamKey = (table: string): RowKey => ({ pk: `LEASE#TABLE#${table}`, sk: 'STREAM' });

/** A checkpoint as attributes: its kind as `place`, and what goes with it. */
export function placeAttributes(checkpoint: Checkpoint): Readonly<Record<string, string | number>> {
  switch (checkpoint.kind) {
    case 'beginning':
      return { place: 'beginning' };
    case 'after':
      return { place: 'after', sequenceNumber: checkpoint.sequenceNumber };
    default:
      return { place: checkpoint.kind, at: checkpoint.at };
  }
}

/** A row as a lease; undefined when it is none that this version could have written. */
export function leaseOf(streamArn: string, row: Row): Lease | undefined {
  const shardId = textOf(row, 'sk');
  const counter = numberOf(row, 'counter');
  const checkpoint = checkpointOf(row);
  if (shardId === undefined || counter === undefined || checkpoint === undefined) return undefined;
  const owner = textOf(row, 'owner');
  const token = textOf(row, 'token');
  const wanted = textOf(row, 'wanted');
  return {
    streamArn,
    shardId,
    // The token stays in a row given back, for the holder whose answer was lost.
    ...(owner !== undefined && token !== undefined && { owner, token }),
    counter,
    leaseMs: numberOf(row, 'leaseMs') ?? 0,
    ...(wanted !== undefined && { wanted }),
    checkpoint,
  };
}

function checkpointOf(row: Row): Checkpoint | undefined {
  const place = textOf(row, 'place');
  const at = numberOf(row, 'at');
  const sequenceNumber = textOf(row, 'sequenceNumber');
  if (place === 'beginning') return { kind: 'beginning' };
  if (place === 'after' && sequenceNumber !== undefined) return { kind: 'after', sequenceNumber };
  if ((place === 'since' || place === 'end') && at !== undefined) return { kind: place, at };
  return undefined;
}
