import type { ConstDirectiveNode } from 'graphql';
import { Kind } from 'graphql';
import {
  DEFAULT_GROUP_CLAIM,
  DEFAULT_IDENTITY_CLAIM,
  isGroupClaim,
  isUsualClaim,
  partsOfClaim,
} from '../../auth/claim-values.ts';
import type { AccessOperation, AccessRule, AuthMode } from '../access.ts';
import { ACCESS_OPERATIONS, READ_OPERATIONS } from '../access.ts';
import type { Problems } from '../problems.ts';
import { GivenRule } from './given-rule.ts';
import type { WrittenRule } from './written.ts';

type Strategy = 'public' | 'private' | 'owner' | 'groups' | 'custom';

/**
 * Whom each strategy can tell, by Amplify's names, the default first. An API key has neither subject nor groups, IAM no
 * groups, and of an identity pool everybody has one ARN, that of its role; `public` is for who has not signed in.
 */
const PROVIDERS: ReadonlyMap<string, readonly [string, ...(readonly string[])]> = new Map<
  Strategy,
  readonly [string, ...(readonly string[])]
>([
  ['public', ['apiKey', 'iam', 'identityPool']],
  ['private', ['userPools', 'oidc', 'iam', 'identityPool', 'function']],
  ['owner', ['userPools', 'oidc', 'iam', 'function']],
  ['groups', ['userPools', 'oidc', 'function']],
  ['custom', ['function']],
]);

const MODES: ReadonlyMap<string, AuthMode> = new Map<string, AuthMode>([
  ['apiKey', 'apiKey'],
  ['userPools', 'userPools'],
  ['oidc', 'oidc'],
  ['iam', 'iam'],
  ['identityPool', 'iam'],
  ['function', 'lambda'],
]);

/** Words of a rule → the one strategy they say something of. */
const WORDS: ReadonlyMap<string, Strategy> = new Map<string, Strategy>([
  ['ownerField', 'owner'],
  ['identityClaim', 'owner'],
  ['groupClaim', 'groups'],
  ['groups', 'groups'],
  ['groupsField', 'groups'],
]);

const OPERATIONS: ReadonlyMap<string, readonly AccessOperation[]> = new Map<
  string,
  readonly AccessOperation[]
>([
  ...ACCESS_OPERATIONS.map((operation) => [operation, [operation]] as const),
  ['read', READ_OPERATIONS],
  // Of a synchronised client and of a search index: both are lists here.
  ['sync', ['list']],
  ['search', ['list']],
]);

/** Names of claims are told to functions as one text, with commas between them. */
const CLAIM = /^[^\s,]+$/;

const DEFAULT_OWNER_FIELD = 'owner';
const DEFAULT_GROUPS_FIELD = 'groups';

type Scope = Pick<AccessRule, 'modes' | 'operations'>;

/** The rules of one `@auth`. What cannot be read is a problem, told here or by the check of values, and left out. */
export function readAmplifyRules(applied: ConstDirectiveNode, problems: Problems): readonly WrittenRule[] {
  const argument = applied.arguments?.find(({ name }) => name.value === 'rules');
  if (!argument) return [];
  const nodes = argument.value.kind === Kind.LIST ? argument.value.values : [argument.value];
  if (nodes.length === 0) {
    problems.add('@auth: expected one or more rules, as none lets nobody in, got an empty list', argument);
  }
  return nodes.flatMap((node) => {
    const given = GivenRule.read(node, problems);
    if (!given) return [];
    const scope = readScope(given);
    const operations = given.has('operations') ? { operations: given.place('operations') } : {};
    return scope ? rulesOf(given, scope).map((rule) => ({ ...rule, ...operations })) : [];
  });
}

