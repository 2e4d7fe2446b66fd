import aws4 from 'aws4';

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

const SERVICE = 'execute-api';

/**
 * Signs any number of requests that share their headers, `x-amz-date` among them: what depends on the headers alone is
 * worked out once, and `aws4` keeps the key of the day.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export class KeptSigner extends aws4.RequestSigner {
  readonly #names: string;
  readonly #canonical: string;

  /** @param date `x-amz-date` as it is sent, such as `20260101T000000Z` */
  constructor(
    region: string,
    date: string,
    headers: readonly SignedHeader[],
    credentials: SigningCredentials,
  ) {
    // Any host does: it is asked for where headers are not given.
    super({ service: SERVICE, region, headers: { host: 'given' } }, credentials);
    this.datetime = date;
    const sorted = headers.toSorted(([a], [b]) => (a < b ? -1 : 1));
    this.#names = sorted.map(([name]) => name).join(';');
    this.#canonical = sorted
      .map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, ' ')}`)
      .join('\n');
  }

  /** Value of the `authorization` header. */
  authorization({ method, path, body }: SignedRequest): string {
    this.request = { method, headers: {}, ...(body && { body }) };
    this.parsedPath = { path, query: {} };
    return this.authHeader();
  }

  override signedHeaders(): string {
    return this.#names;
  }

  override canonicalHeaders(): string {
    return this.#canonical;
  }
}

/** Makes the headers of requests to one host. */
export interface Signer {
  /**
   * All of them, names and values in turn, `authorization` last.
   * @param now epoch ms
   */
  headers(request: SignedRequest, credentials: SigningCredentials, now: number): readonly string[];
}

/** As the SDK sends it; frames are no more than bytes to the gateway. */
const CONTENT_TYPE: SignedHeader = ['content-type', 'application/octet-stream'];

/** @param host value of the `host` header */
export function createSigner(region: string, host: string): Signer {
  const forMethod = (type: readonly SignedHeader[]) => {
    let second = Number.NaN;
    let holder: SigningCredentials | undefined;
    let kept: { readonly signer: KeptSigner; readonly headers: readonly string[] };
    return (credentials: SigningCredentials, now: number) => {
      const at = Math.floor(now / 1_000);
      if (at !== second || credentials !== holder) {
        const date = amzDate(at * 1_000);
        const headers: SignedHeader[] = [['host', host], ...type, ['x-amz-date', date]];
        if (credentials.sessionToken) headers.push(['x-amz-security-token', credentials.sessionToken]);
        kept = { signer: new KeptSigner(region, date, headers, credentials), headers: headers.flat() };
        second = at;
        holder = credentials;
      }
      return kept;
    };
  };
  const withBody = forMethod([CONTENT_TYPE]);
  const withoutBody = forMethod([]);
  return {
    headers(request, credentials, now) {
      const { body } = request;
      const { signer, headers } = (body ? withBody : withoutBody)(credentials, now);
      const authorization = signer.authorization(request);
      return body
        ? [...headers, 'content-length', String(body.byteLength), 'authorization', authorization]
        : [...headers, 'authorization', authorization];
    },
  };
}

function amzDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, '');
}
