import {
  ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiClientConfig,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { PostOutcome, Target } from '../../relay/ports.ts';
import { outcomeOfStatus } from './outcome.ts';
import type { ApiGatewayTransport } from './transport.ts';

export interface SdkTransportOptions {
  /**
   * Where a stage's @connections is, without the `/@connections` part, such as
   * `https://abc123.execute-api.eu-central-1.amazonaws.com/prod`. A custom domain answers 403.
   */
  readonly endpointFor: (stage: string) => string;
  readonly region: string;
  /** Default: the SDK's own chain. */
  readonly credentials?: NonNullable<ApiGatewayManagementApiClientConfig['credentials']>;
  /** From start of a request to the end of its answer, in ms. Default 3 000. */
  readonly requestTimeoutMs?: number;
  /** For a new socket, TLS included; a request that waits this long for a free one fails too. Default 1 000. */
  readonly connectionTimeoutMs?: number;
  /** Sockets per endpoint. Keep it at or above the number of posts in flight. Default 128. */
  readonly maxSockets?: number;
  /** Gets the SDK's own warnings. Default: none are written. */
  readonly logger?: NonNullable<ApiGatewayManagementApiClientConfig['logger']>;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Posts through API Gateway's @connections with the AWS SDK: one attempt a call (retries are the relay's policy), one
 * keep-alive client per endpoint. The outcome is read from the HTTP status; a network error or time-out is `failed`, and
 * missing credentials, which no retry mends, are `forbidden`. Never rejects. The reference that `createLeanTransport` is
 * held against, and what `TABLECAST_TRANSPORT=sdk` switches back to.
 * @see https://docs.aws.amazon.com/apigatewaymanagementapi/latest/api/API_PostToConnection.html
 */
export function createSdkTransport(options: SdkTransportOptions): ApiGatewayTransport {
  const { endpointFor, requestTimeoutMs = 3_000 } = options;
  const clients = new Map<string, ApiGatewayManagementApiClient>();

  const clientFor = (stage: string) => {
    const endpoint = endpointFor(stage);
    const known = clients.get(endpoint);
    if (known) return known;
    const client = createClient(endpoint, options);
    clients.set(endpoint, client);
    return client;
  };

  const attempt = async (
    send: (abortSignal: AbortSignal) => Promise<{ $metadata: { httpStatusCode?: number | undefined } }>,
  ): Promise<PostOutcome> => {
    const controller = new AbortController();
    // The SDK's own request timer stops at the answer's headers; this one covers its body too.
    const timer = setTimeout(() => controller.abort(), requestTimeoutMs);
    try {
      const { $metadata } = await send(controller.signal);
      return outcomeOfStatus($metadata.httpStatusCode ?? 200, 'no HTTP status');
    } catch (error) {
      if (controller.signal.aborted)
        return { kind: 'failed', detail: `no answer within ${requestTimeoutMs} ms` };
      return outcomeOfError(error);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    post: ({ connectionId, stage }: Target, frame) =>
      attempt((abortSignal) =>
        clientFor(stage).send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: frame }), {
          abortSignal,
        }),
      ),
    disconnect: ({ connectionId, stage }: Target) =>
      attempt((abortSignal) =>
        clientFor(stage).send(new DeleteConnectionCommand({ ConnectionId: connectionId }), { abortSignal }),
      ),
    destroy() {
      for (const client of clients.values()) client.destroy();
      clients.clear();
    },
  };
}

function createClient(endpoint: string, options: SdkTransportOptions): ApiGatewayManagementApiClient {
  const { region, credentials, connectionTimeoutMs = 1_000, maxSockets = 128, logger = SILENT } = options;
  return new ApiGatewayManagementApiClient({
    endpoint,
    region,
    ...(credentials && { credentials }),
    maxAttempts: 1,
    logger,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
      logger,
    },
  });
}

function outcomeOfError(error: unknown): PostOutcome {
  const { name, code, $metadata } = fieldsOf(error);
  const status = $metadata?.httpStatusCode;
  const detail = [name, code, status && `HTTP ${status}`].filter(Boolean).join(' ');
  if (status !== undefined) return outcomeOfStatus(status, detail);
  const message = error instanceof Error ? error.message.slice(0, 200) : String(error).slice(0, 200);
  const kind = name === 'CredentialsProviderError' ? 'forbidden' : 'failed';
  return { kind, detail: `${detail}: ${message}` };
}

/** The parts of an SDK or socket error that are read, whatever was thrown. */
function fieldsOf(error: unknown): {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
} {
  return typeof error === 'object' && error !== null ? error : {};
}
