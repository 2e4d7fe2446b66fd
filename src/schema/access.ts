/** How somebody proves who they are, by the names AppSync and Amplify have for it. */
export type AuthMode = 'apiKey' | 'userPools' | 'oidc' | 'iam' | 'lambda';

/** All modes there are. */
export const AUTH_MODES: readonly AuthMode[] = ['apiKey', 'userPools', 'oidc', 'iam', 'lambda'];

/** What a rule lets somebody do with items. `listen` is to subscribe; `get` and `list` are queries. */
export type AccessOperation = 'create' | 'update' | 'delete' | 'get' | 'list' | 'listen';

/** Amplify's `read`. */
export const READ_OPERATIONS: readonly AccessOperation[] = ['get', 'list', 'listen'];

/** All operations a rule may name by itself. */
export const ACCESS_OPERATIONS: readonly AccessOperation[] = [
  'create',
  'update',
  'delete',
  ...READ_OPERATIONS,
];

interface RuleScope {
  /** Whom it concerns: who has proven themselves in one of these ways. `default`: in one of `AccessSettings.defaultModes`. */
  readonly modes: readonly AuthMode[] | 'default';
  /** Never empty. */
  readonly operations: ReadonlySet<AccessOperation>;
}

/**
 * One rule of a schema, whether it was written as Amplify's `@auth` or as AppSync's `@aws_…`. Rules let in, none shuts
 * out: who is let in by any of them is let in.
 * @see https://docs.amplify.aws/gen1/javascript/build-a-backend/graphqlapi/customize-authorization-rules/
 */
export type AccessRule =
  /** Everybody of the modes: `{allow: public}`, `{allow: private}`, `{allow: custom}`, `@aws_api_key`, … */
  | (RuleScope & { readonly kind: 'anyone'; readonly isPublic: boolean })
  /** Who is in one of the groups named: `{allow: groups, groups: ["Admin"], groupClaim: "cognito:groups"}`. */
  | (RuleScope & { readonly kind: 'groups'; readonly groups: readonly string[]; readonly claim: string })
  /** Who an item's own field names: `{allow: owner, ownerField: "owner", identityClaim: "sub::username"}`. */
  | (RuleScope & { readonly kind: 'owner'; readonly field: string; readonly claim: string })
  /** Who is in a group that an item's own field names: `{allow: groups, groupsField: "groups"}`. */
  | (RuleScope & { readonly kind: 'groupsField'; readonly field: string; readonly claim: string });

/** The rules of one type of items. Present on every such type once the schema has any rule at all (deny by default). */
export interface TypeAccess {
  /** Of whole items; none lets nobody in. */
  readonly rules: readonly AccessRule[];
  /**
   * API name → rules of a stored field that has its own, in the place of the type's. Of their operations `create`,
   * `update` (may set it), `delete` (of no meaning), and `get`, `list`, `listen` (may read it) count.
   */
  readonly fields: ReadonlyMap<string, readonly AccessRule[]>;
  /** Changes with the rules: what was subscribed to under others must not be served under these. */
  readonly fingerprint: string;
  /** True when a rule's modes, of these or of `ModelAccess.fields`, are `default`: then what they let in is configured. */
  readonly usesDefault?: true;
}

/** The rules of a schema that belong to no type of items. */
export interface ModelAccess {
  /**
   * `Type.field` → static rules (`anyone`, `groups`): of root fields; of fields of object types that are no items
   * themselves; of fields that a resolver answers. A root field that a table feeds or answers must satisfy these and
   * its type's. A hand-written root field that is absent here is nobody's, unless it returns a type of items, whose
   * rules then guard what it returns.
   */
  readonly fields: ReadonlyMap<string, readonly AccessRule[]>;
  /** True when a rule's modes are `default`: then `AccessSettings.defaultModes` must name some. */
  readonly usesDefault: boolean;
  /** Names of the claims that rules read, beside the subject, the username and the groups. */
  readonly claims: readonly string[];
}
