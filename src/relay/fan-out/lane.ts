import { createHash } from 'node:crypto';

/** Which of `lanes` message groups a connection's frames go through: the same in every process and version. */
export function laneOf(connectionId: string, lanes: number): number {
  return createHash('sha256').update(connectionId).digest().readUInt32BE(0) % lanes;
}
