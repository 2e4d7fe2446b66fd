import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../src/schema/load.ts';
import { members } from './signatures.ts';

const TODO = 'type Todo @table { id: ID! title: String }\n';

/** Names of the generated queries and mutations, and what asks for a resolver. */
function answered(sdl: string) {
  const { queries, mutations, resolvedFields } = loadModel(sdl);
  return { byTables: [...queries.keys(), ...mutations.keys()], byResolvers: [...resolvedFields.keys()] };
}

const ALL = ['getTodo', 'listTodos', 'createTodo', 'updateTodo', 'deleteTodo'];

describe('queries and mutations of a type', () => {
  test('take the whole key, in the order of the key, each part of its own type', () => {
    const { schema } = loadModel(`
      type Product @table(key: ["shop", "state"]) { state: State! name: String shop: ID! price: Decimal! }
      enum State { OPEN }
    `);
    expect(members(schema, 'Query')[0]).toBe('getProduct(shop: ID!, state: State!): Product');
    expect(members(schema, 'UpdateProductInput')).toEqual([
      'state: State!',
      'name: String',
      'shop: ID!',
      'price: Decimal',
    ]);
    expect(members(schema, 'DeleteProductInput')).toEqual(['state: State!', 'shop: ID!']);
  });

  test('have a plain s for a plural, whatever the word', () => {
    expect(members(loadModel('type Box @table { id: ID! }').schema, 'Query')[1]).toMatch(/^listBoxs\(/);
  });

  test('go into the root types the file names', () => {
    const { schema, queries, mutations } = loadModel(
      `${TODO}schema { query: Read mutation: Write }\ntype Read { a: ID }\nextend type Write { b: ID }`,
    );
    expect(members(schema, 'Read')).toHaveLength(3);
    expect(members(schema, 'Write')).toHaveLength(4);
    expect([queries.size, mutations.size]).toEqual([2, 3]);
  });
});

describe('a hand-written query or mutation of a generated name', () => {
  test.each([
    ['as it is generated', 'type Query { getTodo(id: ID!): Todo }'],
    [
      'with other nullability',
      'type Query { getTodo(id: ID): Todo! listTodos(limit: Int!): TodoConnection! }',
    ],
    ['a list with fewer arguments', 'type Query { listTodos(nextToken: String): TodoConnection }'],
    ['a list without arguments', 'type Query { listTodos: TodoConnection }'],
    ['with a default', 'type Query { listTodos(limit: Int = 20): TodoConnection }'],
    ['a mutation', 'type Mutation { createTodo(input: CreateTodoInput): Todo! }'],
  ])('is answered by its table: %s', (_, own) => {
    expect(answered(TODO + own)).toEqual({ byTables: ALL, byResolvers: [] });
  });

  test.each([
    ['another return type', 'Query', 'getTodo', '(id: ID!): TodoConnection'],
    ['a list of items', 'Query', 'listTodos', '(limit: Int): [Todo]'],
    ['another argument', 'Query', 'listTodos', '(limit: Int, owner: ID): TodoConnection'],
    ['an argument of another type', 'Query', 'getTodo', '(id: String!): Todo'],
    ['an argument that is a list', 'Query', 'getTodo', '(id: [ID!]!): Todo'],
    ['no key', 'Query', 'getTodo', ': Todo'],
    ['arguments of its own', 'Mutation', 'createTodo', '(title: String!): Todo'],
    ['@resolved', 'Query', 'getTodo', '(id: ID!): Todo @resolved'],
    ['@resolved on a mutation', 'Mutation', 'deleteTodo', '(input: DeleteTodoInput!): Todo @resolved'],
  ])('wins and asks for a resolver: %s', (_, root, name, rest) => {
    expect(answered(`${TODO}type ${root} { ${name}${rest} }`)).toEqual({
      byTables: ALL.filter((each) => each !== name),
      byResolvers: [`${root}.${name}`],
    });
  });

  test('of a mutation makes its input the author’s own too', () => {
    const { schema } = loadModel(
      `${TODO}input CreateTodoInput { titles: [Int] }\ntype Mutation { createTodo(input: CreateTodoInput!): Boolean }`,
    );
    expect(members(schema, 'CreateTodoInput')).toEqual(['titles: [Int]']);
  });
});

describe('a list the user wrote by another plural', () => {
  test.each([
    ['Category', 'listCategories'],
    ['Metadata', 'listMetadata'],
    ['Box', 'listBoxes'],
    ['Practice123', 'listPractice123S'],
  ])('is answered by the table, as an export of AppSync has it: %s by %s', (type, list) => {
    const { schema, queries, resolvedFields } = loadModel(
      `type ${type} @table { id: ID! }\ntype Query { ${list}(filter: Table${type}FilterInput, limit: Int): ${type}Connection }`,
    );
    expect(queries.get(list)).toMatchObject({ name: list, action: 'list', type: { name: type } });
    expect([...queries.keys()]).toEqual([`get${type}`, `list${type}s`, list]);
    expect(members(schema, 'Query')).toHaveLength(3);
    expect([...resolvedFields.keys()]).toEqual([]);
  });

  test.each([
    ['of another name', 'listOpenTodos(limit: Int): TodoConnection'],
    ['of another return type', 'listTodo: [Todo]'],
    ['with an argument of its own', 'listTodoes(owner: ID): TodoConnection'],
    ['marked @resolved', 'listTodo: TodoConnection @resolved'],
  ])('asks for a resolver %s', (_, own) => {
    const { byTables, byResolvers } = answered(`${TODO}type Query { ${own} }`);
    expect(byTables).toEqual(ALL);
    expect(byResolvers).toHaveLength(1);
  });
});

describe('a page of items', () => {
  test('may be written with other nullability, and with fields of its own that are marked @resolved', () => {
    const { schema, resolvedFields } = loadModel(
      `${TODO}type TodoConnection { items: [Todo!]! total: Int @resolved }`,
    );
    expect(members(schema, 'TodoConnection')).toEqual(['items: [Todo!]!', 'nextToken: String', 'total: Int']);
    expect([...resolvedFields.keys()]).toEqual(['TodoConnection.total']);
  });
});
