import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { composeDelivery } from '../src/compose/delivery.ts';
import { batchResponse } from '../src/relay/deliver/batch-response.ts';
import { createDeliver } from '../src/relay/deliver/deliver.ts';

const context = composeDelivery();
const deliver = createDeliver(context);

/** DynamoDB Streams: delivers a batch, and names the record from which it is to come again, if any. */
export async function handler(event: DynamoDBStreamEvent, lambda: Context): Promise<DynamoDBBatchResponse> {
  try {
    return batchResponse(
      await deliver(event.Records, { remainingMs: () => lambda.getRemainingTimeInMillis() }),
    );
  } finally {
    context.metrics.flush();
  }
}
