import { byteLength } from '../../protocol/limits.ts';
import type { QueueMessage } from '../../relay/fan-out/ports.ts';

/** What one SendMessageBatch takes: messages, and bytes of all their bodies. */
const MAX_MESSAGES = 10;
const MAX_BYTES = 256 * 1024;

/** Messages in batches that one request takes each, in their order. One that is too large by itself is a batch alone. */
export function packed(messages: readonly QueueMessage[]): QueueMessage[][] {
  const batches: QueueMessage[][] = [];
  let batch: QueueMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = byteLength(message.body);
    if (batch.length > 0 && (batch.length === MAX_MESSAGES || bytes + size > MAX_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
