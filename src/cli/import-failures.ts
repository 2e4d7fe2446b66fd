import { type DynamoDBClient, ListTablesCommand, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { TablecastError } from '../errors.ts';
import type { DynamoDBPlace } from './clients.ts';

/** Runs a request for which an IAM action is needed, and says in plain words why it failed. */
export type Failed = <T>(action: string, request: () => Promise<T>) => Promise<T>;

interface Request extends DynamoDBPlace {
  readonly table: string;
  readonly signal: AbortSignal;
}

/** Names told of tables that are there, when the one asked for is not. */
const MAX_TABLES_TOLD = 10;

/** Names the SDK and DynamoDB give to credentials that will not do. */
const BAD_CREDENTIALS: ReadonlySet<string> = new Set([
  'ExpiredTokenException',
  'ExpiredToken',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

const NO_CREDENTIALS: ReadonlySet<string> = new Set(['CredentialsProviderError', 'TokenProviderError']);

/**
 * Codes of the system for a place that cannot be reached, and the names of the SDK's own time-outs. Looked for in the
 * message as well: the SDK wraps what it does not know, and leaves the code behind.
 */
const UNREACHABLE =
  /\b(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|EPROTO|TimeoutError)\b/;

/** What becomes of DynamoDB's errors: each a TablecastError that says what to do. */
export function failures(client: DynamoDBClient, request: Request): Failed {
  return async (action, send) => {
    try {
      request.signal.throwIfAborted();
      return await send();
    } catch (cause) {
      // Broken off by the user: nothing failed.
      if (request.signal.aborted) throw cause;
      throw await explained(cause, action, client, request);
    }
  };
}

async function explained(
  cause: unknown,
  action: string,
  client: DynamoDBClient,
  request: Request,
): Promise<TablecastError> {
  const where = request.endpoint ?? `AWS, region ${request.region}`;
  const name = textOf(cause, 'name') ?? 'Error';
  const detail = textOf(cause, 'message') ?? name;
  const unreachable = UNREACHABLE.exec(`${textOf(cause, 'code')} ${name} ${detail}`)?.[0];
  if (cause instanceof ResourceNotFoundException) {
    const others = await tablesThere(client, request.signal);
    return invalid(`expected a table "${request.table}" in ${where}, found none${others}`, cause);
  }
  if (name === 'AccessDeniedException') {
    return invalid(
      `expected credentials that may ${action} on table ${request.table} in ${where}, and these may not; allow dynamodb:DescribeTable and dynamodb:Scan`,
      cause,
    );
  }
  if (NO_CREDENTIALS.has(name)) {
    return invalid(
      `expected AWS credentials, as the AWS command line would use, and found none (${detail}); log in or set AWS_PROFILE, or give --endpoint for DynamoDB Local`,
      cause,
    );
  }
  if (BAD_CREDENTIALS.has(name)) {
    return invalid(`expected credentials that ${where} accepts, and it refused them: ${name}`, cause);
  }
  if (unreachable !== undefined) {
    return new TablecastError(
      'TABLE_UNAVAILABLE',
      `expected a DynamoDB that answers at ${where}, got ${unreachable}`,
      {
        cause,
      },
    );
  }
  return new TablecastError(
    'TABLE_UNAVAILABLE',
    `${action} on table ${request.table} in ${where} failed: ${name}: ${detail}`,
    {
      cause,
    },
  );
}

/** Their names for the end of a message; nothing when they may not be listed. */
async function tablesThere(client: DynamoDBClient, signal: AbortSignal): Promise<string> {
  try {
    const { TableNames = [], LastEvaluatedTableName } = await client.send(
      new ListTablesCommand({ Limit: MAX_TABLES_TOLD }),
      { abortSignal: signal },
    );
    if (TableNames.length === 0) return '; there are no tables at all';
    return `; tables there: ${TableNames.join(', ')}${LastEvaluatedTableName === undefined ? '' : ', …'}`;
  } catch {
    // Often not permitted, and only a help.
    return '';
  }
}

/** Not by `instanceof Error`: an error may be of another realm. */
function textOf(error: unknown, name: string): string | undefined {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function invalid(message: string, cause: unknown): TablecastError {
  return new TablecastError('CONFIG_INVALID', message, { cause });
}
