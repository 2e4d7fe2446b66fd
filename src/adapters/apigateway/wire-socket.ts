import type { Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import type { Connector } from './connector.ts';
import type { WireAnswer } from './sender.ts';

/** A request that was not answered yet. */
export interface Exchange {
  readonly bytes: Buffer;
  answered(answer: WireAnswer): void;
  /** @param error why it was not, as the socket told it */
  broke(error: Error): void;
}

/** Hears what becomes of a socket. */
export interface SocketOwner {
  /** It is connected. */
  opened(socket: WireSocket): void;
  /** It may be used again. */
  free(socket: WireSocket): void;
  /**
   * It is gone; the request that was under way on it has been told.
   * @param error why, when it never came to be used
   */
  closed(socket: WireSocket, error: Error | undefined): void;
}

/** One connection, with one request at a time on it. Whatever is not as it should be ends it. */
export class WireSocket {
  /** Time of day at which it fell idle. */
  idleSince = 0;
  /** For how long the other side says that it keeps it idle, in seconds. */
  idleSeconds: number | undefined;
  readonly #socket: Socket;
  readonly #owner: SocketOwner;
  #isOpen = false;
  #exchange: Exchange | undefined;
  #reader: AnswerReader | undefined;
  #failure: Error | undefined;

  constructor({ connect, opened }: Connector, owner: SocketOwner) {
    this.#owner = owner;
    const socket = connect();
    this.#socket = socket;
    // One set of listeners for its whole life.
    socket.once(opened, () => {
      this.#isOpen = true;
      owner.opened(this);
    });
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.once('end', () => this.#ended());
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
    socket.once('close', () => this.#closed());
  }

  get isUsable(): boolean {
    const socket = this.#socket;
    return this.#isOpen && !this.#exchange && !socket.destroyed && socket.writable && socket.readable;
  }

  /** Writes it, in one piece. */
  send(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#reader = new AnswerReader();
    this.#socket.write(exchange.bytes);
  }

  /** Whether the process stays for its sake: not for an idle one's. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#socket.ref();
    else this.#socket.unref();
  }

  destroy(error?: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    const reader = this.#reader;
    if (!reader) {
      // Nobody asked for anything: what it belongs to cannot be known.
      this.#socket.destroy();
      return;
    }
    try {
      if (reader.read(bytes)) this.#answered(reader);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #answered(reader: AnswerReader): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#reader = undefined;
    this.idleSeconds = reader.idleSeconds;
    exchange?.answered(reader.answer);
    // An answer that came before the request was written whole leaves the rest of it where the next one would begin.
    if (reader.keeps && this.#socket.writableLength === 0 && this.isUsable) this.#owner.free(this);
    else this.#socket.destroy();
  }

  #ended(): void {
    const reader = this.#reader;
    if (reader?.end()) this.#answered(reader);
    this.#failure ??= new Error(
      reader?.hasBegun
        ? 'the connection broke off within the answer'
        : 'the connection broke off before an answer',
    );
    this.#socket.destroy();
  }

  #closed(): void {
    const failure = this.#failure ?? new Error('the connection was closed');
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#reader = undefined;
    exchange?.broke(failure);
    this.#owner.closed(this, this.#isOpen ? undefined : failure);
  }
}
