import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../../src/schema/load.ts';
import { fixture } from '../signatures.ts';
import { accessOf, todo, told, toldFields } from './told.ts';

describe('an Amplify file without @model', () => {
  const sdl = fixture('amplify-rules');
  const model = loadModel(sdl);

  test('gives each type the rules it is marked with', () => {
    expect(model.types.get('Post')?.access?.rules.map(told)).toEqual([
      'owner owner of sub::username by userPools: all',
      'owner editors of sub::username by userPools: update get list listen',
      'groups Admin Moderators of cognito:groups by userPools: all',
      'groupsField team of https://example.com/teams by userPools: get list listen',
      'anyone by userPools: get list',
      'public by iam: list',
      'anyone by lambda: listen',
    ]);
    expect(model.types.get('Comment')?.access?.rules.map(told)).toEqual([
      'owner author of sub by userPools: all',
      'owner author of sub by oidc: get list listen',
      'owner reader of tenant::custom:reader by userPools: all',
    ]);
  });

  test('gives fields theirs, and a type without any to nobody', () => {
    expect(toldFields(model.types.get('Post')?.access?.fields)).toEqual({
      draft: [
        'owner owner of sub::username by userPools: all',
        'owner editors of sub::username by userPools: get list listen',
      ],
      secret: ['groups Admin of cognito:groups by userPools: create update'],
    });
    expect(model.types.get('Note')?.access?.rules).toEqual([]);
  });

  test('has rules for what is published, nested or a result, and none for generated root fields', () => {
    const typing = model.subscriptions.get('onTyping')?.type.access;
    expect(typing?.rules.map(told)).toEqual(['owner to of sub::username by userPools: listen']);
    expect(toldFields(typing?.fields)).toEqual({
      where: ['groups Admin of cognito:groups by userPools: all'],
    });
    expect(toldFields(model.access?.fields)).toEqual({
      'Post.comments': ['anyone by userPools: all'],
      'Revision.by': ['groups Admin of cognito:groups by userPools: get list listen'],
      'Statistics.posts': ['anyone by userPools: all'],
      'Statistics.cost': ['groups Admin of cognito:groups by userPools: all'],
      'Query.statistics': ['anyone by userPools: all', 'anyone by iam: all'],
    });
  });

  test('names the claims to keep of a token, and asks for no default mode', () => {
    expect(model.access?.claims).toEqual(['custom:reader', 'https://example.com/teams', 'tenant']);
    expect(model.access?.usesDefault).toBe(false);
  });

  test('is told as it was written, without rules on what is generated', () => {
    expect(model.sdl).toContain(
      'secret: String @auth(rules: [{allow: groups, groups: "Admin", operations: [create, update]}])',
    );
    expect(model.sdl).toMatch(/\n {2}getPost\(id: ID!\): Post\n/);
  });
});

describe('a rule', () => {
  test.each([
    ['{allow: public}', 'public by apiKey: all'],
    ['{allow: public, provider: apiKey}', 'public by apiKey: all'],
    ['{allow: public, provider: identityPool}', 'public by iam: all'],
    ['{allow: private}', 'anyone by userPools: all'],
    ['{allow: private, provider: oidc}', 'anyone by oidc: all'],
    ['{allow: private, provider: identityPool}', 'anyone by iam: all'],
    ['{allow: private, provider: function}', 'anyone by lambda: all'],
    ['{allow: custom, provider: null}', 'anyone by lambda: all'],
    ['{allow: owner, provider: iam}', 'owner owner of sub::username by iam: all'],
    ['{allow: owner, ownerField: "id", identityClaim: "email"}', 'owner id of email by userPools: all'],
    ['{allow: groups}', 'groupsField groups of cognito:groups by userPools: all'],
    ['{allow: groups, groups: "A", groupClaim: "roles"}', 'groups A of roles by userPools: all'],
    ['{allow: private, operations: [read]}', 'anyone by userPools: get list listen'],
    ['{allow: private, operations: delete}', 'anyone by userPools: delete'],
    ['{allow: private, operations: [search, sync, list]}', 'anyone by userPools: list'],
    ['{allow: private, operations: null}', 'anyone by userPools: all'],
  ])('%s lets in %s', (rule, expected) => {
    expect(accessOf(todo(rule), 'Todo').rules.map(told)).toEqual([expected]);
  });

  test('of groups named and of groups in a field is two rules', () => {
    const { rules } = accessOf(todo('{allow: groups, groups: ["A"], groupsField: "owner"}'), 'Todo');
    expect(rules.map(told)).toEqual([
      'groups A of cognito:groups by userPools: all',
      'groupsField owner of cognito:groups by userPools: all',
    ]);
  });

  test('that is there already, in other words, counts once', () => {
    const twice =
      '{allow: private}, {allow: private, operations: [delete, update, create, listen, list, get]}, ' +
      '{allow: groups, groups: ["A", "B"]}, {allow: groups, groups: ["B", "A", "B"]}';
    expect(accessOf(todo(twice), 'Todo').rules).toHaveLength(2);
  });

  test('may look at a stored name, a list, and a key', () => {
    const sdl = `type Todo @table(key: ["owner"]) @auth(rules: [{allow: owner}, {allow: groups}]) {
      owner: ID! @attribute(name: "pk") groups: [String!]! }`;
    expect(accessOf(sdl, 'Todo').rules).toHaveLength(2);
  });

  test('may stand on an extension of a type', () => {
    const sdl = 'type Todo @table { id: ID! } extend type Todo @auth(rules: {allow: private})';
    expect(accessOf(sdl, 'Todo').rules.map(told)).toEqual(['anyone by userPools: all']);
  });
});

