import { describe, expect, test } from '@jest/globals';
import { DEFAULT_THROTTLING } from '../../../src/deploy/limits-settings.ts';
import { clientStages, endpointOutputs, stageExtensions, stageNames } from '../../../src/deploy/stages.ts';

const THROTTLED = { DefaultRouteSettings: { ThrottlingRateLimit: 5_000, ThrottlingBurstLimit: 2_500 } };

const properties = (stages: ReturnType<typeof clientStages>) =>
  Object.values(stages).map(({ Properties }) => Properties);

describe('the stages of the WebSocket API', () => {
  test('are the own one, and one for each path that a client insists on', () => {
    expect(stageNames('dev')).toEqual(['dev', 'graphql', 'realtime']);
    expect(properties(clientStages('dev', undefined, DEFAULT_THROTTLING))).toEqual([
      { ApiId: { Ref: 'WebsocketsApi' }, StageName: 'graphql', AutoDeploy: true, ...THROTTLED },
      { ApiId: { Ref: 'WebsocketsApi' }, StageName: 'realtime', AutoDeploy: true, ...THROTTLED },
    ]);
  });

  test.each(['graphql', 'realtime'])(
    'a deployment whose own stage is called %s has that one once',
    (stage) => {
      expect([...stageNames(stage)].sort()).toEqual(['graphql', 'realtime']);
      const made = properties(clientStages(stage, undefined, DEFAULT_THROTTLING)).map(
        ({ StageName }) => StageName,
      );
      expect([stage, ...made].sort()).toEqual(['graphql', 'realtime']);
    },
  );

  test('each waits for the one before it, the first for the stage that has routes', () => {
    const stages = clientStages('dev', undefined, DEFAULT_THROTTLING);
    expect(Object.entries(stages).map(([id, { DependsOn }]) => [id, DependsOn])).toEqual([
      ['TablecastGraphqlStage', ['WebsocketsDeploymentStage']],
      ['TablecastRealtimeStage', ['TablecastGraphqlStage']],
    ]);
    expect(
      clientStages('graphql', undefined, DEFAULT_THROTTLING)['TablecastRealtimeStage']?.DependsOn,
    ).toEqual(['WebsocketsDeploymentStage']);
  });

  test.each([
    [{ accessLogging: false, executionLogging: false, fullExecutionData: false }, 'OFF', undefined],
    [{ accessLogging: true, executionLogging: false, format: '$context.status' }, 'OFF', '$context.status'],
    [{ accessLogging: false, level: 'ERROR' }, 'ERROR', undefined],
    [{ accessLogging: false, executionLogging: true, fullExecutionData: true }, 'INFO', undefined],
    [true, 'INFO', expect.stringContaining('$context.connectionId')],
  ])('C8 secrets: logs as the own stage has them (%j), and never a frame', (logs, level, format) => {
    for (const stage of properties(clientStages('dev', logs, DEFAULT_THROTTLING))) {
      const { ThrottlingBurstLimit, ThrottlingRateLimit, ...logging } = Object(stage['DefaultRouteSettings']);
      expect(logging).toEqual({ DataTraceEnabled: false, LoggingLevel: level });
      expect([ThrottlingRateLimit, ThrottlingBurstLimit]).toEqual([5_000, 2_500]);
      const access = stage['AccessLogSettings'];
      if (format === undefined) expect(access).toBeUndefined();
      else {
        const group = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:\${WebsocketsLogGroup}`;
        expect(access).toEqual({ DestinationArn: { 'Fn::Sub': group }, Format: format });
      }
    }
  });
});

describe('what is set of the stages that osls makes', () => {
  const throttling = { rate: 100, burst: 20 };
  const limits = { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 20 };

  test('is the throttling, and beside it what osls would have set, save that no frame is logged', () => {
    const logs = { executionLogging: true, fullExecutionData: true, level: 'ERROR' };
    expect(stageExtensions(logs, throttling, { isOwn: true, metrics: true })).toEqual({
      WebsocketsDeploymentStage: {
        Properties: {
          DefaultRouteSettings: { DataTraceEnabled: false, LoggingLevel: 'ERROR', ...limits },
        },
      },
      HttpApiStage: { Properties: { DefaultRouteSettings: { DetailedMetricsEnabled: true, ...limits } } },
    });
  });

  test('leaves the HTTP API of another stack alone', () => {
    expect(stageExtensions(undefined, throttling, { isOwn: false, metrics: false })).toEqual({
      WebsocketsDeploymentStage: { Properties: { DefaultRouteSettings: limits } },
    });
  });
});

test('the outputs tell each kind of client its endpoint', () => {
  const url = (api: string, path: string) => ({
    'Fn::Sub': `${api}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}${path}`,
  });
  const values = (outputs: ReturnType<typeof endpointOutputs>) =>
    Object.entries(outputs).map(([name, { Value }]) => [name, Value]);
  const sockets = [
    ['TablecastWebSocketUrl', url(`wss://\${WebsocketsApi}`, '/dev')],
    ['TablecastGqlUrl', url(`https://\${WebsocketsApi}`, '/graphql')],
    ['TablecastAppSyncUrl', url(`https://\${WebsocketsApi}`, '')],
  ];
  expect(values(endpointOutputs('dev'))).toEqual([
    ['TablecastGraphqlUrl', url(`https://\${HttpApi}`, '/graphql')],
    ...sockets,
  ]);
  expect(values(endpointOutputs('dev', 'abc123'))[0]).toEqual([
    'TablecastGraphqlUrl',
    url('https://abc123', '/graphql'),
  ]);
  expect(values(endpointOutputs('dev', { 'Fn::ImportValue': 'api' }))).toEqual(sockets);
});
