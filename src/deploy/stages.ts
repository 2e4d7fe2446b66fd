import { logsGiven } from './gateway-logs.ts';
import { type Intrinsic, type Resource, type Resources, ref, type Text } from './intrinsics.ts';
import type { ThrottlingSettings } from './limits-settings.ts';
import { HTTP_API_ID, WEBSOCKET_API_ID } from './roles.ts';

/**
 * The path of a WebSocket API is its stage, so a client that insists on a path needs a stage of that name: gql calls
 * `/graphql`, Amplify and aws-appsync-subscription-link `/realtime`.
 */
const CLIENT_STAGES: readonly (readonly [name: string, logicalId: string])[] = [
  ['graphql', 'TablecastGraphqlStage'],
  ['realtime', 'TablecastRealtimeStage'],
];

/** Logical ids of osls. */
const MAIN_STAGE_ID = 'WebsocketsDeploymentStage';
const HTTP_STAGE_ID = 'HttpApiStage';
const LOG_GROUP_ID = 'WebsocketsLogGroup';

/** What osls writes when `format` is left out. It holds no header, no query string and no frame. */
const DEFAULT_FORMAT = [
  '$context.identity.sourceIp',
  '$context.identity.caller',
  '$context.identity.user',
  '[$context.requestTime]',
  '"$context.eventType $context.routeKey $context.connectionId"',
  '$context.requestId',
].join(' ');

/** Every stage of the WebSocket API, the deployment's own first. */
export function stageNames(stage: string): readonly string[] {
  return [stage, ...CLIENT_STAGES.map(([name]) => name).filter((name) => name !== stage)];
}

/**
 * The stages beside the deployment's own, with the same logs. They deploy themselves when the API changes, as its own
 * stage is deployed by osls and no other is.
 * @param logs `provider.logs.websocket` of serverless.yml
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-stage.html
 */
export function clientStages(stage: string, logs: unknown, throttling: ThrottlingSettings): Resources {
  const settings = {
    ...accessLogsOf(logs),
    DefaultRouteSettings: { ...executionLogsOf(logs), ...routeThrottling(throttling) },
  };
  // One after another, and after the API's routes: an API without a route cannot be deployed, and two deployments of
  // one API at a time meet a ConflictException.
  let after = MAIN_STAGE_ID;
  const stages = CLIENT_STAGES.filter(([name]) => name !== stage).map(([name, logicalId]) => {
    const resource: Resource = {
      Type: 'AWS::ApiGatewayV2::Stage',
      DependsOn: [after],
      Properties: { ApiId: ref(WEBSOCKET_API_ID), StageName: name, AutoDeploy: true, ...settings },
    };
    after = logicalId;
    return [logicalId, resource] as const;
  });
  return Object.fromEntries(stages);
}

/** What of a resource that osls makes is set beside what it sets. @see https://github.com/oss-serverless/serverless */
export interface Extension {
  readonly Properties: Readonly<Record<string, unknown>>;
}

/**
 * Throttling of the stages that osls makes: the WebSocket API's own, and the HTTP API's unless that is of another stack.
 * An extension replaces a whole property, so that what osls sets beside it is set again: the logs, save that frames are
 * never logged (C8), and the metrics of the HTTP API.
 * @param httpApi `provider.httpApi` of serverless.yml
 */
export function stageExtensions(
  logs: unknown,
  throttling: ThrottlingSettings,
  httpApi: { readonly isOwn: boolean; readonly metrics: boolean },
): Readonly<Record<string, Extension>> {
  const limits = routeThrottling(throttling);
  return {
    [MAIN_STAGE_ID]: { Properties: { DefaultRouteSettings: { ...executionLogsOf(logs), ...limits } } },
    ...(httpApi.isOwn && {
      [HTTP_STAGE_ID]: {
        Properties: { DefaultRouteSettings: { DetailedMetricsEnabled: httpApi.metrics, ...limits } },
      },
    }),
  };
}

/** Of each route by itself: `$connect`, `$default`, `$disconnect`; what is sent to clients is not counted here. */
function routeThrottling({ rate, burst }: ThrottlingSettings): Readonly<Record<string, number>> {
  return { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst };
}

/** As osls sets it for the main stage, save that frames are never logged (C8). */
function executionLogsOf(logs: unknown): Readonly<Record<string, unknown>> {
  const given = logsGiven('provider.logs.websocket', logs);
  if (!given) return {};
  const level = given.get('executionLogging') === false ? 'OFF' : (given.get('level') ?? 'INFO');
  return { DataTraceEnabled: false, LoggingLevel: level };
}

function accessLogsOf(logs: unknown): Readonly<Record<string, unknown>> {
  const given = logsGiven('provider.logs.websocket', logs);
  if (!given || given.get('accessLogging') === false) return {};
  return {
    AccessLogSettings: {
      DestinationArn: {
        'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:\${${LOG_GROUP_ID}}`,
      },
      Format: given.get('format') ?? DEFAULT_FORMAT,
    },
  };
}

/** One entry of a template's `Outputs`. */
export interface Output {
  readonly Description: string;
  readonly Value: Intrinsic;
}

/**
 * Where clients connect.
 * @param httpApi id of an HTTP API that is not of this stack (`provider.httpApi.id`)
 */
export function endpointOutputs(stage: string, httpApi?: Text): Readonly<Record<string, Output>> {
  const host = (api: string) => `${api}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}`;
  const webSocket = host(`\${${WEBSOCKET_API_ID}}`);
  const output = (Description: string, url: string) => ({ Description, Value: { 'Fn::Sub': url } });
  return {
    // The HTTP API of another stack may be named by an expression, which a text cannot hold.
    ...((httpApi === undefined || typeof httpApi === 'string') && {
      TablecastGraphqlUrl: output(
        'GraphQL over HTTP',
        `https://${host(httpApi ?? `\${${HTTP_API_ID}}`)}/graphql`,
      ),
    }),
    TablecastWebSocketUrl: output('GraphQL over WebSocket', `wss://${webSocket}/${stage}`),
    TablecastGqlUrl: output('Endpoint for gql AppSyncWebsocketsTransport', `https://${webSocket}/graphql`),
    TablecastAppSyncUrl: output(
      'Endpoint for the subscriptions of Amplify and aws-appsync-subscription-link, which add /realtime',
      `https://${webSocket}`,
    ),
  };
}
