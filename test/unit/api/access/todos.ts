import { expect } from '@jest/globals';
import { openRules } from './world.ts';

export const TODOS = `
  type Todo @table(name: "Todo") @auth(rules: [
    { allow: owner }
    { allow: owner, ownerField: "editors", operations: [get, list, listen, update] }
    { allow: groups, groups: ["Admin"] }
    { allow: groups, groupsField: "teams", operations: [read] }
  ]) {
    id: ID!
    title: String
    owner: ID
    editors: [String]
    teams: [String]
  }
`;

export const ANNS = { id: { S: 'a' }, owner: { S: 'ann' }, title: { S: 'of ann' } };
export const BOBS = {
  id: { S: 'b' },
  owner: { S: 'bob' },
  title: { S: 'of bob' },
  editors: { SS: ['eve'] },
  teams: { L: [{ S: 'red' }] },
};
export const NOBODYS = { id: { S: 'n' }, title: { S: 'of nobody' } };

export const openTodos = () => openRules(TODOS, { items: { Todo: [ANNS, BOBS, NOBODYS] } });

export const GET = 'query ($id: ID!) { getTodo(id: $id) { title } }';
export const LIST = '{ listTodos { items { title } nextToken } }';
export const CREATE =
  'mutation ($input: CreateTodoInput!) { createTodo(input: $input) { id owner editors } }';
export const UPDATE = 'mutation ($input: UpdateTodoInput!) { updateTodo(input: $input) { title owner } }';
export const DELETE = 'mutation ($id: ID!) { deleteTodo(input: { id: $id }) { title } }';

export const notFound = (field: string) => ({
  data: { [field]: null },
  errors: [
    {
      path: [field],
      data: null,
      errorType: 'DynamoDB:ConditionalCheckFailedException',
      errorInfo: null,
      locations: expect.anything(),
      message: 'The conditional request failed (expected an item with this key, found none)',
      extensions: { code: 'CONDITION_FAILED' },
    },
  ],
});
