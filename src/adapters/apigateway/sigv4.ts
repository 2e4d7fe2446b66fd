import { createHmac, hash } from 'node:crypto';

/** What requests are signed with. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A header's name, lower-case, and its value. */
export type SignedHeader = readonly [name: string, value: string];

/** What a signature covers beside the headers. */
export interface SignedRequest {
  readonly method: string;
  /** As it goes over the wire, encoded once, without a query. */
  readonly path: string;
  readonly body?: Buffer;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SERVICE = 'execute-api';
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const EMPTY_HASH = hash('sha256', '');

/**
 * Signs any number of requests that share their headers, `x-amz-date` among them, with Signature Version 4: what depends
 * on these alone is worked out once. Three hashes are left for a request: its body's, the request's, and the HMAC's two.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export class KeptSigner {
  /** All of the canonical request that stands between the path and the hash of the body. */
  readonly #canonical: string;
  /** The header's value as far as the signature. */
  readonly #prefix: string;
  /** The key's inner pad and the string to sign, whose end, the hash of the request, is written anew each time. */
  readonly #inner: Buffer;
  /** The key's outer pad, and room for the inner digest. */
  readonly #outer: Buffer;

  /** @param date `x-amz-date` as it is sent, such as `20260101T000000Z` */
  constructor(
    region: string,
    date: string,
    headers: readonly SignedHeader[],
    { accessKeyId, secretAccessKey }: SigningCredentials,
  ) {
    const sorted = headers.toSorted(([a], [b]) => (a < b ? -1 : 1));
    const names = sorted.map(([name]) => name).join(';');
    const lines = sorted.map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, ' ')}\n`).join('');
    const day = date.slice(0, 8);
    const scope = `${day}/${region}/${SERVICE}/aws4_request`;
    this.#canonical = `\n\n${lines}\n${names}\n`;
    this.#prefix = `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=`;

    const key = [day, region, SERVICE, 'aws4_request'].reduce<string | Buffer>(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      `AWS4${secretAccessKey}`,
    );
    const block = Buffer.alloc(BLOCK_BYTES);
    block.set(Buffer.from(key));
    const toSign = Buffer.from(`${ALGORITHM}\n${date}\n${scope}\n${EMPTY_HASH}`);
    this.#inner = Buffer.concat([block.map((byte) => byte ^ 0x36), toSign]);
    this.#outer = Buffer.concat([block.map((byte) => byte ^ 0x5c), Buffer.alloc(DIGEST_BYTES)]);
  }

  /** Value of the `authorization` header. */
  authorization({ method, path, body }: SignedRequest): string {
    const bodyHash = body ? hash('sha256', body) : EMPTY_HASH;
    const request = hash('sha256', `${method}\n${canonicalPath(path)}${this.#canonical}${bodyHash}`);
    this.#inner.write(request, this.#inner.length - request.length, 'latin1');
    this.#outer.write(hash('sha256', this.#inner, 'binary'), BLOCK_BYTES, 'latin1');
    return this.#prefix + hash('sha256', this.#outer);
  }
}

/** Segments the gateway takes for nothing, for the one before, or for none. */
const ODD_SEGMENT = /\/\.{0,2}(?:\/|$)/;
const RESERVED = /[^A-Za-z0-9\-._~/]/g;

/** A path that is encoded already, encoded once more but for its slashes, its dot segments resolved. */
function canonicalPath(path: string): string {
  return (ODD_SEGMENT.test(path) ? resolved(path) : path).replace(RESERVED, percentEncoded);
}

function resolved(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

/** Of ASCII alone: whatever else there was has been encoded before. */
function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
