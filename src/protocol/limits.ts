/**
 * Limits on what a client may send, and what happens beyond each. All sizes are bytes of UTF-8.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
export const LIMITS = {
  /** Largest document; longer ones are refused with `DOCUMENT_TOO_LARGE`. */
  documentBytes: 16 * 1024,
  /** Lexical tokens in a document: what bounds the cost of parsing and validating it. */
  documentTokens: 1_000,
  /** Nodes a document may have once its fragments are inlined. */
  documentNodes: 4_000,
  /** The selection as it is stored, fragments inlined: well under the 400 KB an item may have. */
  storedDocumentBytes: 64 * 1024,
  /** Nesting of the JSON of a frame; recursion over deeper values overflows the stack. */
  jsonDepth: 32,
  /** The decoded credential object that AppSync's clients send with the upgrade. */
  credentialHeaderBytes: 8 * 1024,
  /** Client id of an operation. */
  clientIdBytes: 256,
  /** Message size API Gateway accepts from @connections. */
  frameBytes: 128 * 1024,
} as const;

/** Bytes of UTF-8 in a text. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** True when `value` nests deeper than `limit` arrays and objects. Iterative: the point is not to recurse. */
export function nestsDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((entry) =>
      typeof entry === 'object' && entry !== null ? Object.values(entry).filter(isNested) : [],
    );
  }
  return false;
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
