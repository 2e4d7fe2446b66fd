import { ChunkedBody } from './chunked-body.ts';
import { ANSWER_HEAD, type AnswerHead, readHead } from './header-fields.ts';
import { AnswerTooLargeError, MAX_ANSWER_BYTES, MalformedAnswerError, type WireAnswer } from './sender.ts';

/** Most bytes before the body, those of answers in between (`100 Continue`) among them. */
const MAX_HEAD_BYTES = 16 * 1024;
const BEGINS = 'HTTP/1.';
const END = '\r\n\r\n';

/**
 * Reads one answer of HTTP/1.0 or 1.1 to its end, in pieces of any length; its body is passed over. What it comes to does
 * not depend on where the pieces part. Takes what the RFC lets an answer be and nothing else: a client that forgives is
 * one that can be made to take one answer for another.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
export class AnswerReader {
  /** Headers whose end has not come yet. */
  #begun = '';
  #headBytes = 0;
  #bodyBytes = 0;
  #head: AnswerHead | undefined;
  #chunks: ChunkedBody | undefined;
  #isWhole = false;
  #hasMore = false;

  /**
   * @returns true once the answer has ended
   * @throws MalformedAnswerError · AnswerTooLargeError
   */
  read(bytes: Buffer): boolean {
    let at = 0;
    while (!this.#head) {
      const end = this.#readHead(bytes, at);
      if (end === undefined) return false;
      at = end;
    }
    const end = this.#isWhole ? at : this.#readBody(this.#head, bytes, at);
    if (end === undefined) return false;
    this.#isWhole = true;
    if (end < bytes.length) this.#hasMore = true;
    return true;
  }

  /** The other side has ended: true when that is where the answer ends, false when it broke off. */
  end(): boolean {
    const head = this.#head;
    if (head && head.length === undefined && !head.chunked) this.#isWhole = true;
    return this.#isWhole;
  }

  /** True once anything of an answer has come. */
  get hasBegun(): boolean {
    return this.#headBytes > 0;
  }

  /** Of an answer that has ended. */
  get answer(): WireAnswer {
    const { status, errorType } = this.#head ?? { status: 0, errorType: undefined };
    return status >= 400 && errorType !== undefined ? { status, errorType } : { status };
  }

  /** Whether its socket may serve another request: the answer has ended by itself, and nothing came after it. */
  get keeps(): boolean {
    return this.#head?.keeps === true && this.#isWhole && !this.#hasMore;
  }

  /** For how long the other side keeps an idle socket, in seconds, if it says so. */
  get idleSeconds(): number | undefined {
    return this.#head?.idleSeconds;
  }

  /** @returns where the headers end in `bytes`; `undefined` when there is more to come */
  #readHead(bytes: Buffer, from: number): number | undefined {
    const before = this.#begun.length;
    const room = MAX_HEAD_BYTES - this.#headBytes;
    const text = this.#begun + bytes.toString('latin1', from, Math.min(bytes.length, from + room));
    if (!BEGINS.startsWith(text.slice(0, BEGINS.length))) throw new MalformedAnswerError('something else');
    const at = text.indexOf(END, Math.max(0, before - END.length));
    const end = at < 0 ? bytes.length : from + at + END.length - before;
    this.#headBytes += end - from;
    if (at < 0) {
      if (this.#headBytes >= MAX_HEAD_BYTES)
        throw new MalformedAnswerError(`headers of more than ${MAX_HEAD_BYTES} bytes`);
      this.#begun = text;
      return undefined;
    }
    this.#begun = '';
    this.#takeHead(text.slice(0, at + 2));
    return end;
  }

  #takeHead(text: string): void {
    const head = ANSWER_HEAD.test(text) ? readHead(text) : undefined;
    if (!head) throw new MalformedAnswerError('malformed headers');
    const { status, length, chunked, keeps } = head;
    if (status < 200) {
      // Nobody asked for another protocol.
      if (status === 101) throw new MalformedAnswerError('a change of protocol');
      return;
    }
    // Both is how one answer is made to look like two.
    if (chunked !== undefined && length !== undefined)
      throw new MalformedAnswerError('two ways to tell its length');
    if (length !== undefined && length > MAX_ANSWER_BYTES) throw new AnswerTooLargeError();
    const isEmpty = status === 204 || status === 304 || length === 0;
    this.#isWhole = isEmpty;
    if (!isEmpty && chunked) this.#chunks = new ChunkedBody();
    // One that ends with its connection leaves nothing to keep.
    this.#head = { ...head, keeps: keeps && (isEmpty || length !== undefined || chunked === true) };
  }

  /** @returns where the body ends in `bytes`; `undefined` when there is more to come */
  #readBody({ length }: AnswerHead, bytes: Buffer, from: number): number | undefined {
    const end = this.#chunks
      ? this.#chunks.read(bytes, from)
      : length !== undefined && length - this.#bodyBytes <= bytes.length - from
        ? from + length - this.#bodyBytes
        : undefined;
    this.#bodyBytes += (end ?? bytes.length) - from;
    if (this.#bodyBytes > MAX_ANSWER_BYTES) throw new AnswerTooLargeError();
    return end;
  }
}
