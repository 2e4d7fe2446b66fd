import { GraphQLError } from 'graphql';
import type { WireError } from '../../protocol/messages.ts';
import type { HttpResponse } from './exchange.ts';

/** AppSync's names for what goes wrong before an operation runs. */
export type RequestErrorType =
  | 'UnauthorizedException'
  | 'MalformedHttpRequestException'
  | 'UnsupportedOperation'
  | 'ServiceUnavailableException'
  | 'InternalFailure';

/** Carries an error that is in AppSync's shape already through `graphql-http`, which knows an error by its class. */
export class CarriedError extends GraphQLError {
  readonly wire: WireError;

  constructor(wire: WireError) {
    super(wire.message);
    this.wire = wire;
  }
}

/** What `graphql-http` is to print: JSON of it is the error as it goes out. */
export class PrintedError extends Error {
  readonly wire: WireError;

  constructor(wire: WireError) {
    super(wire.message);
    this.wire = wire;
  }

  toJSON(): WireError {
    return this.wire;
  }
}

/** A refusal of the whole request, in the shape AppSync gives it. */
export function problem(
  status: number,
  errorType: RequestErrorType,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'x-amzn-errortype': errorType,
    },
    body: JSON.stringify({ errors: [{ errorType, message }] }),
  };
}

const WITHOUT_BODY: ReadonlyMap<number, string> = new Map([
  [405, 'Method: expected GET or POST'],
  [406, 'Accept: expected application/graphql-response+json or application/json, in UTF-8'],
  [415, 'Content-Type: expected application/json, in UTF-8'],
]);

/** What `graphql-http` answers by its status alone, told in words as well. */
export function problemOfStatus(status: number, headers: Readonly<Record<string, string>>): HttpResponse {
  const message = WITHOUT_BODY.get(status) ?? `Request: refused with status ${status}`;
  return problem(status, 'MalformedHttpRequestException', message, headers);
}
