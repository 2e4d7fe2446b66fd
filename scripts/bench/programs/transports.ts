import { createHttpsSender } from '../../../src/adapters/apigateway/https-sender.ts';
import { createLeanTransport } from '../../../src/adapters/apigateway/lean-transport.ts';
import { createSdkTransport } from '../../../src/adapters/apigateway/sdk-transport.ts';
import type { ApiGatewayTransport } from '../../../src/adapters/apigateway/transport.ts';
import { createUndiciSender } from '../../../src/adapters/apigateway/undici-sender.ts';
import { CREDENTIALS, REGION } from '../workload.ts';
import type { Surroundings } from './program.ts';

export type TransportKind = 'https' | 'undici' | 'sdk';

/** More than any program here can begin in a second: what is measured is the program, and not a quota it keeps to. */
const UNLIMITED = 1_000_000;

/** Our @connections transport, as each way of running makes it. */
export function createTransport(
  kind: TransportKind,
  { sinkHost, concurrency }: Pick<Surroundings, 'sinkHost' | 'concurrency'>,
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
  const createSender = kind === 'undici' ? createUndiciSender : createHttpsSender;
  return createLeanTransport({ ...options, createSender, perSecond: UNLIMITED });
}
