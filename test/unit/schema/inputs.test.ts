import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../src/schema/load.ts';
import { fixture, members } from './signatures.ts';

describe('the inputs of mutations', () => {
  const { schema } = loadModel(fixture('catalogue'));

  test('have every stored field as the type has it; an update leaves all but the key open', () => {
    const created = members(schema, 'CreateProductInput');
    const stored = members(schema, 'Product').map((field) =>
      field.replace('Size]', 'SizeInput]').replace(/Size$/, 'SizeInput'),
    );
    expect(created).toEqual(stored);
    expect(members(schema, 'UpdateProductInput')).toEqual(
      stored.map((field) => (/^(sku|shop):/.test(field) ? field : field.replace(/!$/, ''))),
    );
  });

  test('have inputs for the object types inside, however deep', () => {
    expect(members(schema, 'SizeInput')).toEqual(['width: Float', 'unit: UnitInput', 'inner: SizeInput']);
    expect(members(schema, 'UnitInput')).toEqual(['symbol: String!']);
  });

  test('leave out what resolvers answer, and types with nothing else in them', () => {
    const model = loadModel(`
      type Todo @table { id: ID! owner: User! links: Links note: Note more(limit: Int): [String] }
      type User @table { id: ID! }
      type Links { users: [User] deep: Deeper }
      type Deeper { user: User again: Deeper }
      type Note { text: String user: User }
    `);
    expect(members(model.schema, 'CreateTodoInput')).toEqual(['id: ID!', 'note: NoteInput']);
    expect(model.schema.getType('LinksInput')).toBeUndefined();
    expect(members(model.schema, 'NoteInput')).toEqual(['text: String']);
    expect(members(model.schema, 'TableTodoFilterInput').slice(0, 2)).toEqual([
      'id: TableIDFilterInput',
      'and: [TableTodoFilterInput!]',
    ]);
    expect(members(model.schema, 'Subscription')[0]).toBe(
      'onCreateTodo(id: ID, filter: TableTodoFilterInput): Todo',
    );
  });

  test('of types in one table leave out what tells them apart, where it is not the client’s to say', () => {
    const model = loadModel(`
      type A @table(name: "T", where: {attribute: "kind", equals: "a"}) { id: ID! kind: String! n: Int }
      type B @table(name: "T", where: {attribute: "kind", beginsWith: "b#"}) { id: ID! type: String! @attribute(name: "kind") }
      type P @table(name: "S", key: ["pk", "sk"], where: {attribute: "sk", equals: "PROFILE"}) { pk: ID! sk: String! n: Int }
      type N @table(name: "S", key: ["pk", "sk"], where: {attribute: "sk", beginsWith: "NOTE#"}) { pk: ID! sk: String! }
      type Alone @table(where: {attribute: "id", equals: "one"}) { id: ID! }
    `);
    const of = (name: string) =>
      ['Create', 'Update', 'Delete'].map((write) => members(model.schema, `${write}${name}Input`));
    expect(of('A')).toEqual([['id: ID!', 'n: Int'], ['id: ID!', 'n: Int'], ['id: ID!']]);
    expect(of('B')).toEqual([['id: ID!', 'type: String!'], ['id: ID!'], ['id: ID!']]);
    expect(of('P')).toEqual([
      ['pk: ID!', 'n: Int'],
      ['pk: ID!', 'sk: String!', 'n: Int'],
      ['pk: ID!', 'sk: String!'],
    ]);
    expect(of('N')[0]).toEqual(['pk: ID!', 'sk: String!']);
    expect(of('Alone')).toEqual([['id: ID!'], ['id: ID!'], ['id: ID!']]);
    expect(members(model.schema, 'Query')).toContain('getP(pk: ID!, sk: String!): P');
  });
});

describe('an input of the user’s own', () => {
  test('is kept as it is written when it is a part of the generated one', () => {
    const { schema } = loadModel(`
      type Todo @table { id: ID! title: String! size: Size sizes: [Size!] n: Int }
      type Size { width: Float! unit: Unit }
      type Unit { symbol: String inner: Size }
      input CreateTodoInput { title: String size: Measure sizes: [SizeInput] }
      input UpdateTodoInput { id: ID title: String! }
      input Measure { unit: UnitInput width: Float }
      input UnitInput { symbol: String! }
    `);
    expect(members(schema, 'CreateTodoInput')).toEqual([
      'title: String',
      'size: Measure',
      'sizes: [SizeInput]',
    ]);
    expect(members(schema, 'UpdateTodoInput')).toEqual(['id: ID', 'title: String!']);
    expect(members(schema, 'DeleteTodoInput')).toEqual(['id: ID!']);
    expect(members(schema, 'Measure')).toEqual(['unit: UnitInput', 'width: Float']);
    expect(members(schema, 'SizeInput')).toEqual(['width: Float!', 'unit: UnitInput']);
    expect(members(schema, 'UnitInput')).toEqual(['symbol: String!']);
  });

  test('may refer to itself', () => {
    const { schema } = loadModel(`
      type Todo @table { id: ID! tree: Tree }
      type Tree { name: String child: Tree }
      input TreeInput { child: Branch }
      input Branch { name: String child: TreeInput }
    `);
    expect(members(schema, 'TreeInput')).toEqual(['child: Branch']);
  });

  test('is the author’s alone where no generated mutation takes it', () => {
    const { schema } = loadModel(`
      type Todo @table { id: ID! size: Size }
      type Size { width: Float }
      input SizeInput { anything: Int }
      input CreateTodoInput { id: ID }
      input UpdateTodoInput { id: ID! }
    `);
    expect(members(schema, 'SizeInput')).toEqual(['anything: Int']);
  });
});
