import { describe, expect, test } from '@jest/globals';
import { deployment } from '../../../src/deploy/deployment.ts';
import { checkGatewayLogs } from '../../../src/deploy/gateway-logs.ts';
import { readSettings } from '../../../src/deploy/settings.ts';
import { loadModel } from '../../../src/schema/load.ts';

const webSocket = (webSocketLogs: unknown) => () => checkGatewayLogs({ webSocketLogs });
const http = (httpApiLogs: unknown) => () => checkGatewayLogs({ httpApiLogs });
const OFF = { executionLogging: false, fullExecutionData: false };

describe("C8 secrets: API Gateway's own logs", () => {
  test.each([
    [true, 'nothing, which the framework takes for true'],
    [{}, 'nothing, which the framework takes for true'],
    [{ level: 'ERROR' }, 'nothing, which the framework takes for true'],
    [{ executionLogging: true }, 'nothing, which the framework takes for true'],
    [{ fullExecutionData: true }, 'true'],
    [{ executionLogging: false, fullExecutionData: true }, 'true'],
  ])('provider.logs.websocket: %j would log frames and is refused', (logs, came) => {
    expect(webSocket(logs)).toThrow(
      /^provider\.logs\.websocket\.fullExecutionData: expected false, .*, got /,
    );
    expect(webSocket(logs)).toThrow(came);
  });

  test.each([
    undefined,
    null,
    false,
    OFF,
    { executionLogging: false },
    { executionLogging: true, level: 'INFO', fullExecutionData: false },
    { ...OFF, accessLogging: true },
  ])('%j logs none and is taken', (logs) => {
    expect(webSocket(logs)).not.toThrow();
  });

  test.each([
    '$context.authorizer.claims.sub',
    '$context.authorizer.principalId',
    '$context.authorizer.token',
    '$context.identity.apiKey',
    '$context.identity.cognitoIdentityId',
    '$context.request.querystring.header',
    '$context.requestOverride.header.authorization',
    '$input.body',
    '$input.params("header")',
    '$request.querystring.token',
    '$request.header.authorization',
    '$stageVariables.secret',
    '$util.base64Decode($input.body)',
    '$context',
    `$${'{context.authorizer.claims.sub}'}`,
    '$context.requestIdx',
  ])('an access log with %s is refused, of sockets and of HTTP', (variable) => {
    const format = `{"requestId":"$context.requestId","x":"${variable}"}`;
    expect(webSocket({ ...OFF, format })).toThrow(
      'provider.logs.websocket.format: expected variables that hold no',
    );
    expect(http({ format })).toThrow('provider.logs.httpApi.format: expected variables that hold no');
  });

  test.each([
    '$context.error.message-$context.authorizer.principalId',
    '$context.waf.status/$context.identity.apiKey',
    '$context.error.message$input.body',
    '$context.integration.status:$!context.authorizer.claims.sub',
  ])('one that stands right behind another, as in %s, is refused', (format) => {
    expect(webSocket({ ...OFF, format })).toThrow('provider.logs.websocket.format: expected variables');
    expect(http({ format })).toThrow('provider.logs.httpApi.format: expected variables');
  });

  test.each([
    '{"time":"$context.requestTime","status":"$context.status","connectionId":"$context.connectionId"}',
    '$context.identity.sourceIp [$context.requestTime] "$context.eventType $context.routeKey" $context.requestId',
    '$context.error.message,$context.integration.latency;$context.authorizer.status|$context.identity.userAgent',
    'no variable at all',
  ])('one with %s is taken', (format) => {
    expect(webSocket({ ...OFF, format })).not.toThrow();
    expect(http({ format })).not.toThrow();
    expect(http(true)).not.toThrow();
  });

  test('a format that is no text, and settings that are no object, are refused', () => {
    expect(http({ format: { status: '$context.status' } })).toThrow(
      'provider.logs.httpApi.format: expected text',
    );
    expect(webSocket('on')).toThrow('provider.logs.websocket: expected an object');
  });

  test('a deployment with such logs is refused', () => {
    const settings = {
      ...readSettings({ tables: { Todos: 'managed' } }),
      service: 's',
      stage: 'd',
      handlers: 'h',
    };
    const model = loadModel('type Todo @table(name: "Todos") { id: ID! }');
    expect(() => deployment({ ...settings, webSocketLogs: true }, model)).toThrow('fullExecutionData');
    const httpApiLogs = { format: '$context.authorizer.claims.email' };
    expect(() => deployment({ ...settings, httpApiLogs }, model)).toThrow('provider.logs.httpApi.format');
  });
});
