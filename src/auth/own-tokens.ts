import { kindOf, TablecastError } from '../errors.ts';
import type { Claims } from './identity.ts';
import { identityHash, isSeconds } from './identity-hash.ts';
import { keptTexts, moreClaims } from './more-claims.ts';
import type { TokenVerdict, TokenVerifier } from './token-verifier.ts';

/** Whom a project's own check says a token speaks for. */
export interface Authorized {
  /** Who it is: not empty, and the same for the same person each time. */
  readonly subject: string;
  readonly username?: string;
  readonly groups?: readonly string[];
  /** Further claims by name; those are kept that rules of the schema read. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Epoch seconds; without it the connection lives as long as any. */
  readonly expiresAt?: number;
}

/** A project's own check of tokens: `hooks.authorize`. */
export type Authorize = (token: string) => Authorized | undefined | Promise<Authorized | undefined>;

export interface OwnTokensOptions {
  readonly authorize: Authorize;
  /** Names of the claims that are kept beside the usual ones. */
  readonly claims: readonly string[];
  readonly clock: {
    /** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
  };
}

/** How long a project's own check may take. */
const AUTHORIZE_MS = 5_000;

/** Longest message of a project's that is told and logged, in UTF-16 units. */
const MAX_MESSAGE = 500;

/** Longer ones are refused unread, as longer JSON Web Tokens are. */
const MAX_TOKEN_BYTES = 8 * 1024;

/**
 * Tokens that a project checks itself: opaque ones, as AppSync's Lambda mode has them. What it throws as a GraphQLError
 * is a refusal, and its message is told; anything else it throws, an answer of another shape, or none in 5 s is
 * `AUTHENTICATION_UNAVAILABLE`: nobody is refused for good for that, and nobody let in.
 */
export function createOwnTokens({ authorize, claims: names, clock }: OwnTokensOptions): TokenVerifier {
  const inTime = async (answering: Promise<unknown>): Promise<unknown> => {
    const answered = new AbortController();
    const late = clock.sleep(AUTHORIZE_MS, answered.signal).then(() => {
      if (!answered.signal.aborted) throw new Error(`no answer within ${AUTHORIZE_MS} ms`);
    });
    try {
      return await Promise.race([answering, late]);
    } finally {
      answered.abort();
    }
  };
  return {
    async verify(token): Promise<TokenVerdict> {
      if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) {
        return { ok: false, reason: `a token longer than ${MAX_TOKEN_BYTES} bytes` };
      }
      let answer: unknown;
      try {
        answer = await inTime((async () => authorize(token))());
      } catch (error) {
        const cause = withoutToken(error, token);
        // By name: this runs where nothing else of graphql is loaded.
        if (cause.name === 'GraphQLError') {
          return { ok: false, reason: `a token that was refused: ${cause.message}` };
        }
        throw unavailable('an answer', 'an error or none in time', cause);
      }
      if (answer === undefined || answer === null) return { ok: false, reason: 'a token that nobody knows' };
      try {
        return { ok: true, identity: identityOf(answer, names) };
      } catch (error) {
        if (error instanceof TablecastError) throw error;
        // A getter or a proxy of the project's.
        throw unavailable('an object that can be read', 'one that throws', withoutToken(error, token));
      }
    },
  };
}

/** Types do not bind what a project returns at run time. */
function identityOf(answer: unknown, names: readonly string[]) {
  if (!isPlain(answer)) throw unavailable('a plain object with a subject', kindOf(answer));
  const given = new Map<string, unknown>(Object.entries(answer));
  const subject = given.get('subject');
  const username = given.get('username');
  const groups = given.get('groups');
  const expiresAt = given.get('expiresAt');
  if (typeof subject !== 'string' || subject === '') throw unavailable('a subject', kindOf(subject));
  if (expiresAt !== undefined && !isSeconds(expiresAt)) {
    throw unavailable(
      'expiresAt in epoch seconds',
      typeof expiresAt === 'number' ? 'a number that is none' : kindOf(expiresAt),
    );
  }
  const claims: Claims = {
    provider: 'lambda',
    issuer: 'lambda',
    subject,
    ...(typeof username === 'string' && username !== '' && { username }),
    ...(Array.isArray(groups) && { groups: keptTexts(groups) }),
    ...moreClaims(given.get('claims'), names),
  };
  const hash = identityHash('lambda', 'lambda', subject);
  return {
    kind: 'lambda',
    hash,
    claims,
    ...(expiresAt !== undefined && { expiresAt: Math.floor(expiresAt) }),
  } as const;
}

/**
 * True of an object that inherits nothing of anybody's. Own properties alone are read: an expiry that an object has of its
 * class would be passed over, and a subject that it has of a client's `__proto__` must not be taken.
 */
function isPlain(answer: unknown): answer is object {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return false;
  const inherited: unknown = Object.getPrototypeOf(answer);
  return inherited === null || Object.getPrototypeOf(inherited) === null;
}

/** What libraries say of a token they cannot read may repeat it. Of a project's error nothing is sure to be text. */
function withoutToken(error: unknown, token: string): Error {
  try {
    const { name, message } = error instanceof Error ? error : new Error('not an Error');
    const said = new Error(String(message).replaceAll(token, '(the token)').slice(0, MAX_MESSAGE));
    said.name = String(name).replaceAll(token, '(the token)');
    return said;
  } catch {
    return new Error('an error that cannot be read');
  }
}

function unavailable(expected: string, got: string, cause?: unknown): TablecastError {
  return new TablecastError(
    'AUTHENTICATION_UNAVAILABLE',
    `hooks.authorize: expected ${expected}, got ${got}`,
    cause === undefined ? undefined : { cause },
  );
}
