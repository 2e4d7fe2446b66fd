/** What Lambda makes of a handler's answer to one batch. */
export type BatchVerdict =
  | { readonly kind: 'success' }
  /** Everything from `index` on is to be retried; what is before is done. */
  | { readonly kind: 'partial'; readonly index: number }
  | { readonly kind: 'failure'; readonly reason: string };

/**
 * Reads the answer as an event source mapping with `ReportBatchItemFailures` does: the lowest reported sequence number
 * is the checkpoint; an empty or null answer, or an empty or null list, is success; an identifier that is empty, null,
 * under another key name or not in the batch fails the whole batch.
 * @param sequenceNumbers Of the batch, in order.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function judgeResponse(response: unknown, sequenceNumbers: readonly string[]): BatchVerdict {
  if (typeof response !== 'object' || response === null) return { kind: 'success' };
  const failures: unknown = 'batchItemFailures' in response ? response.batchItemFailures : undefined;
  if (failures === undefined || failures === null) return { kind: 'success' };
  if (!Array.isArray(failures)) return { kind: 'failure', reason: 'batchItemFailures is no list' };
  const places = new Map(sequenceNumbers.map((sequenceNumber, index) => [sequenceNumber, index]));
  let lowest: number | undefined;
  for (const failure of failures) {
    const identifier = identifierOf(failure);
    const index = identifier === undefined ? undefined : places.get(identifier);
    if (index === undefined) {
      return {
        kind: 'failure',
        reason: `expected an itemIdentifier that is a sequence number of the batch, got ${JSON.stringify(failure)}`,
      };
    }
    if (lowest === undefined || index < lowest) lowest = index;
  }
  return lowest === undefined ? { kind: 'success' } : { kind: 'partial', index: lowest };
}

function identifierOf(failure: unknown): string | undefined {
  if (typeof failure !== 'object' || failure === null || !('itemIdentifier' in failure)) return undefined;
  return typeof failure.itemIdentifier === 'string' ? failure.itemIdentifier : undefined;
}
