import { describe, expect, test } from '@jest/globals';
import { isObjectType, validateSchema } from 'graphql';
import { loadModel } from '../../../src/schema/load.ts';
import { members, rootSchema } from './signatures.ts';

const model = loadModel(rootSchema());
const { schema } = model;

const OPERATORS = (type: string) =>
  ['ne', 'eq', 'le', 'lt', 'ge', 'gt', 'contains', 'notContains'].map((name) => `${name}: ${type}`);

describe('the to-do app of one type', () => {
  test('is a valid schema of exactly the types that are asked for', () => {
    expect(validateSchema(schema)).toEqual([]);
    const names = Object.keys(schema.getTypeMap()).filter((name) => !name.startsWith('__'));
    expect(names.sort()).toEqual([
      'AWSDateTime',
      'Boolean',
      'ChangeKind',
      'CreateTodoInput',
      'DeleteTodoInput',
      'Float',
      'ID',
      'Int',
      'Mutation',
      'Query',
      'String',
      'Subscription',
      'TableBooleanFilterInput',
      'TableFloatFilterInput',
      'TableIDFilterInput',
      'TableIntFilterInput',
      'TableStringFilterInput',
      'TableTodoFilterInput',
      'TableWhere',
      'Todo',
      'TodoChange',
      'TodoConnection',
      'UpdateTodoInput',
    ]);
  });

  test('keeps the type as it is written', () => {
    expect(members(schema, 'Todo')).toEqual([
      'id: ID!',
      'title: String!',
      'memo: String',
      'priority: Int',
      'completed: Boolean',
    ]);
  });

  test('has four nullable subscriptions with an argument for each field and a filter', () => {
    const args =
      'id: ID, title: String, memo: String, priority: Int, completed: Boolean, filter: TableTodoFilterInput';
    expect(members(schema, 'Subscription')).toEqual([
      `onCreateTodo(${args}): Todo`,
      `onUpdateTodo(${args}): Todo`,
      `onDeleteTodo(${args}): Todo`,
      `onChangeTodo(${args}): TodoChange`,
    ]);
  });

  test('delivers changes with kind, both items, the fields updated, an id and a time', () => {
    expect(members(schema, 'TodoChange')).toEqual([
      'kind: ChangeKind!',
      'item: Todo',
      'previous: Todo',
      'updatedFields: [String!]',
      'eventId: ID!',
      'at: AWSDateTime!',
    ]);
    expect(members(schema, 'ChangeKind')).toEqual(['ENTER', 'UPDATE', 'LEAVE']);
  });

  test('filters by field and by and, or, not', () => {
    expect(members(schema, 'TableTodoFilterInput')).toEqual([
      'id: TableIDFilterInput',
      'title: TableStringFilterInput',
      'memo: TableStringFilterInput',
      'priority: TableIntFilterInput',
      'completed: TableBooleanFilterInput',
      'and: [TableTodoFilterInput!]',
      'or: [TableTodoFilterInput!]',
      'not: TableTodoFilterInput',
    ]);
  });

  test.each(['String', 'ID'])('has every operator for %s', (type) => {
    expect(members(schema, `Table${type}FilterInput`)).toEqual([
      ...OPERATORS(type),
      `between: [${type}]`,
      `beginsWith: ${type}`,
      `in: [${type}]`,
      'attributeExists: Boolean',
    ]);
  });

  test.each(['Int', 'Float'])('has every operator but beginsWith for %s', (type) => {
    expect(members(schema, `Table${type}FilterInput`)).toEqual([
      ...OPERATORS(type),
      `between: [${type}]`,
      `in: [${type}]`,
      'attributeExists: Boolean',
    ]);
  });

  test('has equality alone for Boolean', () => {
    expect(members(schema, 'TableBooleanFilterInput')).toEqual([
      'ne: Boolean',
      'eq: Boolean',
      'in: [Boolean]',
      'attributeExists: Boolean',
    ]);
  });

  test('has its queries and mutations, each with its action, and asks for no resolver', () => {
    expect(members(schema, 'Query')).toEqual([
      'getTodo(id: ID!): Todo',
      'listTodos(filter: TableTodoFilterInput, limit: Int, nextToken: String): TodoConnection',
    ]);
    expect(members(schema, 'Mutation')).toEqual([
      'createTodo(input: CreateTodoInput!): Todo',
      'updateTodo(input: UpdateTodoInput!): Todo',
      'deleteTodo(input: DeleteTodoInput!): Todo',
    ]);
    const type = model.types.get('Todo');
    expect([...model.queries]).toEqual([
      ['getTodo', { name: 'getTodo', action: 'get', type }],
      ['listTodos', { name: 'listTodos', action: 'list', type }],
    ]);
    expect([...model.mutations]).toEqual([
      ['createTodo', { name: 'createTodo', action: 'create', type }],
      ['updateTodo', { name: 'updateTodo', action: 'update', type }],
      ['deleteTodo', { name: 'deleteTodo', action: 'delete', type }],
    ]);
    expect(model.resolvedFields.size).toBe(0);
  });

  test('is known as a table with a key, and by attribute and kind of each field', () => {
    const todo = model.types.get('Todo');
    expect([...model.types.keys()]).toEqual(['Todo']);
    expect(todo).toMatchObject({ name: 'Todo', table: 'Todos', keys: ['id'] });
    expect(todo && 'where' in todo).toBe(false);
    expect([...model.tables]).toEqual([['Todos', [todo]]]);
    expect(
      [...(todo?.fields.values() ?? [])].map(({ type, ...rest }) => ({ ...rest, type: String(type) })),
    ).toEqual([
      { name: 'id', attribute: 'id', kind: 'ID', list: false, type: 'ID!' },
      { name: 'title', attribute: 'title', kind: 'String', list: false, type: 'String!' },
      { name: 'memo', attribute: 'memo', kind: 'String', list: false, type: 'String' },
      { name: 'priority', attribute: 'priority', kind: 'Int', list: false, type: 'Int' },
      { name: 'completed', attribute: 'completed', kind: 'Boolean', list: false, type: 'Boolean' },
    ]);
    const object = schema.getType('Todo');
    expect(isObjectType(object) && object.getFields()['id']?.type).toBe(todo?.fields.get('id')?.type);
  });

  test('knows the source of each subscription', () => {
    const todo = model.types.get('Todo');
    const sources = [...model.subscriptions.values()].map((field) => [
      field.name,
      [...field.events],
      field.type === todo,
      field.source,
    ]);
    expect(sources).toEqual([
      ['onCreateTodo', ['create'], true, 'table'],
      ['onUpdateTodo', ['update'], true, 'table'],
      ['onDeleteTodo', ['delete'], true, 'table'],
      ['onChangeTodo', ['change'], true, 'table'],
    ]);
    for (const field of model.subscriptions.values()) {
      expect([...field.arguments]).toEqual([...(todo?.fields ?? [])]);
    }
  });
});
