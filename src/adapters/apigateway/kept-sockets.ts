import { Agent, type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { type Connector, createConnector } from './connector.ts';
import type { Endpoint } from './endpoint.ts';
import type { SenderOptions } from './sender.ts';

/**
 * The sockets of one origin, kept open between requests: the one used last is used first, so that those not needed fall
 * idle and are closed. Node's own agent serves any origin with any options, and works out for each request, several
 * times, which of its sockets would do; that is a fifth of what a request costs. (It is the same interface to
 * `http.request` as other agents have: `addRequest`, `ClientRequest.onSocket` and a socket's `free`.)
 * @see https://nodejs.org/api/http.html#class-httpagent
 */
export class KeptSockets extends Agent {
  readonly #connector: Connector;
  readonly #maxSockets: number;
  #idleMs: number;
  readonly #all = new Set<Socket>();
  /** In the order they fell idle, with the time of day at which they did. */
  readonly #idle: { readonly socket: Socket; readonly since: number }[] = [];
  readonly #waiting: ClientRequest[] = [];

  constructor(endpoint: Endpoint, options: SenderOptions) {
    super({ keepAlive: true });
    this.#maxSockets = options.maxSockets;
    this.#idleMs = options.idleSocketMs;
    this.#connector = createConnector(endpoint, options);
  }

  /** Called by `http.request` for each request. */
  addRequest(request: ClientRequest): void {
    const socket = this.#takeIdle();
    if (socket) {
      socket.ref();
      request.onSocket(socket);
    } else if (this.#all.size < this.#maxSockets) {
      request.onSocket(this.#open());
    } else {
      this.#waiting.push(request);
    }
  }

  override destroy(): void {
    for (const socket of this.#all) socket.destroy();
    for (const request of this.#waiting.splice(0)) {
      request.destroy();
      // Without a socket it would not tell.
      request.emit('error', new Error('the transport was closed'));
      request.emit('close');
    }
  }

  /** Takes the hint of an answer's `keep-alive: timeout=SECONDS`, less a second, if it gives one: emulators do. */
  heed(rawHeaders: readonly string[]): void {
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at];
      if (name?.length !== 10 || name.toLowerCase() !== 'keep-alive') continue;
      const seconds = /timeout=(\d{1,6})/.exec(rawHeaders[at + 1] ?? '')?.[1];
      if (seconds) this.#idleMs = Math.min(this.#idleMs, Math.max(0, Number(seconds) - 1) * 1_000);
    }
  }

  /**
   * The one used last, unless its time is over. Looked at when it is used and by the time of day, not by a timer: while
   * a Lambda function is frozen neither timers nor the peer's word that it hung up get through.
   */
  #takeIdle(): Socket | undefined {
    const oldest = Date.now() - this.#idleMs;
    while (this.#idle[0] && (this.#idle[0].since < oldest || this.#idle[0].socket.destroyed)) {
      this.#idle.shift()?.socket.destroy();
    }
    for (;;) {
      const last = this.#idle.pop();
      if (!last?.socket.destroyed) return last?.socket;
    }
  }

  #open(): Socket {
    const socket = this.#connector.connect();
    this.#all.add(socket);
    socket.on('free', () => this.#release(socket));
    // A request that is under way hears of it by itself; an idle socket that breaks is no news.
    socket.on('error', () => {});
    socket.once('close', () => this.#closed(socket));
    return socket;
  }

  #release(socket: Socket): void {
    if (socket.destroyed || !socket.writable) {
      socket.destroy();
      return;
    }
    const next = this.#nextWaiting();
    if (next) {
      next.onSocket(socket);
      return;
    }
    socket.unref();
    this.#idle.push({ socket, since: Date.now() });
  }

  #closed(socket: Socket): void {
    this.#all.delete(socket);
    const next = this.#nextWaiting();
    if (next) next.onSocket(this.#open());
  }

  /** First of those that wait; one that was given up meanwhile needs no socket. */
  #nextWaiting(): ClientRequest | undefined {
    for (;;) {
      const next = this.#waiting.shift();
      if (!next?.destroyed) return next;
    }
  }
}
