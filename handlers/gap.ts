import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { compose } from '../src/compose.ts';
import { readLostBatch, reportGap } from '../src/relay/gap.ts';

const context = compose();

/** On-failure queue of the streams: what was given up is counted, and told to those it concerns. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  for (const { messageId, body } of event.Records) {
    const lost = readLostBatch(body);
    try {
      if (typeof lost === 'string')
        context.logger.error({ event: 'gap.unreadable', messageId, reason: lost });
      else await reportGap(context, lost);
    } catch (error) {
      context.logger.error({ event: 'gap.failed', messageId, err: error });
      failed.push(messageId);
    }
  }
  context.metrics.flush();
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
