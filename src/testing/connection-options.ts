import type { Clock, Transport } from '../relay/ports.ts';
import type { ClosedWhy, ConnectionCuts } from './connection-cuts.ts';
import type { ConnectionOutcome } from './connection-outcomes.ts';
import type { PostAttempt } from './connection-state.ts';
import type { ConnectionsServer, ListenOptions } from './connections-server.ts';
import type { TokenBucketOptions } from './token-bucket.ts';

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
  /** Closes connections that are idle or old, as the service does. Default: never. */
  readonly cuts?: ConnectionCuts;
  /** Stands for `$disconnect`: told of every connection that closed, whoever closed it. */
  readonly onClosed?: (id: string, why: ClosedWhy) => void;
  /** `$disconnect` is best effort: `onClosed` is not called with probability `rate`, the same for one `seed`. Default: never lost. */
  readonly disconnectLost?: { readonly seed: number; readonly rate: number };
}

/** See {@link createFakeConnections}. Every method takes ids as they are, without URL encoding. */
export interface FakeConnections {
  /** A client connects. An id that was open before starts anew. */
  open(id: string): void;
  /** Its client is gone: posts get 410, and what it had not read is lost. */
  close(id: string): void;
  /** A message from its client arrives: the connection is not idle. @returns false when it is closed or unknown */
  receive(id: string): boolean;
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
  /** Why it closed; undefined while it is open. */
  closedWhy(id: string): ClosedWhy | undefined;
  /** How many times `onClosed` was not called. */
  readonly disconnectsLost: number;
  /** Most posts that were under way at once, for `id` or for all. */
  maxInFlight(id?: string): number;
  /** Attempts to post so far, to known and unknown connections. */
  readonly posts: number;
  /** The same model in process. Never rejects; a post that hangs ends with `failed` after `requestTimeoutMs`. */
  readonly transport: Transport;
  /** The same model behind a real HTTP server on a free port. */
  listen(options?: ListenOptions): Promise<ConnectionsServer>;
}
