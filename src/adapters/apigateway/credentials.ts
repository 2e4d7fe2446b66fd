import type { ApiGatewayManagementApiClientConfig } from '@aws-sdk/client-apigatewaymanagementapi';
import type { Clock } from '../../relay/ports.ts';

/** Fixed credentials, or a function that brings them, such as the SDK's own chains. */
export type CredentialsOption = NonNullable<ApiGatewayManagementApiClientConfig['credentials']>;

type Provider = Extract<CredentialsOption, (...parts: never[]) => unknown>;
export type Credentials = Awaited<ReturnType<Provider>>;

/** Credentials of one process, asked for as seldom as may be. */
export interface CredentialsCache {
  /**
   * Those to sign with, at once where they are known.
   * @throws (rejects) Error when there are none, or none that have not expired
   */
  current(): Credentials | Promise<Credentials>;
  /** The service called these expired or unknown: others are asked for, once, whatever they say of their own end. */
  refused(credentials: Credentials): void;
}

/** As the SDK has it: from then on others are asked for, while these still do. */
const BEFORE_EXPIRY_MS = 300_000;
/** At most so often, when no later ones are to be had. */
const ASK_AGAIN_MS = 5_000;
/** At most so often for credentials that were refused: it may be the policy that is wrong. */
const REFUSED_AGAIN_MS = 60_000;

export function createCredentialsCache(option: CredentialsOption, clock: Clock): CredentialsCache {
  const provider: Provider = typeof option === 'function' ? option : async () => option;
  let known: Credentials | undefined;
  let asking: Promise<Credentials> | undefined;
  let askNotBefore = Number.NEGATIVE_INFINITY;
  let refuseNotBefore = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  /** True while those that were refused are on their way to be replaced: nothing is signed with them meanwhile. */
  let replacing = false;

  const ask = (forceRefresh: boolean): Promise<Credentials> => {
    asking ??= request(forceRefresh).finally(() => {
      asking = undefined;
      replacing = false;
    });
    return asking;
  };
  const request = async (forceRefresh: boolean) => {
    askNotBefore = clock.now() + ASK_AGAIN_MS;
    try {
      known = checked(await provider({ forceRefresh }));
      failure = undefined;
      return known;
    } catch (error) {
      failure = error;
      // What is still valid goes on being used, and so does what was refused: the service has the last word.
      if (known && !hasExpired(known, clock.now())) return known;
      throw error;
    }
  };

  return {
    current() {
      const now = clock.now();
      if (known && !replacing && !hasExpired(known, now)) {
        if (expiryOf(known) - BEFORE_EXPIRY_MS <= now && now >= askNotBefore) ask(false).catch(() => {});
        return known;
      }
      // One who has none answers at once, and would be asked for every frame.
      if (!asking && failure !== undefined && now < askNotBefore) return Promise.reject(failure);
      return ask(false);
    },
    refused(credentials) {
      const now = clock.now();
      if (credentials !== known || now < refuseNotBefore) return;
      refuseNotBefore = now + REFUSED_AGAIN_MS;
      replacing = true;
      ask(true).catch(() => {});
    },
  };
}

/** Epoch ms. */
function expiryOf({ expiration }: Credentials): number {
  return expiration?.getTime() ?? Number.POSITIVE_INFINITY;
}

function hasExpired(credentials: Credentials, now: number): boolean {
  return expiryOf(credentials) <= now;
}

function checked(credentials: Credentials): Credentials {
  if (credentials?.accessKeyId && credentials.secretAccessKey) return credentials;
  throw new Error('expected an access key id and a secret access key, got an identity without them');
}
