import { createServer } from 'node:http';
import { expect, test } from '@jest/globals';
import { checkEndpoint } from '../../../src/cli/check-endpoint.ts';

test.each(['localhost:8000', 'not a url', 'ftp://localhost'])(
  'an endpoint that is no URL is refused, with the variable and an example: %s',
  async (endpoint) => {
    await expect(checkEndpoint(endpoint)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `DYNAMODB_ENDPOINT: expected a URL such as http://127.0.0.1:8000, got "${endpoint}"`,
    });
  },
);

test('an endpoint where something answers will do; where nothing does it is refused', async () => {
  const server = createServer((_request, response) => response.writeHead(400).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  await checkEndpoint(endpoint);
  await new Promise((resolve) => server.close(resolve));
  await expect(checkEndpoint(endpoint)).rejects.toMatchObject({
    code: 'LOCAL_STACK',
    message: expect.stringMatching(/^DYNAMODB_ENDPOINT: expected a DynamoDB that answers at .*ECONNREFUSED/),
  });
});
