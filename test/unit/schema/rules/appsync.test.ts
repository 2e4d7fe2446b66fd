import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../../src/schema/load.ts';
import { fixture } from '../signatures.ts';
import { told, toldFields } from './told.ts';

const API_KEY = 'public by apiKey: all';
const POOLS = 'anyone by userPools: all';
const IAM = 'anyone by iam: all';
const DEFAULT = 'anyone by default: all';

describe("AppSync's own export of an API with several modes", () => {
  const model = loadModel(fixture('appsync-rules'));
  const fields = toldFields(model.access?.fields);

  test('gives types and their fields the modes they are marked with, and the default to what is unmarked', () => {
    expect(model.types.get('Todo')?.access?.rules.map(told)).toEqual([API_KEY, POOLS]);
    expect(toldFields(model.types.get('Todo')?.access?.fields)).toEqual({
      cost: ['groups Finance of cognito:groups by userPools: all'],
    });
    expect(model.types.get('Audit')?.access?.rules.map(told)).toEqual([DEFAULT]);
    expect(model.access?.usesDefault).toBe(true);
    expect(model.access?.claims).toEqual([]);
  });

  test('asks each root field for its own modes, those of its type, or the default ones', () => {
    expect(fields).toMatchObject({
      'Query.getTodo': [API_KEY, POOLS],
      'Query.listTodos': [API_KEY, POOLS],
      'Query.report': [IAM, 'anyone by oidc: all', 'anyone by lambda: all'],
      'Mutation.createTodo': [POOLS],
      'Mutation.updateTodo': ['groups Editors Admin of cognito:groups by userPools: all'],
      'Mutation.deleteTodo': [DEFAULT],
      'Subscription.onCreateTodo': [API_KEY],
      'Subscription.onUpdateTodo': [DEFAULT],
    });
  });

  test('asks so for what it does not write out, which would else be open beside what it does', () => {
    expect(fields).toMatchObject({
      'Query.getAudit': [API_KEY, POOLS],
      'Mutation.deleteAudit': [DEFAULT],
      'Subscription.onDeleteTodo': [DEFAULT],
      'Subscription.onChangeTodo': [DEFAULT],
    });
  });

  test('guards the fields of what is inside items and of pages', () => {
    const others = Object.entries(fields).filter(
      ([path]) => !/^(?:Query|Mutation|Subscription)\./.test(path),
    );
    expect(Object.fromEntries(others)).toEqual({
      'Place.street': [API_KEY, POOLS],
      'Place.code': [IAM],
      'Marks.colour': [DEFAULT],
      'Marks.stars': [API_KEY],
      'TodoConnection.items': [API_KEY, POOLS],
      'TodoConnection.nextToken': [API_KEY, POOLS],
    });
  });

  test('keeps what is written on a page, and on all else', () => {
    expect(model.sdl).toContain('type TodoConnection @aws_api_key @aws_cognito_user_pools {');
    expect(model.sdl).toContain(
      'updateTodo(input: UpdateTodoInput!): Todo @aws_auth(cognito_groups: ["Editors", "Admin"])',
    );
    expect(model.sdl).toMatch(/\n {2}deleteAudit\(input: DeleteAuditInput!\): Audit\n/);
  });
});

test.each([
  ['@aws_api_key', API_KEY],
  ['@aws_iam', IAM],
  ['@aws_oidc', 'anyone by oidc: all'],
  ['@aws_lambda', 'anyone by lambda: all'],
  ['@aws_cognito_user_pools', POOLS],
  ['@aws_cognito_user_pools(cognito_groups: null)', POOLS],
  ['@aws_cognito_user_pools(cognito_groups: "A")', 'groups A of cognito:groups by userPools: all'],
  ['@aws_auth(cognito_groups: ["A", "B"])', 'groups A B of cognito:groups by userPools: all'],
])('%s lets in %s', (mark, expected) => {
  const { types } = loadModel(`type Todo @table ${mark} { id: ID! }`);
  expect(types.get('Todo')?.access?.rules.map(told)).toEqual([expected]);
});

test('no default is asked for where all is marked, and @aws_subscribe marks nothing', () => {
  const roots = ['Query', 'Mutation', 'Subscription'].map((name) => `extend type ${name} @aws_iam`);
  const type = 'type Todo @table @aws_api_key { id: ID! }';
  expect(loadModel([type, ...roots].join('\n')).access?.usesDefault).toBe(false);
  expect(loadModel(type).access?.usesDefault).toBe(true);
  const unmarked = `type Todo @table { id: ID! }
    type Subscription { onTodo: Todo @aws_subscribe(mutations: ["createTodo"]) }`;
  expect(loadModel(unmarked).access).toBeUndefined();
});

test('what is published and unmarked is for the default modes', () => {
  const { subscriptions, access } = loadModel(`type Todo @table @aws_iam { id: ID! }
    type Ping { at: String }
    type Subscription { onPing: Ping @published }`);
  expect(subscriptions.get('onPing')?.type.access?.rules.map(told)).toEqual([DEFAULT]);
  expect(toldFields(access?.fields)).toMatchObject({ 'Subscription.onPing': [DEFAULT] });
});

test("beside AppSync's words, what a type marked in Amplify's feeds, answers or holds asks for no default mode", () => {
  const { access, types } = loadModel(`
    type Todo @table @auth(rules: [{allow: private}]) { id: ID! part: Part both: Both }
    type Other @table @aws_iam { id: ID! both: Both }
    type Bare @table { id: ID! }
    type Part { text: String }
    type Both { text: String }
    type Query { getTodo(id: ID!): Todo  hello: String }`);
  const fields = toldFields(access?.fields);
  expect(Object.keys(fields).filter((path) => /Todo|Part/.test(path))).toEqual([]);
  expect(fields).toMatchObject({
    'Both.text': [DEFAULT],
    'Query.hello': [DEFAULT],
    'Query.getOther': [DEFAULT],
    'Subscription.onChangeBare': [DEFAULT],
  });
  expect(types.get('Bare')?.access?.rules.map(told)).toEqual([DEFAULT]);
});
