import { TablecastError } from '../errors.ts';

/** An error as a log line has it. */
export interface ErrorFields {
  /** Name of its class, such as `TypeError` or `ThrottlingException`. */
  readonly type: string;
  /** `TablecastError.code`, Node's (`ECONNRESET`) or GraphQL's (`BAD_USER_INPUT`). */
  readonly code?: string;
  readonly message?: string;
  /** HTTP status and request id of an AWS answer. */
  readonly status?: number;
  readonly requestId?: string;
  /** Where it was thrown, innermost first, at most ten frames; without the message that V8 puts before them. */
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

/**
 * Errors of AWS whose messages are made of the call: names of resources, permissions and shards. All others keep theirs
 * to themselves: a ValidationException repeats the item, an InvalidSignatureException the headers, and a SyntaxError of
 * JSON.parse the text.
 */
const TELLING_MESSAGES: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ExpiredIteratorException',
  'ExpiredTokenException',
  'InternalServerError',
  'ItemCollectionSizeLimitExceededException',
  'KMSAccessDeniedException',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'QueueDoesNotExist',
  'RequestLimitExceeded',
  'ResourceNotFoundException',
  'ServiceUnavailable',
  'ThrottlingException',
  'TrimmedDataAccessException',
  'UnrecognizedClientException',
]);

/** Of a `SchemaError` it is one line a problem. */
const MAX_OWN_MESSAGE = 4_000;
const MAX_FOREIGN_MESSAGE = 500;
const MAX_FRAMES = 10;
const MAX_CAUSES = 3;

const CLASS_NAME = /^[A-Za-z_$][\w$.]{0,63}$/;
const CODE = /^[A-Z][\w:-]{1,63}$/;
const REQUEST_ID = /^[\w=+/-]{1,128}$/;
/** `    at deliver (file:///var/task/stream.mjs:12:34)`, and nothing that could be words of somebody's. */
const FRAME = /^ {4}at (?:async )?(?:(?:new )?[\w.$<>[\]# ]{1,120} \()?[\w@./\\:%+~-]{1,300}:\d+:\d+\)?$/;

/**
 * What a log line may say of an error (C8). Messages of `TablecastError` name what was expected and never a value; those
 * of other errors are left out but for the ones AWS makes of the call alone. Nothing a library hung on an error is
 * written: SDK errors carry requests, and requests carry items.
 * @param messages writes other errors' messages too, whatever they hold: for local use
 */
export function errorFields(value: unknown, messages = false): ErrorFields {
  return described(value, messages, MAX_CAUSES);
}

function described(error: unknown, messages: boolean, causes: number): ErrorFields {
  if (!(error instanceof Error)) return { type: 'not an Error' };
  const type = CLASS_NAME.test(error.name) ? error.name : 'Error';
  const code = codeOf(error);
  const message = messageOf(error, type, messages);
  const { status, requestId } = answerOf(error);
  const stack = framesOf(error);
  const cause = error.cause ?? property(error, 'originalError');
  return {
    type,
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(stack !== undefined && { stack }),
    ...(cause instanceof Error && causes > 0 && { cause: described(cause, messages, causes - 1) }),
  };
}

function messageOf(error: Error, type: string, messages: boolean): string | undefined {
  const text = error.message;
  if (typeof text !== 'string' || text === '') return undefined;
  if (error instanceof TablecastError || messages) return text.slice(0, MAX_OWN_MESSAGE);
  const isOfAws = property(error, '$fault') !== undefined && TELLING_MESSAGES.has(type);
  return isOfAws ? text.slice(0, MAX_FOREIGN_MESSAGE) : undefined;
}

function codeOf(error: Error): string | undefined {
  const code = property(error, 'code') ?? property(property(error, 'extensions'), 'code');
  return typeof code === 'string' && CODE.test(code) ? code : undefined;
}

/** @see https://github.com/smithy-lang/smithy-typescript `ResponseMetadata` */
function answerOf(error: Error): Pick<ErrorFields, 'status' | 'requestId'> {
  const metadata = property(error, '$metadata');
  const status = property(metadata, 'httpStatusCode');
  const requestId = property(metadata, 'requestId');
  return {
    ...(typeof status === 'number' && { status }),
    ...(typeof requestId === 'string' && REQUEST_ID.test(requestId) && { requestId }),
  };
}

/** The frames alone: the message stands before them, and may have lines that look like one. */
function framesOf({ message, stack }: Error): string | undefined {
  if (typeof stack !== 'string') return undefined;
  const at = typeof message === 'string' ? stack.indexOf(message) : -1;
  const frames = stack
    .slice(at < 0 ? 0 : at + message.length)
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, MAX_FRAMES);
  return frames.length > 0 ? frames.join('\n') : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
