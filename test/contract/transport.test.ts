import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createHttpsSender } from '../../src/adapters/apigateway/https-sender.ts';
import { createLeanTransport } from '../../src/adapters/apigateway/lean-transport.ts';
import { createSdkTransport } from '../../src/adapters/apigateway/sdk-transport.ts';
import type { ApiGatewayTransport } from '../../src/adapters/apigateway/transport.ts';
import type { PostOutcome, Transport } from '../../src/relay/ports.ts';
import type { ConnectionOutcome } from '../../src/testing/connection-outcomes.ts';
import { slow } from '../../src/testing/connection-outcomes.ts';
import { createFakeConnections, type FakeConnections } from '../../src/testing/connections.ts';

interface Subject {
  readonly transport: Transport;
  stop(): Promise<void>;
}

/** For what never answers; everything else has the patience of {@link PATIENT_MS}, so that a busy machine fails nothing. */
const TIMEOUT_MS = 500;
const PATIENT_MS = 20_000;

type Start = (connections: FakeConnections, requestTimeoutMs: number) => Promise<Subject>;

/** What the clients of real servers are given, each in its own way. */
interface Settings {
  readonly endpointFor: (stage: string) => string;
  readonly region: string;
  readonly credentials: NonNullable<Parameters<typeof createSdkTransport>[0]['credentials']>;
  readonly requestTimeoutMs?: number;
  readonly connectionTimeoutMs?: number;
  readonly ca?: string;
}

const clients: ReadonlyMap<string, (settings: Settings) => ApiGatewayTransport> = new Map<
  string,
  (settings: Settings) => ApiGatewayTransport
>([
  ['AWS SDK', createSdkTransport],
  ['lean', createLeanTransport],
  [
    'lean, node:https',
    (settings: Settings) => createLeanTransport({ ...settings, createSender: createHttpsSender }),
  ],
]);

const pem = (name: string) =>
  readFileSync(
    new URL(`../../scripts/bench/benchmark-only-self-signed.${name}.pem`, import.meta.url),
    'utf8',
  );
const TLS = { key: pem('key'), cert: pem('cert') };

