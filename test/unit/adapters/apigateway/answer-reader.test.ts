import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AnswerReader } from '../../../../src/adapters/apigateway/answer-reader.ts';
import { MAX_ANSWER_BYTES } from '../../../../src/adapters/apigateway/sender.ts';

/** All that an answer comes to, or the name of the error. */
interface Read {
  readonly whole: boolean;
  readonly status?: number;
  readonly errorType?: string;
  readonly keeps?: boolean;
  readonly idleSeconds?: number | undefined;
  readonly error?: string;
}

/** Reads pieces; what comes after the end of the answer is handed over too, as a socket would. */
function read(pieces: readonly Buffer[], ends = false): Read {
  const reader = new AnswerReader();
  let whole = false;
  try {
    for (const piece of pieces) whole = reader.read(piece) || whole;
    if (ends) whole = reader.end();
  } catch (error) {
    return { whole: false, error: error instanceof Error ? error.name : 'none' };
  }
  if (!whole) return { whole };
  return { whole, ...reader.answer, keeps: reader.keeps, idleSeconds: reader.idleSeconds };
}

const bytes = (text: string) => Buffer.from(text, 'latin1');
const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;
const keeps = { whole: true, status: 200, keeps: true, idleSeconds: undefined };
const closes = { ...keeps, keeps: false };
const malformed = { whole: false, error: 'MalformedAnswerError' };
const tooLarge = { whole: false, error: 'AnswerTooLargeError' };
const more = { whole: false };

