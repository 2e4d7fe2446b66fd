/** HTTP statuses @connections answers with, an emulator's 204 included, and the two ways it does not answer at all. */
export type ConnectionStatus =
  | 200
  | 204
  | 400
  | 403
  | 410
  | 413
  | 429
  | 500
  | 502
  | 503
  | 504
  | 'hang'
  | 'reset';

/** What the fake does with one post. */
export interface ConnectionReply {
  /** HTTP status, or `hang` (never answers) or `reset` (the TCP connection breaks). */
  readonly status: ConnectionStatus;
  /** Whether the client gets the frame. Default: with 2xx only. True with 5xx, `hang` or `reset` is the lost answer. */
  readonly delivered?: boolean;
  /** Whether an error carries its name (`x-amzn-ErrorType`) and a body. Default true; emulators send neither. */
  readonly named?: boolean;
  /** Milliseconds before anything happens, delivery included. Default 0. */
  readonly delayMs?: number;
  /** Text of the error's `message`. Default: the service's own. */
  readonly message?: string;
}

/**
 * Every outcome PostToConnection is known to have, by name.
 * @see https://docs.aws.amazon.com/apigatewaymanagementapi/latest/api/API_PostToConnection.html
 */
export const CONNECTION_OUTCOMES = {
  /** 200: handed to the gateway. */
  sent: { status: 200 },
  /** 204: what emulators answer. */
  sentNoContent: { status: 204 },
  /** 410 GoneException: closed, or never was. Also seen on live connections. */
  gone: { status: 410 },
  /** 410 with an empty body and no name, as serverless-offline answers. */
  goneNameless: { status: 410, named: false },
  /** 400: the connection id is malformed. The SDK has no class for it. */
  malformedId: { status: 400 },
  /** 403: no execute-api:ManageConnections, or the wrong endpoint. */
  forbidden: { status: 403 },
  /** 413: over 128 KB. */
  tooLarge: { status: 413 },
  /** 429: the account's request rate is used up. */
  throttled: { status: 429, message: 'Rate exceeded' },
  /** 429 as well, but of this one client: it does not read, and its buffer is full. */
  bufferFull: { status: 429, message: 'The WebSocket client side buffer is full' },
  internalError: { status: 500 },
  badGateway: { status: 502 },
  unavailable: { status: 503 },
  gatewayTimeout: { status: 504 },
  /** 500 although the client has got the frame. */
  errorAfterDelivery: { status: 500, delivered: true },
  /** Accepts the request and never answers. */
  hang: { status: 'hang' },
  hangAfterDelivery: { status: 'hang', delivered: true },
  /** The TCP connection is reset before an answer. */
  reset: { status: 'reset' },
  resetAfterDelivery: { status: 'reset', delivered: true },
} as const satisfies Readonly<Record<string, ConnectionReply>>;

export type ConnectionOutcomeName = keyof typeof CONNECTION_OUTCOMES;

/** A named outcome, or one put together by hand. */
export type ConnectionOutcome = ConnectionOutcomeName | ConnectionReply;

/** The named outcome's reply, or the given one. */
export function replyOf(outcome: ConnectionOutcome): ConnectionReply {
  return typeof outcome === 'string' ? CONNECTION_OUTCOMES[outcome] : outcome;
}

/** `outcome`, `delayMs` milliseconds late: a slow but healthy gateway by default. */
export function slow(delayMs: number, outcome: ConnectionOutcome = 'sent'): ConnectionReply {
  return { ...replyOf(outcome), delayMs };
}

/** True when the client gets the frame. */
export function delivers(reply: ConnectionReply): boolean {
  return reply.delivered ?? (reply.status === 200 || reply.status === 204);
}

const ERRORS: ReadonlyMap<ConnectionStatus, readonly [name: string, message: string | null]> = new Map([
  [400, ['BadRequestException', 'Invalid connectionId']],
  [403, ['ForbiddenException', 'Forbidden']],
  [410, ['GoneException', null]],
  [413, ['PayloadTooLargeException', 'Payload too large']],
  [429, ['LimitExceededException', 'Rate exceeded']],
  [500, ['InternalServerErrorException', 'Internal server error']],
  [502, ['BadGatewayException', 'Bad gateway']],
  [503, ['ServiceUnavailableException', 'Service unavailable']],
  [504, ['GatewayTimeoutException', 'Endpoint request timed out']],
]);

/** Name and message an error goes out with; `undefined` for successes and for nameless errors. */
export function errorOf(
  reply: ConnectionReply,
): { readonly name: string; readonly message: string | null } | undefined {
  const error = reply.named === false ? undefined : ERRORS.get(reply.status);
  return error && { name: error[0], message: reply.message ?? error[1] };
}