describe('a file that defines the directive itself', () => {
  const own = `directive @auth(rules: [AuthRule!]!) on OBJECT | INTERFACE | FIELD_DEFINITION
    input AuthRule { allow: AuthStrategy! queries: [String] }
    enum AuthStrategy { owner groups private public }
    enum AuthProvider { apiKey }
    enum ModelOperation { create }\n`;

  test('is read by ours', () => {
    const sdl = own + todo('{allow: custom, operations: [listen]}');
    expect(accessOf(sdl, 'Todo').rules.map(told)).toEqual(['anyone by lambda: listen']);
    expect(loadModel(sdl).sdl.match(/enum ModelOperation/g)).toHaveLength(1);
  });

  test('has no rule by that alone', () => {
    const model = loadModel(`${own}type Todo @table { id: ID! }`);
    expect(model.access).toBeUndefined();
    expect(model.types.get('Todo')?.access).toBeUndefined();
    expect(model.sdl).not.toContain('AuthRule');
  });
});

test('a file without rules has none, and no type of theirs', () => {
  const model = loadModel('type Todo @table { id: ID! } enum ModelOperation { START STOP }');
  expect(model.access).toBeUndefined();
  expect(model.types.get('Todo')).not.toHaveProperty('access');
  expect(model.sdl).not.toMatch(/AuthRule|@aws_api_key|@auth/);
  expect(model.sdl).toContain('START');
});

describe('a type that is published', () => {
  const inside = { 'Ping.to': ['anyone by userPools: all'], 'Ping.at': ['public by apiKey: all'] };
  const fieldsOf = (rules: string, inTodo: string, more = '') =>
    toldFields(
      loadModel(`type Todo @table @auth(rules: [{allow: public}]) { id: ID! ${inTodo} }
        type Ping @auth(rules: [${rules}]) { to: ID at: String @auth(rules: [{allow: public}]) }
        ${more}
        type Subscription { onPing: Ping @published }`).access?.fields,
    );

  test('has its rules alone', () => {
    expect(fieldsOf('{allow: private}', '')).toEqual({});
  });

  test('is guarded inside items too, also of other published types', () => {
    expect(fieldsOf('{allow: private}', 'pings: [Ping]')).toEqual(inside);
    const other = 'type Pong { ping: Ping } extend type Subscription { onPong: Pong @published }';
    expect(fieldsOf('{allow: private}', '', other)).toEqual(inside);
  });

  test.each([
    ['type Query { ping: Ping @auth(rules: [{allow: private}]) }'],
    ['union Any = Ping | Todo type Query { ping: Any @auth(rules: [{allow: private}]) }'],
  ])('is guarded as a result by what needs no item: %s', (query) => {
    const root = { 'Query.ping': ['anyone by userPools: all'] };
    expect(fieldsOf('{allow: private}', '', query)).toEqual({ ...inside, ...root });
    const owners = fieldsOf('{allow: owner, ownerField: "to"}', '', query);
    expect(owners).toEqual({ 'Ping.at': inside['Ping.at'], ...root });
  });
});
