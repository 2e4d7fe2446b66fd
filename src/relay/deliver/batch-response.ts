import type { DeliveryOutcome } from './deliver.ts';

/** `ReportBatchItemFailures`: an empty list says that all is done. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/**
 * What an event source mapping is answered for an outcome: the one record from which the batch is to come again, or none.
 * A record without a sequence number cannot be named: its identifier is empty, which makes the whole batch come again.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function batchResponse({ failedFrom }: DeliveryOutcome): BatchResponse {
  return { batchItemFailures: failedFrom ? [{ itemIdentifier: failedFrom.sequenceNumber ?? '' }] : [] };
}
