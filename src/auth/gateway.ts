import { membersOf } from '../protocol/json-object.ts';
import type { Claims, Identity, Presented } from './identity.ts';
import { identityHash, isSeconds } from './identity-hash.ts';
import { keptTexts, moreClaims } from './more-claims.ts';

/** Which of API Gateway's authorisers stands before `$connect` and `/graphql`. */
export type GatewayAuth = 'iam' | 'lambda';
export const GATEWAY_AUTHS: readonly GatewayAuth[] = ['iam', 'lambda'];

/** What is believed of API Gateway. */
export interface GatewaySettings {
  /** Without it nothing a request context says of an identity is read. */
  readonly kind?: GatewayAuth;
  /** Names of the context strings of a Lambda authoriser that are kept beside the usual ones. */
  readonly claims: readonly string[];
}

/**
 * Whom API Gateway says a request is of. `requestContext` is API Gateway's own: nothing a client sends stands in it.
 * - `absent`: no authoriser is configured, or a Lambda authoriser let the request in without saying who
 *   (`tablecast: "defer"` in its context). An API key or a token decides.
 * - `refused`: an authoriser is configured, and what it should have said is not there.
 *
 * IAM: `identity.userArn` of a WebSocket upgrade or `authorizer.iam.userArn` of an HTTP API (payload 2.0).
 * Lambda: `authorizer`, or `authorizer.lambda` of an HTTP API: `principalId`, or `subject`, which an HTTP API must have in
 * its place; `username`; `groups`, as a JSON list or parted by commas; `scope`; `expiresAt` in epoch seconds.
 * @param now epoch ms
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function gatewayPresented(
  requestContext: unknown,
  { kind, claims }: GatewaySettings,
  now: number,
): Presented {
  if (kind === undefined) return { kind: 'absent' };
  const context = membersOf(requestContext);
  const authorizer = membersOf(context.get('authorizer'));
  if (kind === 'iam') {
    const iam = authorizer.get('iam') ?? context.get('identity');
    return byArn(membersOf(iam).get('userArn'));
  }
  const inner = authorizer.get('lambda');
  return byLambda(typeof inner === 'object' && inner !== null ? membersOf(inner) : authorizer, claims, now);
}

function byArn(arn: unknown): Presented {
  if (typeof arn !== 'string' || arn === '') return refused("API Gateway's IAM authoriser");
  return identified('iam', { provider: 'iam', issuer: 'iam', ...principalOf(arn) });
}

/**
 * A session of a role speaks for the role, and its name tells the session: who may assume the role chooses it.
 * `arn:aws:sts::123456789012:assumed-role/Readers/session` → `arn:aws:iam::123456789012:role/Readers`, `session`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
function principalOf(arn: string): Pick<Claims, 'subject' | 'username'> {
  const [, partition, account, role, session] =
    /^arn:([^:]+):sts::(\d*):assumed-role\/(.+)\/([^/]+)$/.exec(arn) ?? [];
  if (role === undefined || session === undefined) return { subject: arn };
  return { subject: `arn:${partition}:iam::${account}:role/${role}`, username: session };
}

function byLambda(given: ReadonlyMap<string, unknown>, names: readonly string[], now: number): Presented {
  if (given.get('tablecast') === 'defer') return { kind: 'absent' };
  const subject = textOf(given.get('subject')) ?? textOf(given.get('principalId'));
  if (subject === undefined) return refused('the Lambda authoriser');
  const expiry = given.get('expiresAt');
  const expiresAt = expiry === undefined ? undefined : secondsOf(expiry);
  if (expiresAt === null) {
    return {
      kind: 'refused',
      reason: 'expected "expiresAt" of the Lambda authoriser in epoch seconds, got none',
    };
  }
  if (expiresAt !== undefined && expiresAt * 1000 <= now) {
    return {
      kind: 'refused',
      reason: 'expected a request that the Lambda authoriser let in, got one whose time is over',
      isExpired: true,
    };
  }
  const username = textOf(given.get('username'));
  const scope = textOf(given.get('scope'));
  const groups = groupsOf(given.get('groups'));
  const claims: Claims = {
    provider: 'lambda',
    issuer: 'lambda',
    subject,
    ...(username !== undefined && { username }),
    ...(groups && { groups }),
    ...(scope !== undefined && { scope }),
    ...moreClaims(Object.fromEntries(names.map((name) => [name, listOrText(given.get(name))])), names),
  };
  return identified('lambda', claims, expiresAt);
}

function identified(kind: 'iam' | 'lambda', claims: Claims, expiresAt?: number): Presented {
  const hash = identityHash(kind, claims.issuer, claims.subject);
  const identity: Identity = { kind, hash, claims, ...(expiresAt !== undefined && { expiresAt }) };
  return { kind: 'identified', identity };
}

function refused(by: string): Presented {
  return { kind: 'refused', reason: `expected a request that ${by} let in, got one without an identity` };
}

/**
 * What an identity has for its subject where an operator names it by an ARN: that of a session means its role, and of a
 * role the path is left out, which API Gateway does not tell either.
 */
export function iamSubject(arn: string): string {
  return principalOf(arn).subject.replace(/^(arn:[^:]+:iam::\d*:role\/)(?:.*\/)?([^/]+)$/, '$1$2');
}

/** A context holds text, numbers and truth values alone, so that a list is written as JSON. */
function listOrText(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('[')) return value;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) ? list : value;
  } catch {
    return value;
  }
}

function groupsOf(value: unknown): readonly string[] | undefined {
  const list = listOrText(value);
  if (Array.isArray(list)) return keptTexts(list);
  return typeof list === 'string' ? keptTexts(list.split(',').map((name) => name.trim())) : undefined;
}

/** Epoch seconds; null for what is none, milliseconds among it. */
function secondsOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return isSeconds(number) ? Math.floor(number) : null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
