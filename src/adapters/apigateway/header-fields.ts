const NAME = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const TEXT = '[\\t\\x20-\\x7e\\x80-\\xff]*';

/** One line of headers or trailers with its end; no folded one. @see https://www.rfc-editor.org/rfc/rfc9110#section-5 */
export const FIELD_LINE = new RegExp(`^${NAME}:${TEXT}\\r\\n$`);

/** Everything before the empty line that ends an answer's headers. */
export const ANSWER_HEAD = new RegExp(
  `^HTTP/1\\.[01] [1-9]\\d\\d(?: ${TEXT})?\\r\\n(?:${NAME}:${TEXT}\\r\\n)*$`,
);

/** What a header may be called, and what it may hold: nothing that could end it and begin another. */
export const FIELD_NAME = new RegExp(`^${NAME}$`);
export const FIELD_TEXT = new RegExp(`^${TEXT}$`);

/** What an answer says of itself that decides how it is read, and what becomes of its socket. */
export interface AnswerHead {
  readonly status: number;
  /** `x-amzn-errortype`. */
  readonly errorType: string | undefined;
  /** Of `content-length`. */
  readonly length: number | undefined;
  /** True when `chunked` is the last of `transfer-encoding`, false for any others, `undefined` without the header. */
  readonly chunked: boolean | undefined;
  /** False of a connection that is closed after the answer. */
  readonly keeps: boolean;
  /** Of `keep-alive: timeout=SECONDS`. */
  readonly idleSeconds: number | undefined;
}

/**
 * @param head of {@link ANSWER_HEAD}
 * @returns `undefined` where it contradicts itself: lengths that differ or are none
 */
export function readHead(head: string): AnswerHead | undefined {
  let errorType: string | undefined;
  let lengths: string | undefined;
  let codings: string | undefined;
  let connection = '';
  let idle: string | undefined;
  let at = head.indexOf('\r\n') + 2;
  while (at < head.length) {
    const end = head.indexOf('\r\n', at);
    const colon = head.indexOf(':', at);
    // Their lengths tell most of those that mean nothing here from those that do.
    switch (colon - at) {
      case 10: {
        const name = head.slice(at, colon).toLowerCase();
        if (name === 'connection') connection += `,${head.slice(colon + 1, end)}`;
        else if (name === 'keep-alive') idle = /timeout=(\d{1,6})/i.exec(head.slice(colon + 1, end))?.[1];
        break;
      }
      case 14:
        if (head.slice(at, colon).toLowerCase() === 'content-length')
          lengths = joined(lengths, head.slice(colon + 1, end));
        break;
      case 16:
        if (head.slice(at, colon).toLowerCase() === 'x-amzn-errortype')
          errorType = head.slice(colon + 1, end).trim();
        break;
      case 17:
        if (head.slice(at, colon).toLowerCase() === 'transfer-encoding')
          codings = joined(codings, head.slice(colon + 1, end));
        break;
    }
    at = end + 2;
  }
  const length = lengths === undefined ? undefined : lengthOf(lengths);
  if (length === INVALID) return undefined;
  const isOld = head.charCodeAt(7) === ZERO;
  return {
    status: Number(head.slice(9, 12)),
    errorType,
    length,
    chunked: codings === undefined ? undefined : /(?:^|,)[ \t]*chunked[ \t]*$/i.test(codings),
    keeps: connection === '' ? !isOld : keeps(connection, isOld),
    idleSeconds: idle === undefined ? undefined : Number(idle),
  };
}

const ZERO = 0x30;
const INVALID = -1;
const DIGITS = /^\d{1,15}$/;

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before},${value}`;
}

/** Lengths that are repeated must be equal. @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */
function lengthOf(values: string): number {
  const only = values.trim();
  if (DIGITS.test(only)) return Number(only);
  const [first = '', ...others] = values.split(',').map((value) => value.trim());
  if (!DIGITS.test(first) || others.some((other) => other !== first)) return INVALID;
  return Number(first);
}

function keeps(connection: string, isOld: boolean): boolean {
  if (/,[ \t]*close[ \t]*(?:,|$)/i.test(connection)) return false;
  return !isOld || /,[ \t]*keep-alive[ \t]*(?:,|$)/i.test(connection);
}
