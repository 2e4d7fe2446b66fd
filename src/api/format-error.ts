import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { TablecastError } from '../errors.ts';
import type { ReasonCode, WireError } from '../protocol/messages.ts';

/** The one error of its own that graphql-js throws while it executes as no GraphQLError. */
const NULL_IN_NON_NULL = /^Cannot return null for non-nullable field \w+\.\w+\.$/;

/** What graphql-js says of a result that its field's type cannot have; the result itself follows. */
const MISFIT_RESULT = /^((?:\w+|Enum "\w+") cannot represent [^:]*): /;

const SYNTAX_ERROR = 'Syntax Error: ';

export interface ErrorFormatterOptions {
  readonly logger: Logger;
  /** Id of a fault of ours, told to the client and written to the log. */
  readonly uuid?: () => string;
}

/**
 * Errors as AppSync gives them: of a field `path`, `data`, `errorType`, `errorInfo`, `locations` (with `sourceName`) and
 * `message`; of a refused operation `locations` and `message`. Beside it `extensions.code`. What a GraphQLError says is
 * told, whoever threw it; any other error is a fault of ours, logged under an id that is all the client gets.
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/troubleshooting-and-common-mistakes.html
 */
export function createErrorFormatter({
  logger,
  uuid = randomUUID,
}: ErrorFormatterOptions): (error: GraphQLError) => WireError {
  /** An error may be formatted more than once, and is logged once. */
  const ids = new WeakMap<Error, string>();

  const idOf = (fault: Error): string => {
    const known = ids.get(fault);
    if (known !== undefined) return known;
    const id = uuid();
    ids.set(fault, id);
    logger.error({ event: 'operation.failed', errorId: id, err: fault }, 'an operation failed');
    return id;
  };

  const internal = (error: GraphQLError, fault: Error): WireError => {
    const id = idOf(fault);
    if (fault instanceof TablecastError && fault.code === 'TABLE_UNAVAILABLE') {
      return fieldError(error, 'DynamoDB:Unavailable', {
        message: `The table could not be read or written; try again (error ${id})`,
        extensions: { code: 'TABLE_UNAVAILABLE', errorId: id },
      });
    }
    return fieldError(error, 'InternalFailure', {
      message: `Internal error (error ${id})`,
      extensions: { code: 'INTERNAL_SERVER_ERROR' satisfies ReasonCode, errorId: id },
    });
  };

  return (error) => {
    const fault = faultOf(error);
    if (fault) return internal(error, fault);
    const { errorType, ...extensions } = error.extensions;
    if (!error.path && typeof errorType !== 'string') return refusal(error);
    return fieldError(error, typeof errorType === 'string' ? errorType : undefined, {
      message: withoutResult(error),
      extensions,
    });
  };
}

/** Errors of a document or its variables: nothing was run. */
export function refusal(error: GraphQLError, code?: ReasonCode): WireError {
  const usual: ReasonCode = error.message.startsWith(SYNTAX_ERROR)
    ? 'GRAPHQL_PARSE_FAILED'
    : 'GRAPHQL_VALIDATION_FAILED';
  return {
    ...locationsOf(error),
    message: error.message,
    extensions: { code: code ?? usual, ...error.extensions },
  };
}

function fieldError(
  error: GraphQLError,
  errorType: string | undefined,
  {
    message,
    extensions,
  }: { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> },
): WireError {
  return {
    ...(error.path && { path: error.path }),
    data: null,
    ...(errorType !== undefined && { errorType }),
    errorInfo: null,
    ...locationsOf(error),
    message,
    ...(Object.keys(extensions).length > 0 && { extensions }),
  };
}

function locationsOf({ locations }: GraphQLError): Pick<WireError, 'locations'> {
  if (!locations) return {};
  return { locations: locations.map(({ line, column }) => ({ line, column, sourceName: null })) };
}

/** A resolver's result that fits no field was not asked for by anybody, and is not told. */
function withoutResult({ path, message }: GraphQLError): string {
  return (path && MISFIT_RESULT.exec(message)?.[1]) ?? message;
}

/** What somebody threw that is not meant for clients; graphql-js has wrapped it. */
function faultOf({ originalError, message }: GraphQLError): Error | undefined {
  if (!originalError || originalError instanceof GraphQLError) return undefined;
  const isOwn = originalError.constructor === Error && NULL_IN_NON_NULL.test(message);
  return isOwn ? undefined : originalError;
}
