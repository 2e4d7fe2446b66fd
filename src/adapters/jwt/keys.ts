import { type Fetcher, SimpleFetcher } from 'aws-jwt-verify/https';
import { assertIsJwks, type JwksCache, SimpleJwksCache, SimplePenaltyBox } from 'aws-jwt-verify/jwk';
import { safeJsonParse } from 'aws-jwt-verify/safe-json-parse';
import { isTrustedUrl } from '../../auth/issuers.ts';
import { TablecastError } from '../../errors.ts';

/** Gets a document, or rejects. */
export type Fetch = (uri: string) => Promise<ArrayBuffer>;

export interface KeyOptions {
  readonly clock: { now(): number };
  readonly fetch: Fetch;
  /** Seconds for which no key is asked for after one that is not there was. */
  readonly unknownKeySeconds: number;
}

/** Keys older than this are fetched again, so that one its issuer withdrew is not trusted for as long as we run. */
const KEYS_LIVE_MS = 3_600_000;
/** Pause after a fetch that failed: without keys, and with keys that still do. */
const FAILURE_PAUSE_MS = 1_000;
const REFRESH_PAUSE_MS = 60_000;
const TIMEOUT_MS = 2_000;

const WELL_KNOWN = '/.well-known/openid-configuration';

/** @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationRequest */
export function configurationUri(issuer: string): string {
  return issuer.replace(/\/$/, '') + WELL_KNOWN;
}

/**
 * Keys of issuers, each fetched when it is first needed, when a token names one that is not there, and once an hour.
 * An address that ends as {@link configurationUri} does is a configuration, which says where the keys are.
 * Rejects with `AUTHENTICATION_UNAVAILABLE` when they cannot be had.
 */
export function createKeys({ clock, fetch, unknownKeySeconds }: KeyOptions): JwksCache {
  const fetcher = createFetcher(clock, fetch);
  const penaltyBox = new SimplePenaltyBox({ waitSeconds: unknownKeySeconds });
  const refreshAt = new Map<string, number>();
  const cache = new SimpleJwksCache({
    penaltyBox,
    fetcher: {
      fetch: async (uri) => {
        const keys = await fetcher.fetch(uri);
        refreshAt.set(uri, clock.now() + KEYS_LIVE_MS);
        return keys;
      },
    },
  });
  return {
    getCachedJwk: (uri, jwt) => cache.getCachedJwk(uri, jwt),
    addJwks: (uri, jwks) => cache.addJwks(uri, jwks),
    getJwks: (uri) => cache.getJwks(uri),
    async getJwk(uri, jwt) {
      if ((refreshAt.get(uri) ?? Number.POSITIVE_INFINITY) <= clock.now()) {
        // Set first: what comes meanwhile, or after a failure, goes by the keys that are there.
        refreshAt.set(uri, clock.now() + REFRESH_PAUSE_MS);
        await cache.getJwks(uri).catch(() => undefined);
      }
      return cache.getJwk(uri, jwt);
    },
  };
}

function createFetcher(clock: KeyOptions['clock'], fetchAny: Fetch): Fetcher {
  // An issuer says where its keys are, so that not every address comes from the configuration.
  const fetch: Fetch = async (uri) => {
    if (!URL.canParse(uri) || !isTrustedUrl(new URL(uri))) {
      throw new Error('the address is neither https nor of this machine');
    }
    return fetchAny(uri);
  };
  const failures = new Map<string, { readonly until: number; readonly error: TablecastError }>();
  return {
    async fetch(uri) {
      const failure = failures.get(uri);
      if (failure && clock.now() < failure.until) throw failure.error;
      try {
        const keys = await fetch(uri.endsWith(WELL_KNOWN) ? await locate(uri, fetch) : uri);
        // Here rather than in the library, where a page that is no key set would pass for a fault of the token.
        assertIsJwks(parse(keys));
        failures.delete(uri);
        return keys;
      } catch (cause) {
        const words = cause instanceof Error ? cause.message : 'no answer';
        const error = new TablecastError(
          'AUTHENTICATION_UNAVAILABLE',
          `Keys of a token issuer: expected a JSON Web Key Set by way of ${uri}, got none (${words})`,
          { cause },
        );
        failures.set(uri, { until: clock.now() + FAILURE_PAUSE_MS, error });
        throw error;
      }
    },
  };
}

/** Where the issuer of a configuration keeps its keys. */
async function locate(uri: string, fetch: Fetch): Promise<string> {
  const configuration = parse(await fetch(uri));
  const members = new Map<string, unknown>(
    typeof configuration === 'object' && configuration !== null ? Object.entries(configuration) : [],
  );
  const [issuer, keys] = [members.get('issuer'), members.get('jwks_uri')];
  if (typeof issuer !== 'string' || configurationUri(issuer) !== uri) {
    throw new Error('the configuration is that of another issuer');
  }
  if (typeof keys !== 'string') throw new Error('the configuration has no jwks_uri');
  // Plain http is for issuers of this machine: one from outside is not to have us ask what only we can reach here.
  if (/^https:/i.test(uri) && !/^https:/i.test(keys)) throw new Error('the jwks_uri is not https');
  return keys;
}

function parse(document: ArrayBuffer) {
  return safeJsonParse(new TextDecoder('utf-8', { fatal: true }).decode(document));
}

const https = new SimpleFetcher({ defaultRequestOptions: { responseTimeout: TIMEOUT_MS } });

/** https by the library's own fetcher; plain http only to this machine, which the library's does not do. */
export const fetchDocument: Fetch = async (uri) => {
  if (uri.startsWith('https:')) return https.fetch(uri);
  const response = await fetch(uri, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.arrayBuffer();
};
