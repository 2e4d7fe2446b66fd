import { outcomeOfStatus } from '../adapters/apigateway/outcome.ts';
import { systemClock } from '../adapters/clock.ts';
import type { Clock, PostOutcome, Target, Transport } from '../relay/ports.ts';
import {
  type ConnectionOutcome,
  type ConnectionReply,
  delivers,
  errorOf,
  replyOf,
} from './connection-outcomes.ts';
import {
  bufferedBytes,
  type ConnectionState,
  framesWithin,
  newConnectionState,
  type PostAttempt,
  receive,
} from './connection-state.ts';
import { type ConnectionsServer, type ListenOptions, listenForPosts } from './connections-server.ts';
import { createSeededRandom } from './random.ts';
import { createTokenBucket, type TokenBucketOptions } from './token-bucket.ts';

/** API Gateway's limit for one message, in bytes. */
export const MAX_MESSAGE_BYTES = 128 * 1024;

export interface FakeConnectionsOptions {
  /** Drives delays, time-outs and the account throttle. Default: the system's clock. */
  readonly clock?: Clock;
  /** Account-wide throttle. Default: none (AWS: 10 000 a second, burst 5 000). */
  readonly accountLimit?: TokenBucketOptions;
  /** Bytes a client that does not read may lag behind before its posts get 429. Default 128 KB. */
  readonly clientBufferBytes?: number;
  /** After how many ms the in-process transport gives up a post, as the real one does. Default 3 000. */
  readonly requestTimeoutMs?: number;
  /** Gives posts that nothing is scripted for one of `outcomes`, each with probability `rate`, the same for one `seed`. */
  readonly faults?: {
    readonly seed: number;
    readonly rate: number;
    readonly outcomes: readonly ConnectionOutcome[];
  };
}

/** See {@link createFakeConnections}. Every method takes ids as they are, without URL encoding. */
export interface FakeConnections {
  /** A client connects. An id that was open before starts anew. */
  open(id: string): void;
  /** Its client is gone: posts get 410, and what it had not read is lost. */
  close(id: string): void;
  /** Queues outcomes for the next posts to `id`, used up in order of arrival, before the default. */
  script(id: string, ...outcomes: readonly ConnectionOutcome[]): void;
  /** What posts to `id` get once the script is used up. `undefined` takes it back. */
  default(id: string, outcome: ConnectionOutcome | undefined): void;
  /** What every request gets, whatever was scripted: an outage. `undefined` ends it. */
  outage(outcome: ConnectionOutcome | undefined): void;
  /** The client stops reading: frames are accepted until its buffer is full. */
  pause(id: string): void;
  /** It reads on, and has what was buffered. */
  resume(id: string): void;
  /** Every frame the client of `id` has read, in order. */
  frames(id: string): readonly string[];
  /** {@link frames}, once there are `count`; rejects after `timeoutMs` of real time (default 5 000). */
  waitForFrames(id: string, count: number, timeoutMs?: number): Promise<readonly string[]>;
  /** Every attempt to post to `id`, in order of arrival, with what was answered. */
  attempts(id: string): readonly PostAttempt[];
  /** True while its client is connected. */
  isOpen(id: string): boolean;
  /** True once a DELETE closed it. */
  closedByServer(id: string): boolean;
  /** Most posts that were under way at once, for `id` or for all. */
  maxInFlight(id?: string): number;
  /** Attempts to post so far, to known and unknown connections. */
  readonly posts: number;
  /** The same model in process. Never rejects; a post that hangs ends with `failed` after `requestTimeoutMs`. */
  readonly transport: Transport;
  /** The same model behind a real HTTP server on a free port. */
  listen(options?: ListenOptions): Promise<ConnectionsServer>;
}

/**
 * A fake of API Gateway's @connections with its whole table of outcomes, scripted per connection, for testing what a
 * relay does about them. Posts meet the service's limits in its order: account throttle, malformed id (400), unknown or
 * closed connection (410), size (413), client that does not read (429).
 */