function readScope(given: GivenRule): Scope | undefined {
  const allow = given.text('allow') ?? '';
  const strange = [...WORDS].filter(([word, strategy]) => given.has(word) && strategy !== allow);
  for (const [word, strategy] of strange) {
    given.tell(word, `expected ${word} in a rule of allow: ${strategy}, got it in one of allow: ${allow}`);
  }
  const providers = PROVIDERS.get(allow);
  const provider = given.text('provider') ?? providers?.[0] ?? '';
  const mode = MODES.get(provider);
  const isKnown = providers?.includes(provider) === true;
  if (providers && !isKnown) {
    given.tell(
      'provider',
      `expected the provider of allow: ${allow} to be ${oneOf(providers)}, got ${provider}`,
    );
  }
  const operations = readOperations(given);
  if (strange.length > 0 || !isKnown || !mode || !operations) return undefined;
  return { modes: [mode], operations };
}

function readOperations(given: GivenRule): ReadonlySet<AccessOperation> | undefined {
  const words = given.texts('operations');
  if (!words) return new Set(ACCESS_OPERATIONS);
  if (words.length > 0) return new Set(words.flatMap((word) => OPERATIONS.get(word) ?? []));
  given.tell('operations', 'expected one or more operations, as none allows nothing, got an empty list');
  return undefined;
}

function rulesOf(given: GivenRule, scope: Scope): readonly Pick<WrittenRule, 'rule' | 'node' | 'field'>[] {
  const node = given.place('');
  switch (given.text('allow')) {
    case 'public':
      return [{ node, rule: { ...scope, kind: 'anyone', isPublic: true } }];
    case 'owner': {
      const claim = readIdentityClaim(given, scope);
      const field = given.text('ownerField') ?? DEFAULT_OWNER_FIELD;
      if (claim === undefined) return [];
      return [{ node, rule: { ...scope, kind: 'owner', field, claim }, field: given.place('ownerField') }];
    }
    case 'groups':
      return groupRules(given, scope);
    default:
      return [{ node, rule: { ...scope, kind: 'anyone', isPublic: false } }];
  }
}

function groupRules(given: GivenRule, scope: Scope): readonly Pick<WrittenRule, 'rule' | 'node' | 'field'>[] {
  const node = given.place('');
  const claim = readGroupClaim(given);
  const groups = given.texts('groups');
  const isNaming = !groups || (groups.length > 0 && !groups.includes(''));
  if (!isNaming) {
    const got = groups.length === 0 ? 'an empty list' : 'a name that is empty';
    given.tell(
      'groups',
      `expected groups to name one or more groups, as nobody is in such a one, got ${got}`,
    );
  }
  if (claim === undefined || !isNaming) return [];
  const field = given.text('groupsField') ?? (groups ? undefined : DEFAULT_GROUPS_FIELD);
  return [
    ...(groups ? [{ node, rule: { ...scope, kind: 'groups', groups, claim } as const }] : []),
    ...(field === undefined
      ? []
      : [
          {
            node,
            rule: { ...scope, kind: 'groupsField', field, claim } as const,
            field: given.place('groupsField'),
          },
        ]),
  ];
}

function readIdentityClaim(given: GivenRule, { modes }: Scope): string | undefined {
  const claim = given.text('identityClaim') ?? DEFAULT_IDENTITY_CLAIM;
  const parts = partsOfClaim(claim);
  const isPersonal = parts.every((part) => CLAIM.test(part) && !isGroupClaim(part));
  // The name of a session, which is its username, is chosen by whoever may assume the role.
  const isAssigned = !modes.includes('iam') || parts[0] === 'sub';
  if (isPersonal && isAssigned) return claim;
  const expected = isPersonal
    ? 'begin with sub where the provider is iam, as a username is there what its owner calls a session'
    : `name a claim that tells one person, such as sub or ${DEFAULT_IDENTITY_CLAIM}`;
  given.tell('identityClaim', `expected identityClaim to ${expected}, got ${JSON.stringify(claim)}`);
  return undefined;
}

function readGroupClaim(given: GivenRule): string | undefined {
  const claim = given.text('groupClaim') ?? DEFAULT_GROUP_CLAIM;
  if (CLAIM.test(claim) && (isGroupClaim(claim) || !isUsualClaim(claim))) return claim;
  given.tell(
    'groupClaim',
    `expected groupClaim to name a claim that lists groups, such as ${DEFAULT_GROUP_CLAIM}, got ${JSON.stringify(claim)}`,
  );
  return undefined;
}

function oneOf(names: readonly string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names.join('');
}
