import type { ClosedWhy } from './connection-cuts.ts';

/** One attempt to post, as the fake saw it. */
export interface PostAttempt {
  /** Epoch ms it arrived. */
  readonly at: number;
  readonly connectionId: string;
  readonly frame: string;
  /** What was answered, natural limits applied. */
  readonly status: number | 'hang' | 'reset';
}

/** One connection of the fake: what was scripted for it, what its client has read. */
export interface ConnectionState {
  /** Absent while it is open. */
  closedWhy: ClosedWhy | undefined;
  readonly connectedAt: number;
  lastActiveAt: number;
  /** A paused client reads nothing: frames wait in `buffered` until it is full. */
  paused: boolean;
  buffered: string[];
  readonly frames: string[];
  readonly attempts: PostAttempt[];
  inFlight: number;
  maxInFlight: number;
  readonly listeners: Set<() => void>;
}

export function newConnectionState(now: number): ConnectionState {
  return {
    closedWhy: undefined,
    connectedAt: now,
    lastActiveAt: now,
    paused: false,
    buffered: [],
    frames: [],
    attempts: [],
    inFlight: 0,
    maxInFlight: 0,
    listeners: new Set(),
  };
}

/** Hands frames to the connection's client, in order, or to its buffer while it does not read. */
export function receive(state: ConnectionState, ...frames: readonly string[]): void {
  if (state.paused) {
    state.buffered.push(...frames);
    return;
  }
  state.frames.push(...frames);
  for (const listener of [...state.listeners]) listener();
}

/** Bytes of UTF-8 waiting for a client that does not read. */
export function bufferedBytes(state: ConnectionState): number {
  return state.buffered.reduce((bytes, frame) => bytes + Buffer.byteLength(frame), 0);
}

/**
 * Resolves with every frame read so far once there are at least `count`.
 * @throws Error when they do not come within `timeoutMs` (real time).
 */
export function framesWithin(
  state: ConnectionState,
  connectionId: string,
  count: number,
  timeoutMs: number,
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      state.listeners.delete(listener);
    };
    const listener = () => {
      if (state.frames.length < count) return;
      end();
      resolve([...state.frames]);
    };
    const timer = setTimeout(() => {
      end();
      reject(
        new Error(
          `expected ${count} frames on connection ${connectionId} within ${timeoutMs} ms, got ${state.frames.length}`,
        ),
      );
    }, timeoutMs);
    state.listeners.add(listener);
    listener();
  });
}
