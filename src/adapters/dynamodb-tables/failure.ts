import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { TablecastError } from '../../errors.ts';

/** The table's key is of another type, or another attribute, than the request's. */
const KEY_MISMATCH =
  /does not match (the )?schema|type mismatch for key|missing the key|required keys was not given/i;

/** Refusals that are the item's fault, and what may be told of them: DynamoDB's own texts may repeat values. */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/item size|maximum allowed size/i, 'expected an item of at most 400 KB, got a larger one'],
  [/nesting levels/i, 'expected at most 32 levels of nesting, got more'],
  [/index key|secondary index/i, 'expected values that the indexes of the table take as keys, got another'],
  [
    /empty (string|binary)? ?value|cannot be empty/i,
    'expected key values that are not empty, got an empty one',
  ],
];

/** True for the refusal of a request whose key is not of the table's type: nothing was read or written. */
export function isKeyMismatch(error: unknown): boolean {
  return isValidation(error) && KEY_MISMATCH.test(error.message);
}

/** Why DynamoDB would not store an item, in words without values; `undefined` when that was not the trouble. */
export function refusalOf(error: unknown): string | undefined {
  if (
    error instanceof DynamoDBServiceException &&
    error.name === 'ItemCollectionSizeLimitExceededException'
  ) {
    return 'expected at most 10 GB of items with one partition key, got more';
  }
  if (!isValidation(error)) return undefined;
  return REFUSALS.find(([pattern]) => pattern.test(error.message))?.[1];
}

/** What the API rejects with. A ValidationException is no cause to pass on: its text may repeat values. */
export function unavailable(table: string, operation: string, error: unknown): TablecastError {
  const came = isKeyMismatch(error)
    ? 'ValidationException: its key is not the one the schema names by @table(key:)'
    : error instanceof Error
      ? error.name
      : typeof error;
  const message = `Table ${table}: expected ${operation} to succeed, got ${came}`;
  return new TablecastError('TABLE_UNAVAILABLE', message, isValidation(error) ? undefined : { cause: error });
}

function isValidation(error: unknown): error is DynamoDBServiceException {
  return error instanceof DynamoDBServiceException && error.name === 'ValidationException';
}