const CORPUS: readonly (readonly [name: string, text: string, result: Read])[] = [
  ['no body', `${OK}content-length: 0\r\n\r\n`, keeps],
  ['a body', `${OK}Content-Length:5\r\n\r\nhello`, keeps],
  ['a body that has not come', `${OK}content-length: 5\r\n\r\nhell`, more],
  ['equal lengths', `${OK}content-length: 2\r\ncontent-length: 2, 2\r\n\r\nhi`, keeps],
  ['lengths that differ', `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nhi!`, malformed],
  ['a length with a sign', `${OK}content-length: +2\r\n\r\nhi`, malformed],
  ['a length below nothing', `${OK}content-length: -1\r\n\r\n`, malformed],
  ['no length in a length', `${OK}content-length:\r\n\r\n`, malformed],
  ['a length and chunks', `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, malformed],
  ['chunks', `${CHUNKED}5\r\nhello\r\nA;x="y"\r\n0123456789\r\n0\r\n\r\n`, keeps],
  ['trailers', `${CHUNKED}1\r\nx\r\n000;z\r\nx-sum: 1\r\nx-more:\r\n\r\n`, keeps],
  ['chunks without an end', `${CHUNKED}5\r\nhello\r\n`, more],
  ['chunks whose length is none', `${CHUNKED}5x\r\nhello\r\n0\r\n\r\n`, malformed],
  ['a chunk of no digits', `${CHUNKED}\r\nhello\r\n0\r\n\r\n`, malformed],
  ['a chunk that is longer', `${CHUNKED}2\r\nhello\r\n0\r\n\r\n`, malformed],
  ['a chunk that ends in LF', `${CHUNKED}2\nhi\n0\n\n`, malformed],
  ['a trailer that is none', `${CHUNKED}0\r\nno trailer\r\n\r\n`, malformed],
  ['chunks in capitals, coded before', `${OK}Transfer-Encoding: gzip, CHUNKED\r\n\r\n0\r\n\r\n`, keeps],
  ['204 with a length', 'HTTP/1.1 204 No Content\r\ncontent-length: 9\r\n\r\n', { ...keeps, status: 204 }],
  ['304', 'HTTP/1.1 304 Not Modified\r\n\r\n', { ...keeps, status: 304 }],
  ['100 before', `HTTP/1.1 100 Continue\r\nx: y\r\n\r\n${OK}content-length: 0\r\n\r\n`, keeps],
  ['102 twice before', `${'HTTP/1.1 102 Busy\r\n\r\n'.repeat(2)}${OK}content-length: 1\r\n\r\n!`, keeps],
  ['101', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n', malformed],
  ['no reason', 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', keeps],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', closes],
  ['HTTP/1.0 kept', 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n', keeps],
  ['close', `${OK}connection: x, Close\r\ncontent-length: 0\r\n\r\n`, closes],
  ['no close', `${OK}connection: closed\r\ncontent-length: 0\r\n\r\n`, keeps],
  ['a hint', `${OK}Keep-Alive: timeout=5, max=9\r\ncontent-length: 0\r\n\r\n`, { ...keeps, idleSeconds: 5 }],
  ['more than the answer', `${OK}content-length: 2\r\n\r\nhi${OK}`, closes],
  ['a body until the end', `${OK}\r\nhello`, more],
  [
    'an error',
    'HTTP/1.1 403 Forbidden\r\nX-Amzn-ErrorType:  ExpiredTokenException:http://x \r\ncontent-length: 0\r\n\r\n',
    { ...keeps, status: 403, errorType: 'ExpiredTokenException:http://x' },
  ],
  ['a folded header', `${OK}x: y\r\n z\r\ncontent-length: 0\r\n\r\n`, malformed],
  ['a space before the colon', `${OK}content-length : 0\r\n\r\n`, malformed],
  ['a header without a name', `${OK}: 0\r\n\r\n`, malformed],
  ['NUL in a header', `${OK}x: \0\r\n\r\n`, malformed],
  ['LF alone', 'HTTP/1.1 200 OK\ncontent-length: 0\n\nx\r\n\r\n', malformed],
  ['CR alone in a header', `${OK}x: a\rb\r\n\r\n`, malformed],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', malformed],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n', malformed],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', malformed],
  ['an empty line before', `\r\n${OK}content-length: 0\r\n\r\n`, malformed],
  ['something else', '220 mail.example.com ESMTP\r\n', malformed],
  ['too long a body', `${OK}content-length: ${MAX_ANSWER_BYTES + 1}\r\n\r\n`, tooLarge],
  ['too long a chunk', `${CHUNKED}ffffffffffffffff\r\n`, tooLarge],
];

describe('an answer comes to the same however it is cut', () => {
  test.each(CORPUS)('%s: whole, byte by byte and in two at every place', (_, text, result) => {
    const all = bytes(text);
    expect(read([all])).toEqual(result);
    expect(read([...all].map((byte) => Buffer.of(byte)))).toEqual(result);
    for (let at = 0; at <= all.length; at += 1) {
      expect(read([all.subarray(0, at), all.subarray(at)])).toEqual(result);
    }
  });

  test('any answer of the corpus, cut anywhere any number of times', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CORPUS), fc.array(fc.nat(300), { maxLength: 12 }), ([, text], cuts) => {
        const all = bytes(text);
        const places = [0, ...cuts.filter((cut) => cut < all.length).toSorted((a, b) => a - b), all.length];
        const pieces = places.slice(1).map((end, n) => all.subarray(places[n], end));
        expect(read(pieces)).toEqual(read([all]));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the end of the connection', () => {
  test.each([
    ['a body without a length ends there, and nothing is kept', `${OK}\r\nhello`, closes],
    ['so does one in a coding that is not chunks', `${OK}transfer-encoding: gzip\r\n\r\nhello`, closes],
    ['before anything came it breaks off', '', more],
    ['within the headers it breaks off', `${OK}content-le`, more],
    ['within a body with a length it breaks off', `${OK}content-length: 9\r\n\r\nhello`, more],
    ['within chunks it breaks off', `${CHUNKED}5\r\nhello\r\n`, more],
  ] as const)('%s', (_, text, result) => {
    expect(read([bytes(text)], true)).toEqual(result);
    expect(
      read(
        [...bytes(text)].map((byte) => Buffer.of(byte)),
        true,
      ),
    ).toEqual(result);
  });
});

describe('bounds', () => {
  const line = `x: ${'y'.repeat(1_000)}\r\n`;
  test.each([
    ['headers', `${OK}${line.repeat(17)}\r\n`],
    ['a header that never ends', `${OK}x: ${'y'.repeat(20_000)}`],
    ['answers in between', `HTTP/1.1 100 Continue\r\n${line}\r\n`.repeat(20)],
  ])('%s of more than 16 KB are malformed, however they are cut', (_, text) => {
    const all = bytes(text);
    expect(read([all])).toEqual(malformed);
    const pieces = Array.from({ length: Math.ceil(all.length / 700) }, (_unused, n) =>
      all.subarray(n * 700, (n + 1) * 700),
    );
    expect(read(pieces)).toEqual(malformed);
  });

  test.each([
    ['until the end', `${OK}\r\n`, 'x'.repeat(MAX_ANSWER_BYTES + 1)],
    ['in chunks', CHUNKED, '1\r\nx\r\n'.repeat(MAX_ANSWER_BYTES / 6 + 1)],
    ['of extensions', CHUNKED, `1;${'x'.repeat(MAX_ANSWER_BYTES)}`],
  ])('a body %s is cut off beyond 64 KB', (_, head, body) => {
    expect(read([bytes(head + body)])).toEqual(tooLarge);
    expect(
      read([
        bytes(head),
        ...(
          bytes(body)
            .toString('latin1')
            .match(/[\s\S]{1,999}/g) ?? []
        ).map(bytes),
      ]),
    ).toEqual(tooLarge);
  });
});

test('whatever comes is an answer, an error of ours, or not whole yet', () => {
  const noise = fc.array(
    fc.oneof(
      fc.constantFrom(
        OK,
        CHUNKED,
        '\r\n',
        '\r\n\r\n',
        'content-length: 3\r\n',
        'HTTP/1.1 ',
        '0\r\n\r\n',
        ':',
        '\n',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 8 }),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(fc.boolean(), noise, (begins, parts) => {
      const result = read([bytes((begins ? OK : '') + parts.join(''))]);
      if (result.error) expect(['MalformedAnswerError', 'AnswerTooLargeError']).toContain(result.error);
      if (result.status) expect(result.status).toBeGreaterThanOrEqual(200);
    }),
    { numRuns: 3_000 },
  );
});
