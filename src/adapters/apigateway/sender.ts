import type { Endpoint } from './endpoint.ts';

/** Headers of a request: names, lower-case, and values in turn. */
export interface WireHeaders {
  /** The very same list for all requests that have these in common, so that a sender may prepare them once. */
  readonly shared: readonly string[];
  readonly own: readonly string[];
}

/** One HTTP request, ready to be sent. */
export interface WireRequest {
  readonly method: 'POST' | 'DELETE';
  /** Encoded. */
  readonly path: string;
  /** `host` and, with a body, `content-length` are among them. */
  readonly headers: WireHeaders;
  /** Absent of a request without one. */
  readonly body?: Buffer;
  /** For how long it may take from now on to the end of its answer, in ms: waiting for a socket is part of it. */
  readonly timeoutMs: number;
}

/** The answer, its body read to the end and thrown away. */
export interface WireAnswer {
  readonly status: number;
  /** `x-amzn-errortype` of an answer with a status of 400 or more, if it has one. */
  readonly errorType?: string;
}

/** Sends requests to one origin on sockets it keeps. */
export interface Sender {
  /**
   * One attempt: what broke is never sent again, for the other side may have acted on it.
   * @throws TimeoutError when it took too long · an Error with the `code` of the socket's failure
   */
  send(request: WireRequest): Promise<WireAnswer>;
  /** Closes every socket; what is under way fails. */
  destroy(): void;
}

export interface SenderOptions {
  /** Requests beyond it wait for a free one, in their order. */
  readonly maxSockets: number;
  /** For a new socket, TLS included, in ms. */
  readonly connectionTimeoutMs: number;
  /** A socket nothing was sent on for this long, in ms of the time of day, is closed and not used again. */
  readonly idleSocketMs: number;
  /** Certificates to trust in the stead of the usual ones, PEM. */
  readonly ca?: string;
}

export type CreateSender = (endpoint: Endpoint, options: SenderOptions) => Sender;

/** A request that was not answered, or not to the end, in its time. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}

/** Most bytes of an answer's body that are read: the service's own have some hundred. */
export const MAX_ANSWER_BYTES = 64 * 1024;

export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
  constructor() {
    super(`expected an answer of ${MAX_ANSWER_BYTES} bytes at most, got more`);
  }
}

/** What came is not what HTTP/1.1 lets an answer be. */
export class MalformedAnswerError extends Error {
  override readonly name = 'MalformedAnswerError';
  /** @param got what is wrong with it, without its text */
  constructor(got: string) {
    super(`expected an HTTP/1.1 answer, got ${got}`);
  }
}
