import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { sequenceNumberOf } from '../../relay/deliver/record-fields.ts';

/**
 * Hands one batch to the `stream` handler. Resolves with what the handler answered; a rejection is a batch that
 * failed whole. The signal aborts when the reader's time to stop is over.
 */
export type Invoke = (
  event: DynamoDBStreamEvent,
  signal: AbortSignal,
) => Promise<DynamoDBBatchResponse | null | undefined>;

/**
 * How many records at the front of a batch are done, by the rules of ReportBatchItemFailures: nothing reported is
 * all done; else everything before the lowest reported sequence number; an identifier that is empty or is none of
 * the batch's fails it whole.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function doneCount(records: readonly DynamoDBRecord[], response: unknown): number {
  const failures = reportedFailures(response);
  if (failures.length === 0) return records.length;
  let lowest: bigint | undefined;
  for (const identifier of failures) {
    if (typeof identifier !== 'string' || !/^\d+$/.test(identifier)) return 0;
    const number = BigInt(identifier);
    if (lowest === undefined || number < lowest) lowest = number;
  }
  const index = records.findIndex((record) => sequenceOf(record) === lowest);
  return Math.max(index, 0);
}

/** The identifiers of an answer, `null` standing for one that is missing or an answer of another shape. */
function reportedFailures(response: unknown): readonly unknown[] {
  if (response === null || response === undefined || response === '') return [];
  if (typeof response !== 'object') return [];
  if (!('batchItemFailures' in response)) return [];
  const list = response.batchItemFailures;
  if (list === null || list === undefined) return [];
  if (!Array.isArray(list)) return [null];
  return list.map((failure: unknown) =>
    typeof failure === 'object' && failure !== null && 'itemIdentifier' in failure
      ? failure.itemIdentifier
      : null,
  );
}

function sequenceOf(record: DynamoDBRecord): bigint | undefined {
  const text = sequenceNumberOf(record);
  return text === undefined ? undefined : BigInt(text);
}
