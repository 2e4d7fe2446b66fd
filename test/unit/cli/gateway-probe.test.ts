import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { probeGateway } from '../../../src/cli/gateway-probe.ts';

const PAGE = 'http://localhost:3000';
const server = createServer();

beforeEach(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterEach(() => new Promise((resolve) => server.close(resolve)));

test('the probe comes from the page of the loop, so that a gateway with a list of origins lets it in', async () => {
  const asked = new Promise((resolve) => {
    server.once('upgrade', ({ headers }, socket) => {
      resolve({ key: headers['x-api-key'], origin: headers.origin });
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    });
  });
  const { port } = server.address() as AddressInfo;
  const outcome = await probeGateway(port, { apiKey: 'a-key', origin: PAGE }, 10_000);
  expect(await asked).toEqual({ key: 'a-key', origin: PAGE });
  expect(outcome).toBe('HTTP 403');
});
