import type { ConstDirectiveNode, DefinitionNode, DocumentNode } from 'graphql';
import { buildASTSchema, Kind, parse, visit } from 'graphql';

/**
 * Amplify's directive of rules, as both of its versions have it; version 1's `queries` and `mutations` are left out,
 * as `operations` says the same.
 * @see https://docs.amplify.aws/gen1/javascript/build-a-backend/graphqlapi/customize-authorization-rules/
 */
const AMPLIFY_SDL = `
"""Who may do what with the items of a type, or with one of its fields. Whoever a rule lets in is let in."""
directive @auth(rules: [AuthRule!]!) on OBJECT | FIELD_DEFINITION

"""One rule of \`@auth\`."""
input AuthRule {
  allow: AuthStrategy!
  """How somebody proves who they are: by default \`apiKey\` of \`public\`, \`function\` of \`custom\`, else \`userPools\`."""
  provider: AuthProvider
  """Of \`owner\`: the field that names the owner, or lists the owners. Default \`owner\`."""
  ownerField: String
  """Of \`owner\`: the claim the field is compared with. Default \`sub::username\`."""
  identityClaim: String
  """Of \`groups\`: the claim that lists somebody's groups. Default \`cognito:groups\`."""
  groupClaim: String
  """Of \`groups\`: their names."""
  groups: [String!]
  """Of \`groups\`: the field that names a group, or lists some. Default, where \`groups\` is not given: \`groups\`."""
  groupsField: String
  """What the rule allows. Default: everything."""
  operations: [ModelOperation!]
}

enum AuthStrategy { owner groups private public custom }

enum AuthProvider { apiKey iam identityPool oidc userPools function }

enum ModelOperation { create update delete read get list sync listen search }
`;

/**
 * AppSync's directives of authorisation modes.
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
 */
const APPSYNC_SDL = `
"""For who has an API key."""
directive @aws_api_key on OBJECT | FIELD_DEFINITION

"""For who has a token of a Cognito user pool and is in one of the groups, where some are named."""
directive @aws_auth(cognito_groups: [String!]!) on OBJECT | FIELD_DEFINITION

"""For who has a token of a Cognito user pool and is in one of the groups, where some are named."""
directive @aws_cognito_user_pools(cognito_groups: [String!]) on OBJECT | FIELD_DEFINITION

"""For whom API Gateway knows by IAM."""
directive @aws_iam on OBJECT | FIELD_DEFINITION

"""For whom a Lambda authoriser lets in."""
directive @aws_lambda on OBJECT | FIELD_DEFINITION

"""For who has a token of an OpenID Connect issuer."""
directive @aws_oidc on OBJECT | FIELD_DEFINITION
`;

/** Amplify's directive, which holds a list of rules. */
export const AMPLIFY_RULES = 'auth';

// Without locations: nothing in them is a place in the user's file.
const amplify = parse(AMPLIFY_SDL, { noLocation: true }).definitions;
const appSync = parse(APPSYNC_SDL, { noLocation: true }).definitions;

/** The directives of rules and the types of their arguments, for reading what is written by them; no API. */
export const RULE_SCHEMA = buildASTSchema(
  { kind: Kind.DOCUMENT, definitions: [...amplify, ...appSync] },
  { assumeValid: true, assumeValidSDL: true },
);

const APPSYNC_NAMES: ReadonlySet<string> = new Set(appSync.flatMap(nameOf));
const AMPLIFY_TYPES: ReadonlyMap<string, Kind> = new Map(
  amplify
    .filter((node) => node.kind !== Kind.DIRECTIVE_DEFINITION)
    .flatMap((node) => nameOf(node).map((name) => [name, node.kind] as const)),
);

/** True for `auth` and for AppSync's own, of which `aws_subscribe` is none. */
export function isRuleDirective(name: string): boolean {
  return name === AMPLIFY_RULES || isAppSyncRule(name);
}

/** True for AppSync's directives of authorisation modes. */
export function isAppSyncRule(name: string): boolean {
  return APPSYNC_NAMES.has(name);
}

/** The rules that stand on a node, as written. */
export function appliedRules(node: {
  readonly directives?: ReadonlyArray<ConstDirectiveNode> | undefined;
}): readonly ConstDirectiveNode[] {
  return (node.directives ?? []).filter(({ name }) => isRuleDirective(name.value));
}

/** Names of the directives of rules a document uses, wherever they stand. */
export function usedRules(document: DocumentNode): ReadonlySet<string> {
  const used = new Set<string>();
  visit(document, {
    [Kind.DIRECTIVE]: ({ name }) => {
      if (isRuleDirective(name.value)) used.add(name.value);
    },
  });
  return used;
}

/** What the completed schema must define for the directives used: no more, as the rest would only be in the way. */
export function ruleDefinitions(used: ReadonlySet<string>): readonly DefinitionNode[] {
  return [
    ...(used.has(AMPLIFY_RULES) ? amplify : []),
    ...appSync.filter((node) => nameOf(node).some((name) => used.has(name))),
  ];
}

/**
 * True for a type of `@auth`'s arguments in a file that defines the directive itself, as some exports do: ours take
 * its place. In other files a type of such a name is the user's own.
 */
export function isAmplifyType(definition: DefinitionNode, document: DocumentNode): boolean {
  return (
    nameOf(definition).some((name) => AMPLIFY_TYPES.get(name) === definition.kind) &&
    document.definitions.some(
      (each) => each.kind === Kind.DIRECTIVE_DEFINITION && each.name.value === AMPLIFY_RULES,
    )
  );
}

function nameOf(node: DefinitionNode): readonly string[] {
  return 'name' in node && node.name ? [node.name.value] : [];
}
