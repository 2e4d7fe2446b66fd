import { describe, expect, test } from '@jest/globals';
import { type ProblemCase, problemsOf } from '../problem-cases.ts';

/** A file whose one type has rules; they begin at line 2, column 16. */
function rules(text: string, fields = 'id: ID! owner: String'): string {
  return `type Todo @table\n  @auth(rules: [${text}]) {\n  ${fields}\n}`;
}

const PUBLIC = 'type Todo @table @auth(rules: [{allow: public}]) {\n  id: ID!\n';

const NO_ITEM =
  'expected rules of allow: public, private, custom or groups with their names, as there is no item here to look at, got';

const VALUES: readonly ProblemCase[] = [
  {
    name: 'a strategy that is none',
    sdl: rules('{allow: ownr}'),
    problems: [
      '2:25 Value "ownr" does not exist in "AuthStrategy" enum. Did you mean the enum value "owner"?',
    ],
  },
  {
    name: 'a rule without a strategy',
    sdl: rules('{provider: oidc}'),
    problems: ['2:17 Field "AuthRule.allow" of required type "AuthStrategy!" was not provided.'],
  },
  {
    name: 'a word that is none',
    sdl: rules('{allow: owner, ownersField: "owner"}'),
    problems: [
      '2:32 Field "ownersField" is not defined by type "AuthRule". Did you mean "ownerField" or "groupsField"?',
    ],
  },
  {
    name: 'an operation that is none, and one as text',
    sdl: rules('{allow: public, operations: [raed]}, {allow: public, operations: ["read"]}'),
    problems: [
      '2:46 Value "raed" does not exist in "ModelOperation" enum. Did you mean the enum value "read"?',
      '2:83 Enum "ModelOperation" cannot represent non-enum value: "read". Did you mean the enum value "read" or "create"?',
    ],
  },
  {
    name: 'names of another type',
    sdl: rules('{allow: groups, groups: [1, null]}'),
    problems: [
      '2:42 String cannot represent a non string value: 1',
      '2:45 Expected value of type "String!", found null.',
    ],
  },
  {
    name: 'the words of the first version of Amplify',
    sdl: rules('{allow: owner, queries: [get], mutations: null, identityField: "sub"}'),
    problems: [
      '2:32 expected operations: [get], [list] or [read] in a rule, got queries, which is of an older version of Amplify',
      '2:48 expected operations: [create, update, delete] or some of them in a rule, got mutations, which is of an older version of Amplify',
      '2:65 expected identityClaim in a rule, got identityField, which is of an older version of Amplify',
    ],
  },
  {
    name: 'no rules, no operations, no groups',
    sdl: `${rules('')}\ntype B @table @auth(rules: [{allow: public, operations: []}, {allow: groups, groups: []}, {allow: groups, groups: [""]}]) { id: ID! }`,
    problems: [
      '2:9 @auth: expected one or more rules, as none lets nobody in, got an empty list',
      '5:45 @auth: expected one or more operations, as none allows nothing, got an empty list',
      '5:78 @auth: expected groups to name one or more groups, as nobody is in such a one, got an empty list',
      '5:107 @auth: expected groups to name one or more groups, as nobody is in such a one, got a name that is empty',
    ],
  },
  {
    name: 'providers that cannot tell whom the rule means',
    sdl: rules(
      '{allow: public, provider: userPools}\n {allow: private, provider: apiKey}\n {allow: owner, provider: apiKey}\n {allow: groups, provider: iam}\n {allow: custom, provider: oidc}',
    ),
    problems: [
      '2:33 @auth: expected the provider of allow: public to be apiKey, iam or identityPool, got userPools',
      '3:19 @auth: expected the provider of allow: private to be userPools, oidc, iam, identityPool or function, got apiKey',
      '4:17 @auth: expected the provider of allow: owner to be userPools, oidc, iam or function, got apiKey',
      '5:18 @auth: expected the provider of allow: groups to be userPools, oidc or function, got iam',
      '6:18 @auth: expected the provider of allow: custom to be function, got oidc',
    ],
  },
  {
    name: 'words of another strategy',
    sdl: rules('{allow: private, ownerField: "owner"}, {allow: owner, groups: ["A"]}'),
    problems: [
      '2:34 @auth: expected ownerField in a rule of allow: owner, got it in one of allow: private',
      '2:71 @auth: expected groups in a rule of allow: groups, got it in one of allow: owner',
    ],
  },
  {
    name: 'claims that tell no one, or no groups',
    sdl: rules(
      '{allow: owner, identityClaim: "sub::"}\n {allow: owner, identityClaim: "cognito:groups"}\n {allow: groups, groups: ["A"], groupClaim: ""}\n {allow: groups, groups: ["A"], groupClaim: "sub"}\n {allow: owner, identityClaim: "a,b"}',
    ),
    problems: [
      '2:32 @auth: expected identityClaim to name a claim that tells one person, such as sub or sub::username, got "sub::"',
      '3:17 @auth: expected identityClaim to name a claim that tells one person, such as sub or sub::username, got "cognito:groups"',
      '4:33 @auth: expected groupClaim to name a claim that lists groups, such as cognito:groups, got ""',
      '5:33 @auth: expected groupClaim to name a claim that lists groups, such as cognito:groups, got "sub"',
      '6:17 @auth: expected identityClaim to name a claim that tells one person, such as sub or sub::username, got "a,b"',
    ],
  },
  {
    name: 'owners that IAM does not tell apart, or who choose what they are called',
    sdl: rules(
      '{allow: owner, provider: identityPool}\n {allow: owner, provider: iam, identityClaim: "username"}\n {allow: owner, provider: iam, identityClaim: "cognito:username::sub"}',
    ),
    problems: [
      '2:32 @auth: expected the provider of allow: owner to be userPools, oidc, iam or function, got identityPool',
      '3:32 @auth: expected identityClaim to begin with sub where the provider is iam, as a username is there what its owner calls a session, got "username"',
      '4:32 @auth: expected identityClaim to begin with sub where the provider is iam, as a username is there what its owner calls a session, got "cognito:username::sub"',
    ],
  },
  {
    name: "AppSync's groups, empty, missing and of another type",
    sdl: 'type Todo @table\n  @aws_cognito_user_pools(cognito_groups: []) {\n  id: ID!\n  a: ID @aws_auth\n  b: ID @aws_auth(cognito_groups: [""])\n  c: ID @aws_cognito_user_pools(cognito_groups: [1])\n  d: ID @aws_iam(groups: ["A"])\n}',
    problems: [
      '2:3 @aws_cognito_user_pools: expected cognito_groups to name groups, as none lets nobody in, got an empty list',
      '4:9 Directive "@aws_auth" argument "cognito_groups" of type "[String!]!" is required, but it was not provided.',
      '5:9 @aws_auth: expected cognito_groups to name groups, as nobody is in one without a name, got ""',
      '6:50 String cannot represent a non string value: 1',
      '7:18 Unknown argument "groups" on directive "@aws_iam".',
    ],
  },
];

