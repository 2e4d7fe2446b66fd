import { createHttpsSender } from '../../../src/adapters/apigateway/https-sender.ts';
import { createLeanTransport } from '../../../src/adapters/apigateway/lean-transport.ts';
import { createSdkTransport } from '../../../src/adapters/apigateway/sdk-transport.ts';
import type { ApiGatewayTransport } from '../../../src/adapters/apigateway/transport.ts';
import { CREDENTIALS, REGION } from '../workload.ts';
import type { Surroundings } from './program.ts';

/** The settings of `TABLECAST_TRANSPORT`: the default, of functions and worker alike; Node's own https; the AWS SDK's client. */
export type TransportKind = 'lean' | 'https' | 'sdk';

/** Our @connections transport, as each setting makes it. */
export function createTransport(
  kind: TransportKind,
  { sinkHost, concurrency, perSecond }: Pick<Surroundings, 'sinkHost' | 'concurrency' | 'perSecond'>,
): ApiGatewayTransport {
  const options = {
    endpointFor: (stage: string) => `https://${sinkHost}/${stage}`,
    region: REGION,
    credentials: CREDENTIALS,
    maxSockets: concurrency,
    // A busy machine may take its time: none of what is measured is a time-out.
    requestTimeoutMs: 60_000,
    connectionTimeoutMs: 30_000,
  };
  if (kind === 'sdk') return createSdkTransport(options);
  return createLeanTransport({
    ...options,
    perSecond,
    ...(kind === 'https' && { createSender: createHttpsSender }),
  });
}
