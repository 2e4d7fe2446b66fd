import type { ConstDirectiveNode } from 'graphql';
import { getArgumentValues, isRequiredArgument } from 'graphql';
import { DEFAULT_GROUP_CLAIM } from '../../auth/claim-values.ts';
import type { AccessRule, AuthMode } from '../access.ts';
import { ACCESS_OPERATIONS } from '../access.ts';
import type { Problems } from '../problems.ts';
import { RULE_SCHEMA } from './directives.ts';
import type { WrittenRule } from './written.ts';

const ALL_OPERATIONS = new Set(ACCESS_OPERATIONS);

const MODES: ReadonlyMap<string, AuthMode> = new Map<string, AuthMode>([
  ['aws_api_key', 'apiKey'],
  ['aws_auth', 'userPools'],
  ['aws_cognito_user_pools', 'userPools'],
  ['aws_iam', 'iam'],
  ['aws_lambda', 'lambda'],
  ['aws_oidc', 'oidc'],
]);

/** What AppSync lets in where nothing is written: the default authorisation mode of the API. */
export const DEFAULT_RULE: AccessRule = {
  kind: 'anyone',
  isPublic: false,
  modes: 'default',
  operations: ALL_OPERATIONS,
};

/** `undefined` for what cannot be read: told here, or by the check of values. */
export function readAppSyncRule(applied: ConstDirectiveNode, problems: Problems): WrittenRule | undefined {
  const name = applied.name.value;
  const mode = MODES.get(name);
  if (!mode) return undefined;
  const groups = readGroups(applied);
  if (groups === 'unreadable') return undefined;
  const scope = { modes: [mode], operations: ALL_OPERATIONS };
  if (!groups) return { rule: { ...scope, kind: 'anyone', isPublic: mode === 'apiKey' }, node: applied };
  if (groups.length === 0 || groups.includes('')) {
    problems.add(
      `@${name}: expected cognito_groups to name groups, as ${groups.length === 0 ? 'none lets nobody in, got an empty list' : 'nobody is in one without a name, got ""'}`,
      applied,
    );
    return undefined;
  }
  return { rule: { ...scope, kind: 'groups', groups, claim: DEFAULT_GROUP_CLAIM }, node: applied };
}

function readGroups(applied: ConstDirectiveNode): readonly string[] | 'unreadable' | undefined {
  const definition = RULE_SCHEMA.getDirective(applied.name.value);
  if (!definition) return 'unreadable';
  const given = new Set(applied.arguments?.map((argument) => argument.name.value));
  // Validation tells of an argument that is missing.
  if (definition.args.some((argument) => isRequiredArgument(argument) && !given.has(argument.name))) {
    return 'unreadable';
  }
  try {
    const groups: unknown = getArgumentValues(definition, applied)['cognito_groups'];
    return Array.isArray(groups) ? groups.map(String) : undefined;
  } catch {
    // The check of values tells what is wrong with them.
    return 'unreadable';
  }
}
