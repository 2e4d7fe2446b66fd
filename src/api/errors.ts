import { GraphQLError } from 'graphql';

/** Errors of the API that a client is told, by AppSync's names where it has one. */
export type ApiErrorType =
  | 'DynamoDB:ConditionalCheckFailedException'
  | 'DynamoDB:Unavailable'
  | 'BadRequestException'
  | 'ExecutionTimeout'
  | 'Unauthorized'
  | 'InternalFailure';

/** An argument or input that cannot be used; the message says what was expected and what came, never a value. */
export function badInput(message: string): GraphQLError {
  return apiError('BadRequestException', 'BAD_USER_INPUT', message);
}

/** What AppSync answers when the condition of a write does not hold. */
export function conditionFailed(expected: 'an item' | 'no item'): GraphQLError {
  const found = expected === 'an item' ? 'none' : 'one';
  return apiError(
    'DynamoDB:ConditionalCheckFailedException',
    'CONDITION_FAILED',
    `The conditional request failed (expected ${expected} with this key, found ${found})`,
  );
}

/** What AppSync answers whom no rule lets do this at all: nothing was read or written. */
export function unauthorized(field: string, type: string): GraphQLError {
  return forbidden(`Not Authorized to access ${field} on type ${type}`);
}

/** A rule stands against part of an operation; the message names fields and types, never a value. */
export function forbidden(message: string): GraphQLError {
  return apiError('Unauthorized', 'FORBIDDEN', message);
}

/** An error that a client is told as it is, with AppSync's `errorType` and our own stable `code`. */
export function apiError(errorType: ApiErrorType, code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, errorType } });
}
