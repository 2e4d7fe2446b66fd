import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { importTable } from '../../src/cli/import.ts';
import { sink } from './import-sink.ts';

interface Answer {
  readonly status: number;
  readonly body: object;
}

/** What DynamoDB answers to a request, by the operation's name; of a Scan, by its segment. */
type Answers = Readonly<Record<string, Answer | ((segment: number) => Answer)>>;

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

/** DynamoDB's wire format with answers that DynamoDB Local never gives. */
async function answering(answers: Answers): Promise<string> {
  const port = await getPort();
  server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const given = answers[operation] ?? refusal('UnknownOperationException');
    text(request).then((input) => {
      const segment = Number(/"Segment":(\d+)/.exec(input)?.[1] ?? 0);
      const { status, body } = typeof given === 'function' ? given(segment) : given;
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${port}`;
}

function refusal(name: string, message = 'no') {
  return { status: 400, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message } };
}

const described = {
  status: 200,
  body: {
    Table: {
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    },
  },
};

async function runImport(
  endpoint: string | undefined,
  { signal = new AbortController().signal, sample = 10 } = {},
): Promise<{ out: string; err: string }> {
  const [out, err] = [sink(), sink()];
  await importTable({ table: 'Todos', sample, endpoint, region: 'us-east-1', out, err, signal });
  return { out: out.text(), err: err.text() };
}

describe('a sample', () => {
  const item = { id: { S: '1' } };
  const page = (more: boolean) => ({
    status: 200,
    body: { Items: [item], Count: 1, ...(more && { LastEvaluatedKey: item }) },
  });
  const none = { status: 200, body: { Items: [], Count: 0 } };

  test('that ends in the last segment, with more to come, is not taken for the whole table', async () => {
    const Scan = (segment: number) => (segment === 7 ? page(true) : none);
    const endpoint = await answering({ DescribeTable: described, Scan });
    expect((await runImport(endpoint, { sample: 1 })).out).toContain(
      '# Table Todos, from a sample of 1 item.\n',
    );
  });

  test('that ends with the table is the whole of it', async () => {
    const Scan = (segment: number) => (segment === 7 ? page(false) : none);
    const endpoint = await answering({ DescribeTable: described, Scan });
    expect((await runImport(endpoint, { sample: 1 })).out).toContain(
      '# Table Todos, from all of its 1 item.\n',
    );
  });

  test('reads on from where a page ended', async () => {
    let pages = 0;
    const Scan = (segment: number) => (segment === 3 ? page(++pages < 3) : none);
    const endpoint = await answering({ DescribeTable: described, Scan });
    expect((await runImport(endpoint)).out).toContain('# Table Todos, from all of its 3 items.\n');
    expect(pages).toBe(3);
  });

  test('leaves out an item that cannot be one, and says so', async () => {
    const Scan = { status: 200, body: { Items: [{ id: { N: '1e999' } }] } };
    const endpoint = await answering({ DescribeTable: described, Scan });
    const { err } = await runImport(endpoint, { sample: 8 });
    expect(err).toContain('warning: 8 items could not be read and were left out\n');
  });
});

describe('what AWS refuses', () => {
  test('describing without permission names the action and both that are needed', async () => {
    const endpoint = await answering({ DescribeTable: refusal('AccessDeniedException') });
    await expect(runImport(endpoint)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `expected credentials that may dynamodb:DescribeTable on table Todos in ${endpoint}, and these may not; allow dynamodb:DescribeTable and dynamodb:Scan`,
    });
  });

  test('scanning without permission names the scan', async () => {
    const endpoint = await answering({ DescribeTable: described, Scan: refusal('AccessDeniedException') });
    await expect(runImport(endpoint)).rejects.toMatchObject({
      message: expect.stringContaining('may dynamodb:Scan on table Todos'),
    });
  });

  test('a table that is not there, where tables may not be listed', async () => {
    const endpoint = await answering({
      DescribeTable: refusal('ResourceNotFoundException'),
      ListTables: refusal('AccessDeniedException'),
    });
    await expect(runImport(endpoint)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `expected a table "Todos" in ${endpoint}, found none`,
    });
  });

  test('credentials that are refused', async () => {
    const endpoint = await answering({ DescribeTable: refusal('UnrecognizedClientException') });
    await expect(runImport(endpoint)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `expected credentials that ${endpoint} accepts, and it refused them: UnrecognizedClientException`,
    });
  });

  test('anything else is told by its name', async () => {
    const endpoint = await answering({
      DescribeTable: described,
      Scan: refusal('ValidationException', 'why'),
    });
    await expect(runImport(endpoint)).rejects.toMatchObject({
      code: 'TABLE_UNAVAILABLE',
      message: `dynamodb:Scan on table Todos in ${endpoint} failed: ValidationException: why`,
    });
  });

  test('no credentials at all: what to do, and no waiting for a network', async () => {
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'];
    const none = {
      ...Object.fromEntries(names.map((name) => [name, undefined])),
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
      AWS_CONFIG_FILE: '/nonexistent/config',
    };
    await withEnvironment(none, async () => {
      await expect(runImport(undefined)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/^expected AWS credentials, .* give --endpoint for DynamoDB Local$/),
      });
    });
  });

  test('broken off in the middle of a page, it ends at once', async () => {
    const ending = new AbortController();
    const endpoint = await answering({ DescribeTable: described });
    server?.on('request', (request) => {
      if (String(request.headers['x-amz-target']).endsWith('.Scan')) ending.abort();
    });
    await expect(runImport(endpoint, { signal: ending.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

async function withEnvironment(
  values: Readonly<Record<string, string | undefined>>,
  run: () => Promise<void>,
): Promise<void> {
  const before = new Map(Object.keys(values).map((name) => [name, process.env[name]]));
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(values)) set(name, value);
  try {
    await run();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}