const overHttp =
  (create: (settings: Settings) => ApiGatewayTransport, tls?: typeof TLS): Start =>
  async (connections, requestTimeoutMs) => {
    const server = await connections.listen({ stages: ['dev'], requireSignature: true, ...(tls && { tls }) });
    const transport = create({
      endpointFor: (stage) => `${server.endpoint}/${stage}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      requestTimeoutMs,
      connectionTimeoutMs: PATIENT_MS,
      ...(tls && { ca: tls.cert }),
    });
    return {
      transport,
      async stop() {
        transport.destroy();
        await server.close();
      },
    };
  };

const subjects: ReadonlyMap<string, Start> = new Map<string, Start>([
  ['in-process fake', async (connections) => ({ transport: connections.transport, stop: async () => {} })],
  ...[...clients].map(([name, create]) => [`${name} over HTTP`, overHttp(create)] as const),
  // The SDK takes a certificate of one's own from the environment alone.
  ...[...clients].slice(1).map(([name, create]) => [`${name} over TLS`, overHttp(create, TLS)] as const),
]);

const text = (value: string) => new TextEncoder().encode(value);
const detail: unknown = expect.any(String);

interface ExpectedOutcome {
  readonly kind: PostOutcome['kind'];
  readonly detail?: unknown;
}

/** What the port promises for each thing @connections may do; and whether the client has the frame afterwards. */
const table: readonly (readonly [ConnectionOutcome, ExpectedOutcome, delivered: boolean])[] = [
  ['sent', { kind: 'sent' }, true],
  ['sentNoContent', { kind: 'sent' }, true],
  ['gone', { kind: 'gone' }, false],
  ['goneNameless', { kind: 'gone' }, false],
  ['malformedId', { kind: 'gone' }, false],
  [{ status: 400, named: false }, { kind: 'gone' }, false],
  ['forbidden', { kind: 'forbidden', detail }, false],
  [{ status: 403, named: false }, { kind: 'forbidden', detail }, false],
  ['tooLarge', { kind: 'tooLarge' }, false],
  [{ status: 413, named: false }, { kind: 'tooLarge' }, false],
  ['throttled', { kind: 'throttled' }, false],
  ['bufferFull', { kind: 'throttled' }, false],
  [{ status: 429, named: false }, { kind: 'throttled' }, false],
  ['internalError', { kind: 'failed', detail }, false],
  ['badGateway', { kind: 'failed', detail }, false],
  ['unavailable', { kind: 'failed', detail }, false],
  ['gatewayTimeout', { kind: 'failed', detail }, false],
  ['errorAfterDelivery', { kind: 'failed', detail }, true],
  ['reset', { kind: 'failed', detail }, false],
  ['resetAfterDelivery', { kind: 'failed', detail }, true],
  ['hang', { kind: 'failed', detail: `no answer within ${TIMEOUT_MS} ms` }, false],
  ['hangAfterDelivery', { kind: 'failed', detail: `no answer within ${TIMEOUT_MS} ms` }, true],
];

const world = async (start: Start, ms: number) => {
  const connections = createFakeConnections({ requestTimeoutMs: ms });
  return { connections, ...(await start(connections, ms)) };
};

describe.each([...subjects])('transport: %s', (_, start) => {
  let patient: Awaited<ReturnType<typeof world>>;
  let hasty: Awaited<ReturnType<typeof world>>;
  let connections: FakeConnections;
  let transport: Transport;

  beforeAll(async () => {
    patient = await world(start, PATIENT_MS);
    hasty = await world(start, TIMEOUT_MS);
    ({ connections, transport } = patient);
  });
  afterAll(async () => {
    await patient.stop();
    await hasty.stop();
  });
  afterEach(() => connections.outage(undefined));

  test.each(table)('%j comes back as %j', async (outcome, expected, delivered) => {
    const hangs = typeof outcome === 'string' && outcome.startsWith('hang');
    const { connections, transport } = hangs ? hasty : patient;
    connections.open('c1');
    connections.script('c1', outcome);
    const before = connections.posts;
    expect(await transport.post({ connectionId: 'c1', stage: 'dev' }, text('hello'))).toEqual(expected);
    expect(connections.posts - before).toBe(1);
    expect(connections.frames('c1')).toEqual(delivered ? ['hello'] : []);
  });

  test('frames arrive as they are and in order, Japanese text byte for byte', async () => {
    connections.open('c2');
    const frames = ['{"title":"プロフィールページ作成"}', '', '{"emoji":"👍","quote":"\\""}'];
    for (const frame of frames) {
      expect(await transport.post({ connectionId: 'c2', stage: 'dev' }, text(frame))).toEqual({
        kind: 'sent',
      });
    }
    expect(connections.frames('c2')).toEqual(frames);
  });

  test.each([
    'L0SM9cOFvHcCIhw=',
    'a/b+c==',
    '__proto__',
    'constructor',
    '5b1f8d0e-7a5e-4f4b-9f9e-0d7c2f1f8a11',
  ])('the id %s reaches its own connection and no other', async (id) => {
    connections.open('other');
    connections.open(id);
    expect(await transport.post({ connectionId: id, stage: 'dev' }, text(id))).toEqual({ kind: 'sent' });
    expect(connections.frames(id)).toEqual([id]);
    expect(connections.frames('other')).toEqual([]);
  });

  test('a connection that never was, one that closed and a malformed id are gone', async () => {
    connections.open('c3');
    connections.close('c3');
    for (const connectionId of ['never-was', 'c3', 'not an id', 'hasOwnProperty']) {
      expect(await transport.post({ connectionId, stage: 'dev' }, text('x'))).toEqual({ kind: 'gone' });
    }
  });

  test('a frame of 128 KB is sent and one byte more is too large', async () => {
    connections.open('c4');
    const limit = 128 * 1024;
    const target = { connectionId: 'c4', stage: 'dev' };
    expect(await transport.post(target, new Uint8Array(limit).fill(97))).toEqual({ kind: 'sent' });
    expect(await transport.post(target, new Uint8Array(limit + 1).fill(97))).toEqual({ kind: 'tooLarge' });
  });

  test('disconnect closes the connection once and tells of one that is closed', async () => {
    connections.open('c5');
    const target = { connectionId: 'c5', stage: 'dev' };
    expect(await transport.disconnect(target)).toEqual({ kind: 'sent' });
    expect(connections.isOpen('c5')).toBe(false);
    expect(connections.closedByServer('c5')).toBe(true);
    expect(await transport.disconnect(target)).toEqual({ kind: 'gone' });
    expect(await transport.post(target, text('x'))).toEqual({ kind: 'gone' });
  });

  test('an outage is told for disconnect as for post', async () => {
    connections.open('c6');
    connections.outage('forbidden');
    const target = { connectionId: 'c6', stage: 'dev' };
    expect(await transport.disconnect(target)).toEqual({ kind: 'forbidden', detail });
    expect(await transport.post(target, text('x'))).toEqual({ kind: 'forbidden', detail });
    expect(connections.isOpen('c6')).toBe(true);
  });

  test('one connection that hangs holds up no other', async () => {
    const { connections, transport } = hasty;
    connections.open('stuck');
    connections.open('free');
    connections.default('stuck', 'hang');
    let over = false;
    const stuck = transport.post({ connectionId: 'stuck', stage: 'dev' }, text('x')).then((outcome) => {
      over = true;
      return outcome;
    });
    for (let n = 0; n < 5; n += 1) {
      expect(await transport.post({ connectionId: 'free', stage: 'dev' }, text(`${n}`))).toEqual({
        kind: 'sent',
      });
    }
    expect(over).toBe(false);
    expect(await stuck).toEqual({ kind: 'failed', detail });
    connections.default('stuck', undefined);
  });

  test('an answer that comes late but in time is taken', async () => {
    connections.open('late');
    connections.script('late', slow(50));
    expect(await transport.post({ connectionId: 'late', stage: 'dev' }, text('x'))).toEqual({ kind: 'sent' });
  });

  test('an answer that comes too late is failed, though the client got the frame', async () => {
    const { connections, transport } = hasty;
    connections.open('later');
    connections.script('later', slow(TIMEOUT_MS * 1.5));
    expect(await transport.post({ connectionId: 'later', stage: 'dev' }, text('x'))).toEqual({
      kind: 'failed',
      detail,
    });
    expect(await connections.waitForFrames('later', 1)).toEqual(['x']);
  });

  test('two hundred posts at once all have an outcome', async () => {
    for (let n = 0; n < 100; n += 1) connections.open(`many${n}`);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_unused, n) =>
        transport.post({ connectionId: `many${n % 100}`, stage: 'dev' }, text(`${n}`)),
      ),
    );
    expect(outcomes.every(({ kind }) => kind === 'sent')).toBe(true);
    expect(connections.frames('many7').toSorted()).toEqual(['107', '7']);
  });
});

describe.each([...clients])('API Gateway adapter alone: %s', (_name, createTransport) => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

  test('nobody listening is a failure with its cause, not a rejection', async () => {
    const server = await createFakeConnections().listen();
    await server.close();
    const transport = createTransport({
      endpointFor: () => server.endpoint,
      region: 'eu-central-1',
      credentials,
    });
    const outcome = await transport.post({ connectionId: 'c', stage: 'dev' }, text('x'));
    expect(outcome).toEqual({ kind: 'failed', detail: expect.stringContaining('ECONNREFUSED') });
    transport.destroy();
  });

  test('an endpoint that is no URL is a failure, not a rejection', async () => {
    const transport = createTransport({
      endpointFor: () => 'nowhere',
      region: 'eu-central-1',
      credentials,
    });
    expect((await transport.post({ connectionId: 'c', stage: 'dev' }, text('x'))).kind).toBe('failed');
    transport.destroy();
  });

  test('credentials that cannot be had are forbidden, which no retry of a frame mends', async () => {
    const missing = Object.assign(new Error('no credentials'), { name: 'CredentialsProviderError' });
    const transport = createTransport({
      endpointFor: () => 'http://127.0.0.1:1',
      region: 'eu-central-1',
      credentials: () => Promise.reject(missing),
    });
    const outcome = await transport.post({ connectionId: 'c', stage: 'dev' }, text('x'));
    expect(outcome).toEqual({ kind: 'forbidden', detail: expect.stringContaining('no credentials') });
    transport.destroy();
  });

  test('the stage is part of the path, a wrong one is forbidden', async () => {
    const connections = createFakeConnections();
    connections.open('c=');
    const server = await connections.listen({ stages: ['prod'] });
    const transport = createTransport({
      endpointFor: (stage) => `${server.endpoint}/${stage}`,
      region: 'eu-central-1',
      credentials,
    });
    expect(await transport.post({ connectionId: 'c=', stage: 'prod' }, text('x'))).toEqual({ kind: 'sent' });
    expect((await transport.post({ connectionId: 'c=', stage: 'dev' }, text('x'))).kind).toBe('forbidden');
    transport.destroy();
    await server.close();
  });

  test('sockets are kept and shared: a hundred posts in turn need one', async () => {
    const connections = createFakeConnections();
    connections.open('c');
    const server = await connections.listen();
    const transport = createTransport({
      endpointFor: () => server.endpoint,
      region: 'eu-central-1',
      credentials,
    });
    for (let n = 0; n < 100; n += 1) await transport.post({ connectionId: 'c', stage: 'dev' }, text(`${n}`));
    transport.destroy();
    await server.close();
    expect(server.sockets).toBe(1);
  });
});
