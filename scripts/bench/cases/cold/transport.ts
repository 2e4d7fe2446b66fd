/** Bundled as a function is: our transport alone, with ready frames. */
import { createLeanTransport } from '../../../../src/adapters/apigateway/lean-transport.ts';
import { CREDENTIALS, REGION, STAGE } from '../../workload.ts';
import type { PostingEvent } from './messages.ts';

export async function handler({ endpoint, connectionIds, frame, concurrency }: PostingEvent): Promise<void> {
  const transport = createLeanTransport({
    endpointFor: (stage) => `${endpoint}/${stage}`,
    region: REGION,
    credentials: CREDENTIALS,
    maxSockets: concurrency,
  });
  const bytes = Buffer.from(frame);
  const queue = connectionIds[Symbol.iterator]();
  const lane = async () => {
    for (const connectionId of queue) {
      const outcome = await transport.post({ connectionId, stage: STAGE }, bytes);
      if (outcome.kind !== 'sent') throw new Error(`expected the sink to take it, got ${outcome.kind}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
