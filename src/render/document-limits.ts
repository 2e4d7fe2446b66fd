import { byteLength, LIMITS } from '../protocol/limits.ts';
import type { ReasonCode } from '../protocol/messages.ts';

/**
 * Reads the text of a document that a client sent, within what any document may be: its bytes, and a nesting that
 * graphql-js does not overflow the stack on, which the limit of tokens alone allows.
 * @param refuse makes the result of a reason and its words
 */
export function withinLimits<T>(
  text: string,
  read: () => T,
  refuse: (code: ReasonCode, message: string) => T,
): T {
  const bytes = byteLength(text);
  if (bytes > LIMITS.documentBytes) {
    return refuse(
      'DOCUMENT_TOO_LARGE',
      `Document: expected at most ${LIMITS.documentBytes} bytes, got ${bytes}`,
    );
  }
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return refuse('BAD_REQUEST', 'Document: expected less nesting');
    throw error;
  }
}
