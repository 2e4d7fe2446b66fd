import type { MonotonicClock, PostOutcome, Target } from '../../relay/ports.ts';
import { systemClock } from '../clock.ts';
import { type Credentials, type CredentialsOption, createCredentialsCache } from './credentials.ts';
import { connectionPath } from './endpoint.ts';
import { outcomeOfStatus } from './outcome.ts';
import { createRateLimit } from './rate-limit.ts';
import { createRoutes } from './routes.ts';
import { type CreateSender, TimeoutError, type WireAnswer } from './sender.ts';
import type { ApiGatewayTransport } from './transport.ts';

export interface LeanTransportOptions {
  /**
   * Where a stage's @connections is, without the `/@connections` part, such as
   * `https://abc123.execute-api.eu-central-1.amazonaws.com/prod`. Asked once a stage. A custom domain answers 403.
   */
  readonly endpointFor: (stage: string) => string;
  readonly region: string;
  /**
   * Default: the SDK's own chain. Another client's (`client.config.credentials`) may be given, so that there is one chain
   * in a process.
   */
  readonly credentials?: CredentialsOption;
  /**
   * From the call to the end of the answer, in ms, all waiting included: for credentials, the rate limit and a socket.
   * Default 3 000.
   */
  readonly requestTimeoutMs?: number;
  /** For a new socket, TLS included, in ms. Default 1 000. */
  readonly connectionTimeoutMs?: number;
  /** Sockets per origin; requests beyond them wait. Default 128. */
  readonly maxSockets?: number;
  /**
   * A socket unused for this long is not used again, in ms. Default 9 000: API Gateway does not say when it closes them,
   * and the least that is told of it is 10 s.
   */
  readonly idleSocketMs?: number;
  /** Most requests a second that are begun, posts and disconnects together. Default 10 000, an account's quota in a Region. */
  readonly perSecond?: number;
  /** What sends: `createWireSender` (default), or `createHttpsSender`, Node's own client. */
  readonly createSender?: CreateSender;
  /** Certificates to trust in the stead of the usual ones, PEM. */
  readonly ca?: string;
  readonly clock?: MonotonicClock;
}

type Method = 'POST' | 'DELETE';

/** Error types of a 403 that other credentials may mend. */
const OUTDATED = /^(ExpiredToken|UnrecognizedClient|InvalidClientTokenId)/;

const THROTTLED: PostOutcome = { kind: 'throttled' };

/**
 * Posts through API Gateway's @connections with no more than it takes: a signature, an HTTP request on a kept socket and
 * its status. One attempt a call; a network error or time-out is `failed`, credentials that cannot be had are
 * `forbidden`, and what the rate limit would not let begin in its time is `throttled`. Never rejects. The contract is
 * that of `createSdkTransport`, and so are its signatures, to the byte.
 * @see https://docs.aws.amazon.com/apigatewaymanagementapi/latest/api/API_PostToConnection.html
 */
export function createLeanTransport(options: LeanTransportOptions): ApiGatewayTransport {
  const { requestTimeoutMs = 3_000, perSecond = 10_000, clock = systemClock } = options;
  const credentials = createCredentialsCache(options.credentials ?? sdkChain, clock);
  const limit = createRateLimit({ perSecond, clock });
  const routes = createRoutes(options);

  const attempt = async (method: Method, target: Target, body?: Buffer): Promise<PostOutcome> => {
    const waitMs = limit.take(requestTimeoutMs);
    if (waitMs === undefined) return THROTTLED;
    let timeoutMs = requestTimeoutMs;
    let identity: Credentials;
    try {
      const known = waitMs === 0 ? credentials.current() : undefined;
      if (known && !(known instanceof Promise)) {
        identity = known;
      } else {
        const begun = clock.monotonic();
        if (waitMs > 0) await clock.sleep(waitMs);
        identity = await within(timeoutMs - waitMs, known ?? credentials.current());
        timeoutMs -= clock.monotonic() - begun;
        if (timeoutMs <= 0) return { kind: 'failed', detail: new TimeoutError(requestTimeoutMs).message };
      }
    } catch (error) {
      return error instanceof TimeoutError
        ? { kind: 'failed', detail: `credentials: ${error.message}` }
        : { kind: 'forbidden', detail: `credentials: expected some to sign with, got ${describe(error)}` };
    }
    try {
      const { endpoint, signer, sender } = routes.of(target.stage);
      const path = connectionPath(endpoint, target.connectionId);
      const request = { method, path, ...(body && { body }) };
      const headers = signer.headers(request, identity, clock.now());
      const answer = await sender.send({ ...request, headers, timeoutMs });
      limit.answered(target.connectionId, answer.status === 429);
      if (answer.status === 403 && OUTDATED.test(answer.errorType ?? '')) credentials.refused(identity);
      return outcomeOfStatus(answer.status, detailOf(answer));
    } catch (error) {
      if (error instanceof TimeoutError)
        return { kind: 'failed', detail: new TimeoutError(requestTimeoutMs).message };
      return { kind: 'failed', detail: describe(error) };
    }
  };

  return {
    post: (target, frame) =>
      attempt('POST', target, Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)),
    disconnect: (target) => attempt('DELETE', target),
    destroy: routes.destroy,
  };
}

/** Loaded when it is first needed, for whoever gives credentials has no use for it. */
const sdkChain: CredentialsOption = async (given) => {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  return defaultProvider()(given);
};

async function within<T>(ms: number, promise: T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(Math.round(ms))), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function detailOf({ status, errorType }: WireAnswer): string {
  // What follows the colon is a link, if there is anything.
  const name = errorType?.split(':', 1)[0]?.slice(0, 100);
  return name ? `${name} HTTP ${status}` : `HTTP ${status}`;
}

/** Name, code and message: none of them holds a header or a frame. */
function describe(error: unknown): string {
  const { name, code, message }: { name?: unknown; code?: unknown; message?: unknown } =
    typeof error === 'object' && error !== null ? error : { message: error };
  return `${[name, code].filter((part) => typeof part === 'string').join(' ')}: ${String(message).slice(0, 200)}`;
}
