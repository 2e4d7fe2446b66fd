import { ORIGIN_EXAMPLE, type OriginRules, readOrigins } from '../auth/origins.ts';
import { AUTH_MODES, type AuthMode } from '../schema/access.ts';
import { intrinsicValue } from './intrinsic-value.ts';
import type { Text } from './intrinsics.ts';
import { choice, flag, invalid, objectOf, shown, texts } from './setting-values.ts';

/** An authoriser of API Gateway's in front of `$connect` and `/graphql`. */
export type AuthorizerSetting =
  | { readonly kind: 'iam' }
  /** A Lambda function of the user's own: `name` in the same serverless.yml, or by its `arn`. */
  | { readonly kind: 'lambda'; readonly name: string; readonly arn?: Text };

/** Who is let in, beside API keys and issuers. */
export interface AccessSettingsOfDeploy {
  /** Default none. */
  readonly authorizer?: AuthorizerSetting;
  /** Says that `hooks.authorize` of the project tells who may connect, so that a deploy needs no other way. Default false. */
  readonly authorizeHook: boolean;
  /** Lets everybody in as nobody in particular, on AWS too. Default false. */
  readonly allowAnyone: boolean;
  /** What AppSync calls the default authorisation mode. Default none. */
  readonly defaultAuthorization: readonly AuthMode[];
  /** Pages that may open a connection; by default those of any origin. Without an `Origin`: refused, once there is a list. */
  readonly origins: OriginRules;
}

/** Keys of `custom.tablecast` that say who is let in. */
export const ACCESS_KEYS = [
  'authorizer',
  'authorizeHook',
  'allowAnyone',
  'defaultAuthorization',
  'origins',
  'originMissing',
];

/** @throws TablecastError `CONFIG_INVALID` */
export function accessSettingsOf(given: ReadonlyMap<string, unknown>): AccessSettingsOfDeploy {
  const authorizer = authorizerOf(given.get('authorizer'));
  return {
    ...(authorizer && { authorizer }),
    authorizeHook: flag('authorizeHook', given.get('authorizeHook'), false),
    allowAnyone: flag('allowAnyone', given.get('allowAnyone'), false),
    defaultAuthorization: modesOf(given.get('defaultAuthorization')),
    origins: originsOf(given),
  };
}

/**
 * Whether a project may be deployed: somebody has to be able to connect, and not everybody, unless that is said in so
 * many words.
 * @param ways how many API keys and issuers there are
 * @throws TablecastError `CONFIG_INVALID`
 */
export function checkAuthentication(
  { allowAnyone, authorizer, authorizeHook }: AccessSettingsOfDeploy,
  ways: number,
): void {
  const isTold = ways > 0 || authorizer !== undefined || authorizeHook;
  if (allowAnyone && isTold) {
    throw invalid(
      'custom.tablecast.allowAnyone',
      'true only where nothing tells who it is, for every credential is then ignored',
      'it beside apiKeys, jwt, authorizer or authorizeHook',
    );
  }
  if (allowAnyone || isTold) return;
  throw invalid(
    'custom.tablecast',
    'a way to tell who may connect: apiKeys, jwt, authorizer, or "authorizeHook: true" for the hook of your own code ' +
      '("allowAnyone: true" deploys an API that anyone may use)',
    'none',
  );
}

function authorizerOf(value: unknown): AuthorizerSetting | undefined {
  const at = 'custom.tablecast.authorizer';
  if (value === undefined || value === null) return undefined;
  if (value === 'aws_iam') return { kind: 'iam' };
  const expected = 'aws_iam, {name: FUNCTION} or {arn: ARN}';
  const given = objectOf(at, value, ['type', 'name', 'arn'], expected);
  const [type, name, arn] = [given.get('type'), given.get('name'), given.get('arn')];
  if (type === 'aws_iam' && given.size === 1) return { kind: 'iam' };
  if (type !== undefined) throw invalid(`${at}.type`, 'aws_iam, alone', shown(type));
  if (arn !== undefined && name !== undefined)
    throw invalid(at, 'either a name or an arn, not both', 'both of them');
  if (arn !== undefined) {
    const isText =
      typeof arn === 'string' && /^arn:[^:]+:lambda:[^:]+:\d*:function:[\w-]+(:[\w$-]+)?$/.test(arn);
    if (typeof arn === 'string' && !isText)
      throw invalid(`${at}.arn`, 'the ARN of a Lambda function', 'another text');
    const whole = isText ? arn : intrinsicValue(`${at}.arn`, arn, 'the ARN of a Lambda function');
    return { kind: 'lambda', name: AUTHORIZER_NAME, arn: whole };
  }
  if (typeof name !== 'string' || !/^[A-Za-z][\w-]*$/.test(name)) {
    throw invalid(`${at}.name`, 'the name of a function in this serverless.yml', shown(name));
  }
  return { kind: 'lambda', name };
}

/** What an authoriser is called whose function has no name here. */
const AUTHORIZER_NAME = 'tablecastAuthorizer';

function modesOf(value: unknown): readonly AuthMode[] {
  const expected = `modes of ${AUTH_MODES.join(', ')}`;
  return [...new Set(texts('defaultAuthorization', expected, value))].map((text) => {
    const mode = AUTH_MODES.find((known) => known === text);
    if (mode === undefined) throw invalid('custom.tablecast.defaultAuthorization', expected, shown(text));
    return mode;
  });
}

function originsOf(given: ReadonlyMap<string, unknown>): OriginRules {
  const read = readOrigins(texts('origins', 'origins as text, separated by commas', given.get('origins')));
  if ('invalid' in read)
    throw invalid('custom.tablecast.origins', `* alone, or ${ORIGIN_EXAMPLE}`, shown(read.invalid));
  const missing = choice('originMissing', given.get('originMissing'), ['refuse', 'allow'], 'refuse');
  return { allowed: read.allowed, missing };
}
