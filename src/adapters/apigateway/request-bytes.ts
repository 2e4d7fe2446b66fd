import { FIELD_NAME, FIELD_TEXT } from './header-fields.ts';
import type { WireRequest } from './sender.ts';

/** What may stand in a request line: a space would end the path. */
const PATH = /^\/[\x21-\x7e]*$/;

/** The text of headers that many requests have in common, by the list they come in. */
const texts = new WeakMap<readonly string[], string>();

/**
 * A request as it goes over the wire, headers and body in one piece: one write, and with TLS one record where it is small.
 * @throws TypeError for a path, a name or a value that could not be told from what surrounds it; nothing of it is repeated
 */
export function requestBytes({
  method,
  path,
  headers,
  body,
}: Pick<WireRequest, 'method' | 'path' | 'headers' | 'body'>): Buffer {
  if (!PATH.test(path)) throw new TypeError('Path: expected visible ASCII characters alone, got others');
  let shared = texts.get(headers.shared);
  if (shared === undefined) {
    shared = textOf(headers.shared);
    texts.set(headers.shared, shared);
  }
  const head = `${method} ${path} HTTP/1.1\r\n${shared}${textOf(headers.own)}\r\n`;
  // As latin1 each character is one byte.
  const bytes = Buffer.allocUnsafe(head.length + (body ? body.length : 0));
  bytes.write(head, 'latin1');
  if (body) bytes.set(body, head.length);
  return bytes;
}

function textOf(headers: readonly string[]): string {
  let text = '';
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (!FIELD_NAME.test(name)) throw new TypeError('Header: expected a name, got other characters');
    if (!FIELD_TEXT.test(value))
      throw new TypeError(`Header ${name}: expected text without control characters, got some`);
    text += `${name}: ${value}\r\n`;
  }
  return text;
}