const PLACES: readonly ProblemCase[] = [
  {
    name: 'an owner field that is not there, with the line to add',
    sdl: rules('{allow: owner}, {allow: owner, ownerField: "editors"}, {allow: groups}', 'id: ID!'),
    problems: [
      '2:17 @auth: expected Todo to have a stored field owner, which the rule compares with claims, got none; add "owner: String" to it',
      '2:48 @auth: expected Todo to have a stored field editors, which the rule compares with claims, got none; add "editors: String" to it',
      '2:72 @auth: expected Todo to have a stored field groups, which the rule compares with claims, got none; add "groups: String" to it',
    ],
  },
  {
    name: 'an owner field whose name is misspelt, with those it may be',
    sdl: rules('{allow: owner, ownerField: "ownr"}', 'id: ID! owner: String size: Int editors: [String]'),
    problems: [
      '2:32 @auth: expected Todo to have a stored field ownr, which the rule compares with claims, got none; add "ownr: String" to it, or name one that is there: owner, editors',
    ],
  },
  {
    name: 'an owner field that is no text, or that a resolver answers',
    sdl: rules(
      '{allow: owner, ownerField: "a"}\n {allow: owner, ownerField: "b"}\n {allow: owner, ownerField: "c"}\n {allow: owner, ownerField: "d"}\n {allow: groups, groupsField: "e"}',
      'id: ID! a: Int b: E c: [[String]] d: String @resolved e: AWSJSON\n}\nenum E {\n  A',
    ),
    problems: [
      '2:32 @auth: expected Todo.a, which the rule compares with claims, to be an ID or a String, or a list of them, got Int',
      '3:17 @auth: expected Todo.b, which the rule compares with claims, to be an ID or a String, or a list of them, got E',
      '4:17 @auth: expected Todo.c, which the rule compares with claims, to be an ID or a String, or a list of them, got [[String]]',
      '5:17 @auth: expected Todo to have a stored field d, which the rule compares with claims, got one that a resolver answers',
      '6:18 @auth: expected Todo.e, which the rule compares with claims, to be an ID or a String, or a list of them, got AWSJSON',
    ],
  },
  {
    name: 'rules on key fields and on fields that cannot be null',
    sdl: 'type Todo @table {\n  id: ID! @aws_iam\n  text: String! @aws_iam\n  list: [String!] @aws_iam\n}',
    problems: [
      '2:11 Todo.id: expected rules on a field that is not of the key, as whoever may read an item may read its key; got @aws_iam',
      '3:9 Todo.text: expected a type that can be null, as who may not read the field is given null, got String!',
    ],
  },
  {
    name: 'a field that may be read in one way and not in another',
    sdl: `${PUBLIC}  a: ID @auth(rules: [{allow: public, operations: [get, list]}, {allow: public, operations: [read, update]}])\n  b: ID @auth(rules: {allow: public, operations: [create]})\n}`,
    problems: [
      '3:39 Todo.a: expected the rule of a field to allow all of get, list, listen (read) or none of them, got get, list without the others',
    ],
  },
  {
    name: 'rules that look at an item where there is none',
    sdl: `${PUBLIC}  part: Part\n  user: Todo @auth(rules: [{allow: owner, ownerField: "id"}])\n}\ntype Part @auth(rules: [{allow: owner}]) {\n  owner: String\n}\ntype Result {\n  a: ID @auth(rules: [{allow: groups, groupsField: "a"}])\n}\ntype Query {\n  a: Result @auth(rules: [{allow: owner}])\n}`,
    problems: [
      `4:43 Todo.user: ${NO_ITEM} allow: owner`,
      `6:25 Part: ${NO_ITEM} allow: owner`,
      `10:39 Result.a: ${NO_ITEM} groupsField`,
      `13:27 Query.a: ${NO_ITEM} allow: owner`,
    ],
  },
  {
    name: 'a rule that looks at an item, on a published type that is inside items too',
    sdl: `${PUBLIC}  ping: Ping\n}\ntype Ping @auth(rules: [{allow: owner, ownerField: "to"}]) {\n  to: ID\n}\ntype Subscription {\n  onPing: Ping @published\n}`,
    problems: [`5:40 Ping: ${NO_ITEM} allow: owner`],
  },
  {
    name: 'such a rule, on a published type that is inside another one',
    sdl: `${PUBLIC}}\ntype Ping @auth(rules: [{allow: owner, ownerField: "to"}]) {\n  to: ID\n}\ntype Pong {\n  ping: Ping\n}\ntype Subscription {\n  onPing: Ping @published\n  onPong: Pong @published\n}`,
    problems: [`4:40 Ping: ${NO_ITEM} allow: owner`],
  },
  {
    name: 'operations of a nested field that part what is read, and of a root field',
    sdl: `${PUBLIC}  part: Part\n}\ntype Part {\n  a: ID @auth(rules: [{allow: public, operations: [get, create]}])\n  b: ID @auth(rules: [{allow: public, operations: [read, create]}])\n}\ntype Query @auth(rules: [{allow: public, operations: [read]}]) {\n  a: ID\n}`,
    problems: [
      '6:39 Part.a: expected the rule of a field to allow all of get, list, listen (read) or none of them, got get without the others',
      '9:42 Query: expected a rule without operations, as this field is an operation itself, got some',
    ],
  },
  {
    name: 'rules on an interface and its fields, on other types, and twice',
    sdl: `type Todo implements I @table @auth(rules: [{allow: public}])\n  @auth(rules: [{allow: private}]) {\n  id: ID\n  n: Int!\n}\ninterface I @aws_iam {\n  id: ID @aws_iam\n}\nenum E @aws_iam {\n  A\n}\ninput In {\n  a: ID @aws_iam\n}`,
    problems: [
      '2:3 The directive "@auth" can only be used once at this location.',
      '6:13 Directive "@aws_iam" may not be used on INTERFACE.',
      '7:10 expected @aws_iam on an object type or a field of one, got it on the interface I',
      '9:8 Directive "@aws_iam" may not be used on ENUM.',
      '13:9 Directive "@aws_iam" may not be used on INPUT_FIELD_DEFINITION.',
    ],
  },
  {
    name: 'both kinds of words in one place',
    sdl: 'type Todo @table @aws_iam\n  @auth(rules: [{allow: public}]) {\n  id: ID!\n}',
    problems: [
      '2:3 expected the rules in the words of Amplify or of AppSync, got @auth and @aws_iam in one place',
    ],
  },
  {
    name: 'a type of the name of one of the arguments of @auth',
    sdl: `${PUBLIC}}\nenum ModelOperation {\n  START\n}`,
    problems: ['4:6 There can be only one type named "ModelOperation".'],
  },
  {
    name: 'all at once',
    sdl: 'type Todo @model @table @auth(rules: [{allow: owner}, {allow: nobody}]) {\n  id: ID! @aws_iam\n  x: Missing\n}',
    problems: [
      '1:11 @model is an Amplify directive; expected a schema as AppSync serves it, its types marked with @table',
      '1:39 @auth: expected Todo to have a stored field owner, which the rule compares with claims, got none; add "owner: String" to it',
      '1:63 Value "nobody" does not exist in "AuthStrategy" enum.',
      '2:11 Todo.id: expected rules on a field that is not of the key, as whoever may read an item may read its key; got @aws_iam',
      '3:6 Unknown type "Missing".',
    ],
  },
];

describe('rules that cannot be meant are refused, each with its place', () => {
  test.each([...VALUES, ...PLACES])('$name', ({ sdl, problems }) => {
    expect(problemsOf(sdl)).toEqual(problems);
  });
});
