import { createHash, createHmac } from 'node:crypto';
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { describe, expect, jest, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { connectionPath, parseEndpoint } from '../../../../src/adapters/apigateway/endpoint.ts';
import type { WireHeaders } from '../../../../src/adapters/apigateway/sender.ts';
import { createSigner } from '../../../../src/adapters/apigateway/signer.ts';
import { KeptSigner, type SignedHeader } from '../../../../src/adapters/apigateway/sigv4.ts';

const NOW = Date.UTC(2026, 10, 22, 16, 36, 21, 789);
const REGION = 'eu-central-1';
const AWS = 'https://abc123.execute-api.eu-central-1.amazonaws.com/prod';
const LASTING = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret/of+the=tests' };
const PASSING = { ...LASTING, sessionToken: `IQoJb3JpZ2luX2VjE${'a+/='.repeat(220)}` };

const IDS = [
  'L0SM9cOFvHcCIhw=',
  'a/b+c==',
  'a@b',
  '50%',
  'two words',
  "it's!(*)",
  'ü日本👍',
  '__proto__',
  '.',
  '..',
];
const BODIES: readonly (readonly [string, Buffer])[] = [
  ['no bytes', Buffer.alloc(0)],
  ['ASCII', Buffer.from('{"type":"next"}')],
  ['Japanese', Buffer.from('{"title":"プロフィールページ作成"}')],
  ['128 KB', Buffer.alloc(128 * 1024, 'x')],
  ['every byte', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
];
const ENDPOINTS = [
  AWS,
  'https://abc123.execute-api.eu-central-1.amazonaws.com:8443/prod',
  'https://api.example.com/a base/path',
  'http://127.0.0.1:3001',
  'http://[::1]:3001/dev',
];

interface Captured {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The request as the SDK would have sent it, its clock standing still. */
async function sentBySdk(
  endpoint: string,
  credentials: typeof PASSING | typeof LASTING,
  id: string,
  body?: Buffer,
): Promise<Captured> {
  let captured: Captured | undefined;
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    region: REGION,
    credentials,
    maxAttempts: 1,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    requestHandler: {
      async handle(request: Captured): Promise<never> {
        captured = request;
        throw new Error('captured');
      },
    },
  });
  const clock = jest.spyOn(Date, 'now').mockReturnValue(NOW);
  try {
    const sent = body
      ? client.send(new PostToConnectionCommand({ ConnectionId: id, Data: body }))
      : client.send(new DeleteConnectionCommand({ ConnectionId: id }));
    await sent.catch(() => {});
  } finally {
    clock.mockRestore();
    client.destroy();
  }
  if (!captured) throw new Error('expected a request, got none');
  return captured;
}

/** Headers that are never signed. @see https://github.com/smithy-lang/smithy-typescript signature-v4, constants */
const UNSIGNED = new Set(['authorization', 'user-agent']);

/** The same request signed by ours. */
function signedByUs({ method, path, headers }: Captured, credentials: typeof LASTING, body?: Buffer): string {
  const signed = Object.entries(headers)
    .map(([name, value]): SignedHeader => [name.toLowerCase(), value])
    .filter(([name]) => !UNSIGNED.has(name));
  const signer = new KeptSigner(REGION, String(headers['x-amz-date']), signed, credentials);
  return signer.authorization({ method, path, ...(body && { body }) });
}

describe('signatures are those of the AWS SDK, to the byte', () => {
  test.each(IDS)('POST and DELETE of the id %s', async (id) => {
    for (const credentials of [LASTING, PASSING]) {
      for (const body of [Buffer.from('{}'), undefined]) {
        const request = await sentBySdk(AWS, credentials, id, body);
        expect(request.headers['x-amz-date']).toBe('20261122T163621Z');
        expect(connectionPath(parseEndpoint(AWS), id)).toBe(request.path);
        expect(signedByUs(request, credentials, body)).toBe(request.headers['authorization']);
      }
    }
  });

  test.each(BODIES)('a body of %s', async (_, body) => {
    const request = await sentBySdk(AWS, PASSING, 'L0SM9cOFvHcCIhw=', body);
    expect(signedByUs(request, PASSING, body)).toBe(request.headers['authorization']);
  });

  test.each(ENDPOINTS)('the endpoint %s', async (endpoint) => {
    const body = Buffer.from('{}');
    const request = await sentBySdk(endpoint, LASTING, 'a=', body);
    const parsed = parseEndpoint(endpoint);
    expect(connectionPath(parsed, 'a=')).toBe(request.path);
    expect(parsed.host).toBe(request.headers['host']);
    expect(signedByUs(request, LASTING, body)).toBe(request.headers['authorization']);
  });

  test('any id and any body', async () => {
    const ids = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(ids, fc.uint8Array({ maxLength: 200 }), async (id, bytes) => {
        const body = Buffer.from(bytes);
        const request = await sentBySdk(AWS, PASSING, id, body);
        expect(connectionPath(parseEndpoint(AWS), id)).toBe(request.path);
        expect(signedByUs(request, PASSING, body)).toBe(request.headers['authorization']);
      }),
      { numRuns: 60 },
    );
  });
});

