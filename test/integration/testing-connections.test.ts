import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ConnectionOutcome } from '../../src/testing/connection-outcomes.ts';
import { createFakeConnections } from '../../src/testing/connections.ts';
import type { ConnectionsServer } from '../../src/testing/connections-server.ts';

/** The fake's server as the AWS SDK's own client sees it, with the SDK's defaults but for retries. */
const connections = createFakeConnections();
let server: ConnectionsServer;
let client: ApiGatewayManagementApiClient;

beforeAll(async () => {
  server = await connections.listen({ stages: ['prod'] });
  client = new ApiGatewayManagementApiClient({
    endpoint: `${server.endpoint}/prod`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client?.destroy();
  await server?.close();
});

const post = (id: string, data = 'x') =>
  client.send(new PostToConnectionCommand({ ConnectionId: id, Data: Buffer.from(data) }));

describe('the fake @connections server, seen by the AWS SDK client', () => {
  test.each<[ConnectionOutcome, string, number, string]>([
    ['gone', 'GoneException', 410, ''],
    ['forbidden', 'ForbiddenException', 403, 'Forbidden'],
    ['tooLarge', 'PayloadTooLargeException', 413, 'Payload too large'],
    ['throttled', 'LimitExceededException', 429, 'Rate exceeded'],
    ['bufferFull', 'LimitExceededException', 429, 'The WebSocket client side buffer is full'],
    ['malformedId', 'BadRequestException', 400, 'Invalid connectionId'],
    ['internalError', 'InternalServerErrorException', 500, 'Internal server error'],
    ['unavailable', 'ServiceUnavailableException', 503, 'Service unavailable'],
    ['gatewayTimeout', 'GatewayTimeoutException', 504, 'Endpoint request timed out'],
  ])('%s is %s', async (outcome, name, httpStatusCode, message) => {
    connections.open('named');
    connections.script('named', outcome);
    await expect(post('named')).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode },
      message: expect.stringContaining(message),
    });
  });

  test("an emulator's 410 has the status and no name", async () => {
    connections.open('nameless');
    connections.script('nameless', 'goneNameless');
    const error: unknown = await post('nameless').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 410 } });
    expect(error).not.toMatchObject({ name: 'GoneException' });
  });

  test('success is 200, or 204 as an emulator has it', async () => {
    connections.open('ok');
    connections.script('ok', 'sent', 'sentNoContent');
    expect((await post('ok', '一')).$metadata.httpStatusCode).toBe(200);
    expect((await post('ok', '二')).$metadata.httpStatusCode).toBe(204);
    expect(connections.frames('ok')).toEqual(['一', '二']);
  });

  test('a reset connection is a network error without a status', async () => {
    connections.open('reset');
    connections.script('reset', 'reset');
    const error: unknown = await post('reset').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ message: expect.stringContaining('ECONNRESET') });
    expect(error).not.toHaveProperty('$metadata.httpStatusCode');
  });

  test('GetConnection describes a connection that is open and DeleteConnection ends it', async () => {
    const before = Date.now();
    connections.open('AbC=');
    await post('AbC=');
    const described = await client.send(new GetConnectionCommand({ ConnectionId: 'AbC=' }));
    expect(described.ConnectedAt?.getTime()).toBeGreaterThanOrEqual(before);
    expect(described.LastActiveAt?.getTime()).toBeGreaterThanOrEqual(described.ConnectedAt?.getTime() ?? 0);
    expect(described.Identity?.SourceIp).toBe('127.0.0.1');
    const deleted = await client.send(new DeleteConnectionCommand({ ConnectionId: 'AbC=' }));
    expect(deleted.$metadata.httpStatusCode).toBe(204);
    for (const command of [
      () => client.send(new GetConnectionCommand({ ConnectionId: 'AbC=' })),
      () => client.send(new DeleteConnectionCommand({ ConnectionId: 'AbC=' })),
      () => post('AbC='),
    ]) {
      await expect(command()).rejects.toMatchObject({ name: 'GoneException' });
    }
  });

  test('paths and methods that are not @connections are refused with 403, as the gateway does', async () => {
    for (const [method, path] of [
      ['POST', '/'],
      ['POST', '/prod'],
      ['POST', '/prod/@connections'],
      ['POST', '/dev/@connections/a'],
      ['POST', '/@connections/a'],
      ['POST', '/prod/@connections/%E0%A4%A'],
      ['PUT', '/prod/@connections/a'],
    ]) {
      const response = await fetch(`${server.endpoint}${path}`, method === undefined ? {} : { method });
      expect([path, response.status]).toEqual([path, 403]);
    }
  });

  test('closing breaks off what hangs, frees the port and can be done twice', async () => {
    const own = createFakeConnections();
    own.open('a');
    own.default('a', 'hang');
    const second = await own.listen();
    const hanging = fetch(`${second.endpoint}/@connections/a`, { method: 'POST', body: 'x' }).then(
      () => 'answered',
      () => 'broken off',
    );
    while (own.posts === 0) await new Promise((resolve) => setImmediate(resolve));
    await second.close();
    expect(await hanging).toBe('broken off');
    await second.close();
    await expect(fetch(second.endpoint)).rejects.toThrow();
  });
});
