import type { Identity } from '../auth/identity.ts';
import { TablecastError } from '../errors.ts';
import { isObject } from '../protocol/json-object.ts';

const EXPECTED =
  '--as: expected "api-key", or a JSON object such as {"sub": "alice", "username": "…", "groups": ["…"], "provider": "oidc"}';

const PROVIDERS = ['userPools', 'oidc', 'iam', 'lambda'] as const;

/**
 * Whom a subscription is supposed to be made by, as `--as` says it: the rules of the schema are held against them.
 * @throws TablecastError `CONFIG_INVALID`
 */
export function supposedIdentity(text: string): Identity {
  if (text === 'api-key') return { kind: 'api-key', hash: 'supposed' };
  const given = fieldsOf(text);
  const subject = given.get('sub');
  const provider = PROVIDERS.find((name) => name === (given.get('provider') ?? 'userPools'));
  const groups = given.get('groups') ?? [];
  const username = given.get('username');
  if (typeof subject !== 'string' || subject === '' || !provider || !isTexts(groups)) throw invalid();
  if (username !== undefined && typeof username !== 'string') throw invalid();
  const usual = new Set(['sub', 'provider', 'groups', 'username']);
  const more = [...given].flatMap(([name, value]): (readonly [string, string | readonly string[]])[] => {
    if (usual.has(name)) return [];
    if (typeof value === 'string' || isTexts(value)) return [[name, value]];
    throw invalid();
  });
  return {
    kind: provider === 'iam' || provider === 'lambda' ? provider : 'jwt',
    hash: 'supposed',
    claims: { provider, issuer: 'supposed', subject, groups, ...(username && { username }), more },
  };
}

function fieldsOf(text: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return new Map(Object.entries(value));
  } catch {
    // Told below.
  }
  throw invalid();
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function invalid(): TablecastError {
  return new TablecastError('CONFIG_INVALID', `${EXPECTED}, got something else`);
}
