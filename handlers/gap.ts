import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { composeFanOutStore } from '../src/compose/fan-out.ts';
import { composeSweep } from '../src/compose/sweep.ts';
import { readConfig } from '../src/config.ts';
import { reportLostFrames } from '../src/relay/fan-out/lost.ts';
import { isHandedOver } from '../src/relay/fan-out/message.ts';
import { readLostBatch, reportGap } from '../src/relay/gap.ts';

const config = readConfig();
const context = composeSweep(config);
const store = composeFanOutStore(config);

/** On-failure queue of the streams, dead letters of the fan-out: what was given up is counted, and told to those concerned. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  for (const { messageId, body } of event.Records) {
    try {
      if (isHandedOver(body)) {
        await reportLostFrames(context, store, body);
        continue;
      }
      const lost = readLostBatch(body);
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
