import type { Deadlines, Pending } from './deadlines.ts';
import { requestBytes } from './request-bytes.ts';
import { TimeoutError, type WireAnswer, type WireRequest } from './sender.ts';
import type { Exchange, WireSocket } from './wire-socket.ts';

/** One request on its way. */
export class WirePost implements Exchange, Pending {
  readonly bytes: Buffer;
  readonly endsAt: number;
  /** The one it was written to. */
  socket: WireSocket | undefined;
  isOver = false;
  readonly #timeoutMs: number;
  readonly #deadlines: Deadlines;
  readonly #resolve: (answer: WireAnswer) => void;
  readonly #reject: (error: Error) => void;

  constructor(
    request: WireRequest,
    deadlines: Deadlines,
    resolve: (answer: WireAnswer) => void,
    reject: (error: Error) => void,
  ) {
    this.bytes = requestBytes(request);
    this.endsAt = performance.now() + request.timeoutMs;
    this.#timeoutMs = request.timeoutMs;
    this.#deadlines = deadlines;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  answered(answer: WireAnswer): void {
    this.#over();
    this.#resolve(answer);
  }

  broke(error: Error): void {
    this.#over();
    this.#reject(error);
  }

  expire(): void {
    const late = new TimeoutError(this.#timeoutMs);
    this.broke(late);
    // Its answer may still come, and nobody is to take it for that of another one.
    this.socket?.destroy(late);
  }

  #over(): void {
    this.isOver = true;
    this.#deadlines.remove(this);
  }
}
