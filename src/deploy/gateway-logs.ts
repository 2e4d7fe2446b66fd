import { invalid, objectAt, shown } from './setting-values.ts';

/** What serverless.yml says of the logs that API Gateway itself writes. */
export interface GatewayLogSettings {
  /** `provider.logs.websocket`. */
  readonly webSocketLogs?: unknown;
  /** `provider.logs.httpApi`. */
  readonly httpApiLogs?: unknown;
}

/**
 * Variables an access log may have, and groups of them. None holds a header, a query string, a frame or what an
 * authoriser found out: tokens travel in the first three, and claims are people's.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const LOGGABLE: ReadonlySet<string> = new Set([
  ...['accountId', 'apiId', 'awsEndpointRequestId', 'awsEndpointRequestId2', 'connectedAt', 'connectionId'],
  ...['dataProcessed', 'domainName', 'domainPrefix', 'eventType', 'extendedRequestId', 'httpMethod'],
  ...['integrationErrorMessage', 'integrationLatency', 'integrationStatus', 'messageDirection', 'messageId'],
  ...[
    'path',
    'protocol',
    'requestId',
    'requestTime',
    'requestTimeEpoch',
    'responseLatency',
    'responseLength',
  ],
  ...['routeKey', 'stage', 'status'],
  ...[
    'authorizer.error',
    'authorizer.integrationLatency',
    'authorizer.integrationStatus',
    'authorizer.latency',
  ],
  ...['authorizer.requestId', 'authorizer.status', 'authenticate.latency', 'authenticate.status'],
  ...['authorize.error', 'authorize.latency', 'authorize.status', 'authenticate.error'],
  ...[
    'identity.accountId',
    'identity.caller',
    'identity.principalOrgId',
    'identity.sourceIp',
    'identity.user',
  ],
  ...['identity.userAgent', 'identity.userArn'],
]);
const LOGGABLE_GROUPS = ['error.', 'integration.', 'waf.', 'customDomain.'];

/**
 * Refuses logs of API Gateway's own that would hold credentials or frames (C8).
 * @throws TablecastError `CONFIG_INVALID` that names the setting
 */
export function checkGatewayLogs({ webSocketLogs, httpApiLogs }: GatewayLogSettings): void {
  checkExecutionLogs('provider.logs.websocket', webSocketLogs);
  checkFormat('provider.logs.websocket', webSocketLogs);
  checkFormat('provider.logs.httpApi', httpApiLogs);
}

/** The framework takes what is left out for `true`. */
function checkExecutionLogs(at: string, logs: unknown): void {
  const given = logsGiven(at, logs);
  if (!given) return;
  const full = given.get('fullExecutionData');
  if (full === false || (given.get('executionLogging') === false && full !== true)) return;
  const came = full === undefined ? 'nothing, which the framework takes for true' : String(full);
  throw invalid(
    `${at}.fullExecutionData`,
    'false, for such logs hold every frame and header with the credentials in them',
    came,
  );
}

function checkFormat(at: string, logs: unknown): void {
  const format = logsGiven(at, logs)?.get('format');
  if (format === undefined || format === null) return;
  if (typeof format !== 'string') throw invalid(`${at}.format`, 'text', shown(format));
  // The `$` of another ends one too: no list of what else may stand between two is ever whole.
  for (const [variable] of format.matchAll(/\$[^\s"',;|)}\]$]*/g)) {
    if (isLoggable(variable)) continue;
    const expected =
      'variables that hold no header, query string, frame or claim, such as $context.requestId';
    throw invalid(`${at}.format`, expected, variable);
  }
}

function isLoggable(variable: string): boolean {
  if (!variable.startsWith('$context.')) return false;
  const name = variable.slice('$context.'.length);
  return LOGGABLE.has(name) || LOGGABLE_GROUPS.some((group) => name.startsWith(group));
}

/** What `provider.logs.websocket` or `.httpApi` says, nothing where it is `true`; undefined where nothing is logged. */
export function logsGiven(at: string, logs: unknown): ReadonlyMap<string, unknown> | undefined {
  if (logs === undefined || logs === null || logs === false) return undefined;
  return logs === true ? new Map() : objectAt(at, logs);
}
