/**
 * Every error Tablecast throws on purpose. `code` is stable and may be switched on; `message` says what was
 * expected and what came.
 */
export type ErrorCode =
  | 'SCHEMA_INVALID'
  | 'CONFIG_INVALID'
  | 'FILTER_INVALID'
  | 'DOCUMENT_INVALID'
  | 'REGISTRY_UNAVAILABLE'
  | 'TRANSPORT_UNAVAILABLE'
  | 'STREAM_UNUSABLE'
  | 'AUTHENTICATION_UNAVAILABLE'
  | 'TABLE_UNAVAILABLE'
  | 'PUBLISH_INVALID'
  | 'LOCAL_STACK'
  | 'WORKER_CUT'
  | 'REVOCATION_CUT';

/** Base of all deliberate errors. */
export class TablecastError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TablecastError';
    this.code = code;
  }
}

/** One place in a schema file, 1-based. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing wrong with a schema file. */
export interface SchemaProblem {
  readonly message: string;
  readonly place?: SourcePlace;
}

/**
 * The schema file cannot be used. `message` lists every problem, one a line, as `file:line:column message`,
 * so that a terminal makes each clickable.
 */
export class SchemaError extends TablecastError {
  readonly problems: readonly SchemaProblem[];

  constructor(problems: readonly SchemaProblem[]) {
    super('SCHEMA_INVALID', problems.map(problemText).join('\n'));
    this.name = 'SchemaError';
    this.problems = problems;
  }
}

function problemText({ message, place }: SchemaProblem): string {
  return place ? `${place.file}:${place.line}:${place.column} ${message}` : message;
}

/** `null`, `array` and `object` told apart, for the "what came" half of a message. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}
