import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { composeFanOutStore } from '../src/compose/fan-out.ts';
import { composeSweep } from '../src/compose/sweep.ts';
import { readConfig } from '../src/config.ts';
import { createDeliverMessages } from '../src/relay/fan-out/deliver-messages.ts';

const config = readConfig();
const context = composeSweep(config);
const deliver = createDeliverMessages(context, composeFanOutStore(config));

/** Fan-out queue: sends the frames that other invocations found owed, and names the messages that are to come again. */
export async function handler(event: SQSEvent, lambda: Context): Promise<SQSBatchResponse> {
  const messages = event.Records.map(({ messageId, body, attributes }) => {
    return { id: messageId, group: attributes.MessageGroupId ?? '', body };
  });
  try {
    const failed = await deliver(messages, { remainingMs: () => lambda.getRemainingTimeInMillis() });
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  } finally {
    context.metrics.flush();
  }
}
