/**
 * Limits on what a client may send that are no settings. All sizes are bytes of UTF-8. The frames that are sent to
 * clients have a limit of their own, `RelaySettings.maxFrameBytes`.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
export const LIMITS = {
  /** Nodes a document may have once its fragments are inlined. */
  documentNodes: 4_000,
  /**
   * Fields with selections in the text of a document: validation holds those of one name against each other, pair by pair,
   * and what they select as well.
   */
  documentObjects: 100,
  /** The selection as it is stored, fragments inlined: well under the 400 KB an item may have. */
  storedDocumentBytes: 64 * 1024,
  /** The decoded credential object that AppSync's clients send with the upgrade. */
  credentialHeaderBytes: 8 * 1024,
  /** Client id of an operation, and id of a document in a list of allowed ones. */
  clientIdBytes: 256,
} as const;

/** Limits on what clients may send that an operator may set; `DEFAULT_LIMITS` has every default, docs/limits.md every name. */
export interface Limits {
  /** Largest frame of a client, bytes of UTF-8. Default 32 KB, which is all API Gateway lets through in one frame. */
  readonly frameBytes: number;
  /** Nesting of the JSON of a frame, of an HTTP body and of a credential. Default 32. */
  readonly jsonDepth: number;
  /** Largest document, bytes of UTF-8. Default 16 KB. */
  readonly documentBytes: number;
  /** Lexical tokens of a document. Default 1,000. */
  readonly documentTokens: number;
  /** How deep selections may nest, fragments inlined, the root field being 1. Default 8; introspection is not counted. */
  readonly documentDepth: number;
  /** Aliases in one operation, fragments inlined. Default 15. */
  readonly aliases: number;
  /** Directives in one operation, fragments inlined. Default 20. */
  readonly directives: number;
  /** Variables of one operation as JSON, bytes of UTF-8. Default 128 KB, as for an HTTP body. */
  readonly variableBytes: number;
  /** Conditions of one filter, arguments included. Default 100. */
  readonly filterConditions: number;
  /** How deep `and`, `or` and `not` may nest. Default 10. */
  readonly filterDepth: number;
  /** Values one `in` may list. Default 100, which is DynamoDB's own limit. */
  readonly inValues: number;
  /** Whether `__schema` and `__type` are answered. Default: locally they are, on AWS they are not. */
  readonly introspection: boolean;
  /** Live subscriptions of one connection. Default 100, as AppSync has it. */
  readonly subscriptionsPerConnection: number;
  /** Live subscriptions of one identity on all its connections; API keys, which many share, are not counted. Default 1,000. */
  readonly subscriptionsPerIdentity: number;
  /**
   * Frames one connection may send in a minute, as each process of the function sees them. Default 300: a client that
   * subscribes anew to 100 things at once stays well within.
   */
  readonly framesPerMinute: number;
  /** How long a connection may stay without an accepted `connection_init`, seconds. Default 60. */
  readonly initSeconds: number;
  /** Longest life of a connection, seconds. Default 7,200, API Gateway's own. */
  readonly connectionSeconds: number;
}

export const DEFAULT_LIMITS: Limits = {
  frameBytes: 32 * 1024,
  jsonDepth: 32,
  documentBytes: 16 * 1024,
  documentTokens: 1_000,
  documentDepth: 8,
  aliases: 15,
  directives: 20,
  variableBytes: 128 * 1024,
  filterConditions: 100,
  filterDepth: 10,
  inValues: 100,
  introspection: true,
  subscriptionsPerConnection: 100,
  subscriptionsPerIdentity: 1_000,
  framesPerMinute: 300,
  initSeconds: 60,
  connectionSeconds: 7_200,
};

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
