import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { compose } from '../src/compose.ts';
import { createDeliver } from '../src/relay/deliver/deliver.ts';

const context = compose();
const deliver = createDeliver(context);

/** DynamoDB Streams: delivers a batch, and names the record from which it is to come again, if any. */
export async function handler(event: DynamoDBStreamEvent, lambda: Context): Promise<DynamoDBBatchResponse> {
  const { failedFrom } = await deliver(event.Records, {
    remainingMs: () => lambda.getRemainingTimeInMillis(),
  });
  context.metrics.flush();
  // An empty identifier makes the whole batch come again; an empty list says that all is done.
  return { batchItemFailures: failedFrom ? [{ itemIdentifier: failedFrom.sequenceNumber ?? '' }] : [] };
}
