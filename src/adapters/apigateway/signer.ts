import type { WireHeaders } from './sender.ts';
import { KeptSigner, type SignedHeader, type SignedRequest, type SigningCredentials } from './sigv4.ts';

/** Makes the headers of requests to one host. */
export interface Signer {
  /**
   * All of them, `authorization` last.
   * @param now epoch ms
   */
  headers(request: SignedRequest, credentials: SigningCredentials, now: number): WireHeaders;
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
      const own = ['authorization', authorization];
      return { shared: headers, own: body ? ['content-length', String(body.byteLength), ...own] : own };
    },
  };
}

function amzDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, '');
}