/** Node's own hash, as @smithy/signature-v4 takes one. */
class Sha256 {
  readonly #hash;
  constructor(secret?: unknown) {
    this.#hash =
      typeof secret === 'string' || secret instanceof Uint8Array
        ? createHmac('sha256', secret)
        : createHash('sha256');
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

/** What @smithy/signature-v4 makes of the headers ours sends. */
async function smithySignature(method: string, path: string, headers: Map<string, string>, body?: Buffer) {
  const signer = new SignatureV4({
    service: 'execute-api',
    region: REGION,
    credentials: headers.has('x-amz-security-token') ? PASSING : LASTING,
    sha256: Sha256,
    applyChecksum: false,
  });
  const { authorization: _, 'content-length': __, ...given } = Object.fromEntries(headers);
  const signed = await signer.sign(
    { method, protocol: 'https:', hostname: 'h', path, headers: given, ...(body && { body }) },
    { signingDate: new Date(NOW) },
  );
  return signed.headers['authorization'];
}

const flat = ({ shared, own }: WireHeaders) => [...shared, ...own];

function pairs(flat: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at < flat.length; at += 2) headers.set(flat[at] ?? '', flat[at + 1] ?? '');
  return headers;
}

describe('the headers of a request', () => {
  const host = parseEndpoint(AWS).host;

  test.each([
    ['POST', Buffer.from('{"ü":1}'), PASSING],
    ['POST', Buffer.alloc(0), LASTING],
    ['DELETE', undefined, PASSING],
    ['DELETE', undefined, LASTING],
  ] as const)(
    '%s: they are the least there is to send, and signed all but the length',
    async (method, body, who) => {
      const path = connectionPath(parseEndpoint(AWS), 'L0SM9cOFvHcCIhw=');
      const request = { method, path, ...(body && { body }) };
      const headers = pairs(flat(createSigner(REGION, host).headers(request, who, NOW)));
      expect([...headers.keys()].toSorted()).toEqual(
        [
          'authorization',
          ...(body ? ['content-length', 'content-type'] : []),
          'host',
          'x-amz-date',
          ...('sessionToken' in who ? ['x-amz-security-token'] : []),
        ].toSorted(),
      );
      expect(headers.get('content-length')).toBe(body && String(body.byteLength));
      expect(headers.get('authorization')).toBe(await smithySignature(method, path, headers, body));
    },
  );

  test('a signer that is kept follows the clock, the day and the credentials', () => {
    const kept = createSigner(REGION, host);
    const request = { method: 'POST', path: '/prod/@connections/a', body: Buffer.from('x') };
    const moments = [NOW, NOW + 100, NOW + 1_000, NOW + 86_400_000, NOW];
    for (const now of moments) {
      for (const who of [PASSING, LASTING, { ...LASTING, secretAccessKey: 'another' }]) {
        expect(kept.headers(request, who, now)).toEqual(
          createSigner(REGION, host).headers(request, who, now),
        );
      }
    }
    expect(pairs(flat(kept.headers(request, LASTING, NOW + 86_400_000))).get('authorization')).toContain(
      'Credential=AKIAEXAMPLE/20261123/eu-central-1/execute-api/aws4_request',
    );
  });
});

test('a slash at the end of an endpoint is not doubled, as the SDK does, and stands for nothing', () => {
  expect(parseEndpoint(`${AWS}/`)).toEqual(parseEndpoint(AWS));
});

test('an endpoint that is no http URL, an empty id and half a surrogate pair are refused by name', () => {
  expect(() => parseEndpoint('nowhere')).toThrow('expected an http or https URL, got "nowhere"');
  expect(() => parseEndpoint('ftp://a/b')).toThrow(TypeError);
  expect(() => connectionPath(parseEndpoint(AWS), '')).toThrow(URIError);
  expect(() => connectionPath(parseEndpoint(AWS), '\ud800')).toThrow(URIError);
});
