import { createClient } from 'graphql-ws';
import type { WirePayload } from './payload.ts';
import type { Credential } from './person.ts';

/** How the connection stands, as the page shows it. */
export type Status =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  /** Lost or not reachable; tried again by itself. */
  | { readonly state: 'waiting'; readonly reason: string; readonly seconds: number }
  /** Turned away; trying again by itself would be turned away again. */
  | { readonly state: 'refused'; readonly reason: string };

/** A document and its variables. */
export interface Operation {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** Whoever wants the results of one operation. */
export interface Listener {
  next(payload: WirePayload): void;
  /** Ended with errors: those of the server's `error` message, or what the socket closed with. */
  error(error: unknown): void;
  complete(): void;
}

/** A connection that is made again when it is lost, and the operations on it. */
export interface Session {
  /** Starts an operation, now or as soon as there is a connection, and again after each lost one. Returns its end. */
  subscribe(operation: Operation, listener: Listener): () => void;
  /** After a refusal: tries once more. */
  retry(): void;
}

/** Where a session connects, as whom, and who hears how it stands. */
export interface SessionOptions {
  readonly url: string;
  /** Asked in each attempt: a restarted gateway takes others. */
  readonly credential: () => Promise<Credential>;
  readonly onStatus: (status: Status) => void;
}

/** First wait after a lost connection, doubled up to the last. */
const FIRST_WAIT_SECONDS = 1;
const LAST_WAIT_SECONDS = 15;

/** A gateway drops a socket that is idle for 10 minutes. */
const PING_EVERY_MS = 240_000;

const ACK_WITHIN_MS = 10_000;

/**
 * One connection for all subscriptions of the page, by the `graphql-ws` client.
 *
 * The client's own waiting is not used: it does not wait at all after a close with 1000 (which is how API Gateway
 * closes), and it cannot stop after a refusal and go on later. So it retries whatever comes, and `url` is where it
 * is made to wait.
 */
export function openSession({ url, credential, onStatus }: SessionOptions): Session {
  let failures = 0;
  let failed = false;
  let reason = '';
  let refusal: string | undefined;
  let acknowledged = false;
  let ended = false;
  let retry = () => {};

  const noteFailure = (text: string) => {
    reason = text;
    acknowledged = false;
    // A failed attempt is told twice: as an error, then as a close.
    if (!failed) failures += 1;
    failed = true;
  };

  const turn = async () => {
    if (refusal !== undefined) {
      onStatus({ state: 'refused', reason: refusal });
      await new Promise<void>((resolve) => {
        retry = resolve;
      });
      refusal = undefined;
      failures = 0;
    } else if (failures > 0) {
      const seconds = Math.min(FIRST_WAIT_SECONDS * 2 ** (failures - 1), LAST_WAIT_SECONDS);
      // The close that says why comes after the error that says that.
      await pause(0);
      onStatus({ state: 'waiting', reason, seconds });
      await pause(seconds * 1_000);
    }
    failed = false;
    onStatus({ state: 'connecting' });
    return url;
  };

  const client = createClient({
    url: turn,
    connectionParams: async () => ({ ...(await credential()) }),
    lazy: false,
    keepAlive: PING_EVERY_MS,
    connectionAckWaitTimeout: ACK_WITHIN_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: async () => {},
    shouldRetry: () => true,
    // Sees a refusal before the client stumbles over it: to the protocol it is a message of an unknown type.
    jsonMessageReviver: (key, value) => {
      if (key === '') refusal ??= refusalIn(value);
      return value;
    },
    onNonLazyError: (error) => {
      ended = true;
      onStatus({ state: 'refused', reason: refusal ?? closeText(error) });
    },
    on: {
      connected: () => {
        acknowledged = true;
        failures = 0;
        onStatus({ state: 'connected' });
      },
      error: (error) => {
        // Not an event: the gateway said what no gateway of this protocol says.
        if (error instanceof Error) refusal ??= error.message;
        noteFailure('the gateway cannot be reached');
      },
      closed: (event) => {
        if (!acknowledged && isRefusal(event)) refusal ??= closeText(event);
        noteFailure(closeText(event));
      },
    },
  });

  return {
    subscribe: (operation, listener) =>
      client.subscribe<Record<string, unknown>, Record<string, unknown>>(
        { ...operation, extensions: { confirm: true } },
        {
          next: (payload) => listener.next(payload),
          error: (error) => listener.error(error),
          complete: () => listener.complete(),
        },
      ),
    retry: () => {
      // The client has stopped for good only after a close code of its own protocol.
      if (ended) location.reload();
      else retry();
    },
  };
}

/** What a socket closed with, for people. */
export function closeText(event: unknown): string {
  const { code, reason } = closeOf(event) ?? {};
  if (code === undefined) return event instanceof Error ? event.message : 'the gateway cannot be reached';
  if (code === 1006) return 'the gateway cannot be reached';
  return `the gateway closed the connection: ${reason ? `${reason} (${code})` : `code ${code}`}`;
}

/** 44xx are the protocol's own: the request was at fault and will be again. */
function isRefusal(event: unknown): boolean {
  const code = closeOf(event)?.code ?? 0;
  return code >= 4400 && code < 4500;
}

function closeOf(event: unknown): { code: number; reason: string } | undefined {
  return event instanceof CloseEvent ? { code: event.code, reason: event.reason } : undefined;
}

/** Reads the frame with which a gateway that cannot choose its close code refuses (PROTOCOL.md "Refusal"). */
function refusalIn(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  if (message.type !== 'connection_error' || !('payload' in message)) return undefined;
  const { payload } = message;
  if (typeof payload !== 'object' || payload === null || !('message' in payload)) return undefined;
  const code = 'code' in payload ? ` (${String(payload.code)})` : '';
  return `${String(payload.message)}${code}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
