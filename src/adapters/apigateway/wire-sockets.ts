import type { Connector } from './connector.ts';
import type { SenderOptions } from './sender.ts';
import type { WirePost } from './wire-post.ts';
import { type SocketOwner, WireSocket } from './wire-socket.ts';

/**
 * Handshakes under way at once: a burst that needs many connections has the first ones at work while the others are still
 * being made, and those that come later take up a session of the earlier ones.
 */
const MOST_CONNECTING = 16;

/**
 * The connections to one origin. The one used last is used first, so that those not needed fall idle; requests that find
 * none wait in their order for whichever is free first, an old one or a new one.
 */
export class WireSockets implements SocketOwner {
  readonly #connector: Connector;
  readonly #maxSockets: number;
  #idleMs: number;
  readonly #all = new Set<WireSocket>();
  #connecting = 0;
  /** In the order they fell idle. */
  readonly #idle: WireSocket[] = [];
  readonly #waiting: WirePost[] = [];
  #end: Error | undefined;

  constructor(
    connector: Connector,
    { maxSockets, idleSocketMs }: Pick<SenderOptions, 'maxSockets' | 'idleSocketMs'>,
  ) {
    this.#connector = connector;
    this.#maxSockets = maxSockets;
    this.#idleMs = idleSocketMs;
  }

  send(post: WirePost): void {
    if (this.#end) {
      post.broke(this.#end);
      return;
    }
    const socket = this.#takeIdle();
    if (socket) {
      socket.hold(true);
      this.#write(socket, post);
      return;
    }
    this.#waiting.push(post);
    this.#connect();
  }

  /** Ends every connection; what waits or is under way fails with `error`, and so does whatever comes after. */
  destroy(error: Error): void {
    this.#end = error;
    for (const socket of this.#all) socket.destroy(error);
    for (const post of this.#waiting.splice(0)) post.broke(error);
  }

  opened(socket: WireSocket): void {
    this.#connecting -= 1;
    this.free(socket);
  }

  free(socket: WireSocket): void {
    this.#heed(socket.idleSeconds);
    const post = this.#nextWaiting();
    if (post) {
      this.#write(socket, post);
      this.#connect();
      return;
    }
    socket.hold(false);
    socket.idleSince = Date.now();
    this.#idle.push(socket);
  }

  closed(socket: WireSocket, error: Error | undefined): void {
    this.#all.delete(socket);
    if (error) {
      this.#connecting -= 1;
      // It was made for one of those that wait, unless others have served them meanwhile.
      const post = this.#nextWaiting();
      if (post && this.#waiting.length >= this.#connecting) post.broke(error);
      else if (post) this.#waiting.unshift(post);
    }
    this.#connect();
  }

  #write(socket: WireSocket, post: WirePost): void {
    post.socket = socket;
    socket.send(post);
  }

  /** As many connections as requests wait for one. */
  #connect(): void {
    while (this.#waiting[0]?.isOver) this.#waiting.shift();
    while (
      !this.#end &&
      this.#connecting < Math.min(this.#waiting.length, MOST_CONNECTING) &&
      this.#all.size < this.#maxSockets
    ) {
      this.#connecting += 1;
      this.#all.add(new WireSocket(this.#connector, this));
    }
  }

  /**
   * The one used last, unless its time is over. Looked at when it is used and by the time of day, not by a timer: while
   * a Lambda function is frozen neither timers nor the peer's word that it hung up get through.
   */
  #takeIdle(): WireSocket | undefined {
    const oldest = Date.now() - this.#idleMs;
    while (this.#idle[0] && (this.#idle[0].idleSince < oldest || !this.#idle[0].isUsable)) {
      this.#idle.shift()?.destroy();
    }
    for (;;) {
      const last = this.#idle.pop();
      if (!last || last.isUsable) return last;
      last.destroy();
    }
  }

  /** First of those that wait; one that was given up meanwhile needs no socket. */
  #nextWaiting(): WirePost | undefined {
    for (;;) {
      const next = this.#waiting.shift();
      if (!next?.isOver) return next;
    }
  }

  /** What the other side says of its patience, less a second: emulators do. */
  #heed(seconds: number | undefined): void {
    if (seconds !== undefined) this.#idleMs = Math.min(this.#idleMs, Math.max(0, seconds - 1) * 1_000);
  }
}
