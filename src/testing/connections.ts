import { outcomeOfStatus } from '../adapters/apigateway/outcome.ts';
import { systemClock } from '../adapters/clock.ts';
import type { PostOutcome, Target } from '../relay/ports.ts';
import { type ClosedWhy, createConnectionCutter } from './connection-cuts.ts';
import type { FakeConnections, FakeConnectionsOptions } from './connection-options.ts';
import { type ConnectionReply, delivers, errorOf, replyOf } from './connection-outcomes.ts';
import {
  bufferedBytes,
  type ConnectionState,
  framesWithin,
  newConnectionState,
  receive,
} from './connection-state.ts';
import { listenForPosts } from './connections-server.ts';
import { createSeededRandom } from './random.ts';
import { createTokenBucket } from './token-bucket.ts';

export type { FakeConnections, FakeConnectionsOptions } from './connection-options.ts';

/** API Gateway's limit for one message, in bytes. */
export const MAX_MESSAGE_BYTES = 128 * 1024;

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
  const openStates = new Map<string, ConnectionState>();
  const scripts = new Map<string, ConnectionReply[]>();
  const defaults = new Map<string, ConnectionReply>();
  const takeToken = options.accountLimit ? createTokenBucket(options.accountLimit, clock) : () => true;
  const random = createSeededRandom(faults?.seed ?? 0);
  const disconnects = createSeededRandom(options.disconnectLost?.seed ?? 0);
  let disconnectsLost = 0;
  let outage: ConnectionReply | undefined;
  let posts = 0;
  let inFlight = 0;
  let maxInFlight = 0;

  const shut = (id: string, why: ClosedWhy) => {
    const state = states.get(id);
    if (!state || state.closedWhy !== undefined) return;
    state.closedWhy = why;
    state.buffered = [];
    openStates.delete(id);
    if (openStates.size === 0) cutter?.unwatch();
    if (disconnects.chance(options.disconnectLost?.rate ?? 0)) disconnectsLost += 1;
    else options.onClosed?.(id, why);
  };

  const cutter = options.cuts && createConnectionCutter(options.cuts, clock, openStates, shut);

  /** The connection as it is by now: what is due to be cut is. */
  const current = (id: string): ConnectionState | undefined => {
    const state = states.get(id);
    const why = state?.closedWhy === undefined ? state && cutter?.due(state) : undefined;
    if (why) shut(id, why);
    return state;
  };

  const known = (id: string): ConnectionState => {
    const state = current(id);
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
    const state = current(id);
    if (!state || state.closedWhy !== undefined) return replyOf('gone');
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
    const state = current(id);
    if (!state || state.closedWhy !== undefined) return replyOf('gone');
    shut(id, 'server');
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
      const state = newConnectionState(clock.now());
      states.set(id, state);
      openStates.set(id, state);
      cutter?.watch();
    },
    close(id) {
      known(id);
      shut(id, 'client');
    },
    receive(id) {
      const state = current(id);
      if (!state || state.closedWhy !== undefined) return false;
      state.lastActiveAt = clock.now();
      return true;
    },
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
    isOpen(id) {
      const state = current(id);
      return state !== undefined && state.closedWhy === undefined;
    },
    closedByServer: (id) => known(id).closedWhy === 'server',
    closedWhy: (id) => known(id).closedWhy,
    get disconnectsLost() {
      return disconnectsLost;
    },
    maxInFlight: (id) => (id === undefined ? maxInFlight : known(id).maxInFlight),
    get posts() {
      return posts;
    },
    transport: {
      post: ({ connectionId }: Target, frame) => inProcess(connectionId, () => post(connectionId, frame)),
      disconnect: ({ connectionId }: Target) => inProcess(connectionId, () => disconnect(connectionId)),
    },
    listen: (listenOptions) =>
      listenForPosts({ post, disconnect, counted, state: current, isWellFormed }, listenOptions),
  };
}

/** Base64 in either alphabet, as API Gateway's own ids are, or a UUID, as emulators' are. */
function isWellFormed(id: string): boolean {
  return /^[A-Za-z0-9+/_-]{1,128}={0,2}$/.test(id);
}
