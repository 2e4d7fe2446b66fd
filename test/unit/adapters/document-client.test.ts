import { createServer, type Server } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient, ListStreamsCommand } from '@aws-sdk/client-dynamodb-streams';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { withoutLogging } from '../../../src/adapters/dynamodb/document-client.ts';

const LOGGER = 'loggerMiddleware - initialize';

describe('clients that are told not to log', () => {
  let server: Server | undefined;
  afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined))));

  /** Answers every request alike. */
  async function place(body: object) {
    const port = await getPort();
    const text = JSON.stringify(body);
    server = createServer((request, response) => {
      request.resume().on('end', () => response.setHeader('connection', 'close').end(text));
    });
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    return { region: 'us-east-1', endpoint: `http://127.0.0.1:${port}`, credentials };
  }

  /** A logger, and what it was told. */
  function recording() {
    const told: unknown[] = [];
    const tell = (...line: unknown[]) => void told.push(line);
    return { told, logger: { debug: tell, info: tell, warn: tell, error: tell } };
  }

  test('C8 neither requests nor answers reach a logger, and what is read is the same', async () => {
    const at = await place({ Item: { pk: { S: 'a' }, n: { N: '1' } } });
    const read = async (isQuiet: boolean) => {
      const { told, logger } = recording();
      const made = new DynamoDBClient({ ...at, logger });
      const client = DynamoDBDocumentClient.from(isQuiet ? withoutLogging(made) : made);
      const { Item } = await client.send(new GetCommand({ TableName: 't', Key: { pk: 'a' } }));
      made.destroy();
      return { Item, isTold: JSON.stringify(told).includes('GetItemCommand') };
    };
    expect(await read(false)).toEqual({ Item: { pk: 'a', n: 1 }, isTold: true });
    expect(await read(true)).toEqual({ Item: { pk: 'a', n: 1 }, isTold: false });
  });

  test('the client of the streams is one of them', async () => {
    const client = new DynamoDBStreamsClient(await place({ Streams: [] }));
    expect(client.middlewareStack.identify()).toContain(LOGGER);
    expect(withoutLogging(client)).toBe(client);
    expect(client.middlewareStack.identify()).not.toContain(LOGGER);
    expect((await client.send(new ListStreamsCommand({}))).Streams).toEqual([]);
    client.destroy();
  });
});
