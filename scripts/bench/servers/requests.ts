/** Takes the requests of one socket apart: HTTP/1.1 with a Content-Length, one after another. */
export class RequestReader {
  readonly #onRequest: (path: string, body: Buffer, isLast: boolean) => void;
  #rest: Buffer | undefined;

  /** @param onRequest told of each; `isLast` when the client wants the socket closed after the answer */
  constructor(onRequest: (path: string, body: Buffer, isLast: boolean) => void) {
    this.#onRequest = onRequest;
  }

  read(chunk: Buffer): void {
    let data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (let next = this.#one(data); next !== undefined; next = this.#one(data)) data = data.subarray(next);
    this.#rest = data.length > 0 ? data : undefined;
  }

  /** @returns where the request ends, or nothing while it is not all there */
  #one(data: Buffer): number | undefined {
    const headEnd = data.indexOf('\r\n\r\n');
    if (headEnd < 0) return undefined;
    const head = data.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) throw new Error('expected a request with a Content-Length, got one without');
    const bodyEnd = headEnd + 4 + Number(length);
    if (data.length < bodyEnd) return undefined;
    const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' ', head.indexOf(' ') + 1));
    this.#onRequest(path, data.subarray(headEnd + 4, bodyEnd), /\r\nconnection: *close/i.test(head));
    return bodyEnd;
  }
}