export function createFakeConnections(options: FakeConnectionsOptions = {}): FakeConnections {
  const {
    clock = systemClock,
    requestTimeoutMs = 3_000,
    clientBufferBytes = MAX_MESSAGE_BYTES,
    faults,
  } = options;
  const states = new Map<string, ConnectionState>();
  const scripts = new Map<string, ConnectionReply[]>();
  const defaults = new Map<string, ConnectionReply>();
  const takeToken = options.accountLimit ? createTokenBucket(options.accountLimit, clock) : () => true;
  const random = createSeededRandom(faults?.seed ?? 0);
  let outage: ConnectionReply | undefined;
  let posts = 0;
  let inFlight = 0;
  let maxInFlight = 0;

  const known = (id: string): ConnectionState => {
    const state = states.get(id);
    if (!state) throw new Error(`expected a connection that was opened, got ${JSON.stringify(id)}`);
    return state;
  };

  const scripted = (id: string): ConnectionReply | undefined => {
    const next = scripts.get(id)?.shift() ?? defaults.get(id);
    if (next) return next;
    if (faults && random.chance(faults.rate)) return replyOf(random.pick(faults.outcomes));
    return undefined;
  };

  /** What stands between a post that would succeed and its client. */
  const limited = (id: string, frame: Uint8Array): ConnectionReply | undefined => {
    const state = states.get(id);
    if (!state?.open) return replyOf('gone');
    if (frame.byteLength > MAX_MESSAGE_BYTES) return replyOf('tooLarge');
    if (state.paused && bufferedBytes(state) + frame.byteLength > clientBufferBytes)
      return replyOf('bufferFull');
    return undefined;
  };

  const post = async (id: string, frame: Uint8Array): Promise<ConnectionReply> => {
    posts += 1;
    let reply: ConnectionReply;
    if (!takeToken()) reply = replyOf('throttled');
    else if (outage) reply = outage;
    else if (!isWellFormed(id)) reply = replyOf('malformedId');
    else reply = scripted(id) ?? replyOf('sent');
    const at = clock.now();
    if (reply.delayMs) await clock.sleep(reply.delayMs);
    const succeeds = reply.status === 200 || reply.status === 204;
    const refused = delivers(reply) ? limited(id, frame) : undefined;
    const answered = succeeds && refused ? refused : reply;
    const state = states.get(id);
    if (state) {
      const text = Buffer.from(frame).toString('utf8');
      state.attempts.push({ at, connectionId: id, frame: text, status: answered.status });
      if (delivers(reply) && !refused) {
        state.lastActiveAt = clock.now();
        receive(state, text);
      }
    }
    return answered;
  };

  const disconnect = async (id: string): Promise<ConnectionReply> => {
    if (!takeToken()) return replyOf('throttled');
    if (outage) return outage;
    if (!isWellFormed(id)) return replyOf('malformedId');
    const state = states.get(id);
    if (!state?.open) return replyOf('gone');
    shut(state);
    state.closedByServer = true;
    return replyOf('sentNoContent');
  };

  /** Counts what is under way from arrival to answer; a post that hangs stays until its sender gives up. */
  const counted = async <T>(id: string, work: () => Promise<T>): Promise<T> => {
    const state = states.get(id);
    inFlight += 1;
    maxInFlight = Math.max(maxInFlight, inFlight);
    if (state) {
      state.inFlight += 1;
      state.maxInFlight = Math.max(state.maxInFlight, state.inFlight);
    }
    try {
      return await work();
    } finally {
      inFlight -= 1;
      if (state) state.inFlight -= 1;
    }
  };

  const inProcess = (id: string, request: () => Promise<ConnectionReply>): Promise<PostOutcome> =>
    counted(id, async () => {
      const answered = new AbortController();
      const timedOut = clock.sleep(requestTimeoutMs, answered.signal).then(() => undefined);
      const reply = await Promise.race([
        request().then((given) => (given.status === 'hang' ? timedOut : given)),
        timedOut,
      ]);
      answered.abort();
      if (!reply) return { kind: 'failed', detail: `no answer within ${requestTimeoutMs} ms` };
      if (typeof reply.status === 'string') return { kind: 'failed', detail: 'connection reset' };
      return outcomeOfStatus(reply.status, errorOf(reply)?.name ?? `HTTP ${reply.status}`);
    });

  return {
    open(id) {
      if (!isWellFormed(id))
        throw new Error(`expected a well-formed connection id, got ${JSON.stringify(id)}`);
      states.set(id, newConnectionState(clock.now()));
    },
    close: (id) => shut(known(id)),
    script(id, ...outcomes) {
      scripts.set(id, [...(scripts.get(id) ?? []), ...outcomes.map(replyOf)]);
    },
    default(id, outcome) {
      if (outcome === undefined) defaults.delete(id);
      else defaults.set(id, replyOf(outcome));
    },
    outage(outcome) {
      outage = outcome === undefined ? undefined : replyOf(outcome);
    },
    pause(id) {
      known(id).paused = true;
    },
    resume(id) {
      const state = known(id);
      state.paused = false;
      receive(state, ...state.buffered.splice(0));
    },
    frames: (id) => [...known(id).frames],
    waitForFrames: (id, count, timeoutMs = 5_000) => framesWithin(known(id), id, count, timeoutMs),
    attempts: (id) => [...known(id).attempts],
    isOpen: (id) => states.get(id)?.open ?? false,
    closedByServer: (id) => known(id).closedByServer,
    maxInFlight: (id) => (id === undefined ? maxInFlight : known(id).maxInFlight),
    get posts() {
      return posts;
    },
    transport: {
      post: ({ connectionId }: Target, frame) => inProcess(connectionId, () => post(connectionId, frame)),
      disconnect: ({ connectionId }: Target) => inProcess(connectionId, () => disconnect(connectionId)),
    },
    listen: (listenOptions) =>
      listenForPosts(
        { post, disconnect, counted, state: (id) => states.get(id), isWellFormed },
        listenOptions,
      ),
  };
}

function shut(state: ConnectionState): void {
  state.open = false;
  state.buffered = [];
}

/** Base64 in either alphabet, as API Gateway's own ids are, or a UUID, as emulators' are. */
function isWellFormed(id: string): boolean {
  return /^[A-Za-z0-9+/_-]{1,128}={0,2}$/.test(id);
}
