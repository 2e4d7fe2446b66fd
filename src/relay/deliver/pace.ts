/** A connection is waited for at least so long, in ms, whatever the others do. */
const PATIENCE_MS = 15_000;
/** How many times the others' time for a frame one may take. */
const TIMES_SLOWER = 5;
/** Share of the connections that may be waited for: with more of them, it is not they who are slow. */
const FEW = 0.05;

/**
 * Tells a connection that takes every frame, but far more slowly than all others, from a gateway that is slow to everyone:
 * those behind it in the stream wait for the whole batch (C4).
 */
export class Pace {
  readonly #connections: number;
  #over = 0;
  #ms = 0;
  #frames = 0;

  /** @param connections how many are owed something */
  constructor(connections: number) {
    this.#connections = connections;
  }

  /** One has everything it was owed: so many frames, in so much time. */
  done(frames: number, ms: number): void {
    this.#frames += frames;
    this.#ms += ms;
    this.#over += 1;
  }

  /** One is out of the way without having everything. */
  left(): void {
    this.#over += 1;
  }

  /** Whether one that has taken `ms` for `frames` is no longer waited for. */
  isStraggler(frames: number, ms: number): boolean {
    if (ms < PATIENCE_MS || this.#frames === 0) return false;
    const open = this.#connections - this.#over;
    if (open > Math.max(1, this.#connections * FEW)) return false;
    return ms / frames > TIMES_SLOWER * (this.#ms / this.#frames);
  }
}
