import { FIELD_LINE } from './header-fields.ts';
import { AnswerTooLargeError, MAX_ANSWER_BYTES, MalformedAnswerError } from './sender.ts';

const SIZE_LINE = /^([0-9a-f]{1,16})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n$/i;
const LF = 0x0a;

/**
 * Finds the end of a body in chunks, in pieces of any length; what it holds is passed over. Extensions and trailers are
 * taken as HTTP lets them be and mean nothing here.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1
 */
export class ChunkedBody {
  #expects: 'size' | 'data' | 'end of data' | 'trailer' = 'size';
  /** Bytes of the current chunk still to come. */
  #left = 0;
  /** A line whose end has not come yet. */
  #line = '';

  /**
   * @returns where the body ends in `bytes`; `undefined` when there is more to come
   * @throws MalformedAnswerError · AnswerTooLargeError for a chunk that alone is
   */
  read(bytes: Buffer, from: number): number | undefined {
    let at = from;
    while (at < bytes.length) {
      if (this.#expects === 'data') {
        const length = Math.min(this.#left, bytes.length - at);
        at += length;
        this.#left -= length;
        if (this.#left === 0) this.#expects = 'end of data';
        continue;
      }
      const end = bytes.indexOf(LF, at) + 1;
      const next = end === 0 ? bytes.length : end;
      this.#line += bytes.toString('latin1', at, next);
      at = next;
      if (end === 0) return undefined;
      const line = this.#line;
      this.#line = '';
      if (this.#readLine(line)) return at;
    }
    return undefined;
  }

  /** @returns true for the line that ends the body */
  #readLine(line: string): boolean {
    switch (this.#expects) {
      case 'size':
        this.#readSize(line);
        return false;
      case 'trailer':
        if (line !== '\r\n' && !FIELD_LINE.test(line)) throw new MalformedAnswerError('a malformed trailer');
        return line === '\r\n';
      default:
        if (line !== '\r\n') throw new MalformedAnswerError('a chunk longer than it says');
        this.#expects = 'size';
        return false;
    }
  }

  #readSize(line: string): void {
    const digits = SIZE_LINE.exec(line)?.[1];
    if (digits === undefined) throw new MalformedAnswerError('a malformed length of a chunk');
    this.#left = Number.parseInt(digits, 16);
    if (this.#left > MAX_ANSWER_BYTES) throw new AnswerTooLargeError();
    this.#expects = this.#left === 0 ? 'trailer' : 'data';
  }
}
