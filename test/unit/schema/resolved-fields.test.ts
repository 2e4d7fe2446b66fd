import { describe, expect, test } from '@jest/globals';
import { checkResolvers } from '../../../src/schema/check-resolvers.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { fixture } from './signatures.ts';

const model = loadModel(fixture('live'));

function check(resolvers: Readonly<Record<string, readonly string[]>>, of = model): readonly string[] {
  return checkResolvers(
    of,
    new Map(Object.entries(resolvers).map(([type, names]) => [type, new Set(names)])),
  );
}

const ALL = {
  Query: ['search', 'named'],
  User: ['notes', 'latest'],
  Note: ['author', 'summary'],
  Place: ['near'],
  Typing: ['author'],
};

describe('fields that need a resolver', () => {
  test('are those of stored types with arguments, of table types or pages, or marked, and hand-written queries', () => {
    expect([...model.resolvedFields.keys()]).toEqual([
      'User.notes',
      'User.latest',
      'Note.author',
      'Note.summary',
      'Place.near',
      'Typing.author',
      'Query.search',
      'Query.named',
    ]);
    expect([...(model.types.get('User')?.fields.keys() ?? [])]).toEqual(['pk', 'sk', 'name']);
  });

  test('are of other types only those with arguments or marked', () => {
    const { resolvedFields } = loadModel(`
      type Todo @table { id: ID! }
      type Result { todos: [Todo] page(size: Int): [Todo] text: String @resolved inner: Result ok: Boolean }
      type Query { result: Result }
    `);
    expect([...resolvedFields.keys()]).toEqual(['Result.page', 'Result.text', 'Query.result']);
  });

  test('may be of types that no attribute holds', () => {
    const { resolvedFields } = loadModel(`
      type Todo @table { id: ID! any: Any @resolved node(id: ID): Node change: TodoChange @resolved }
      union Any = Todo | Other
      interface Node { id: ID }
      type Other implements Node { id: ID }
    `);
    expect([...resolvedFields.keys()]).toEqual(['Todo.any', 'Todo.node', 'Todo.change']);
  });
});

describe('checkResolvers', () => {
  test('is content with exactly the resolvers that are needed', () => {
    expect(check(ALL)).toEqual([]);
    expect(check({}, loadModel('type Todo @table { id: ID! }'))).toEqual([]);
  });

  test('tells each field without a resolver', () => {
    expect(check({ ...ALL, Query: ['named'], Place: [] })).toEqual([
      'Place.near: expected a resolver in resolvers.ts, got none',
      'Query.search: expected a resolver in resolvers.ts, got none',
    ]);
  });

  test('tells resolvers of types and fields that are not there', () => {
    expect(
      check({ ...ALL, Place: ['near', 'far'], Nowhere: ['x'], Named: ['name'], __proto: ['y'] }),
    ).toEqual([
      expect.stringMatching(/^Named: expected an object type of the schema \(User, .*\), got another name$/),
      expect.stringMatching(
        /^Nowhere: expected an object type of the schema \(User, .*\), got another name$/,
      ),
      'Place.far: expected a field of Place (name, near), got another name',
      expect.stringMatching(/^__proto: expected an object type/),
    ]);
  });

  test('finds no field in what every object has', () => {
    expect(check({ ...ALL, Place: ['near', 'constructor', 'toString'], constructor: ['x'] })).toHaveLength(3);
  });

  test('tells a resolver of a field that is answered without one', () => {
    expect(
      check({ ...ALL, Note: [...ALL.Note, 'text'], Mutation: ['createNote'], Subscription: ['typing'] }),
    ).toEqual([
      'Mutation.createNote: expected no resolver, as the table answers it; write the field with @resolved to answer it',
      'Note.text: expected no resolver, as it is read from an attribute; mark it @resolved to answer it',
      'Subscription.typing: expected no resolver, as a subscription delivers what its source writes',
    ]);
  });

  test('lets a field be resolved that would be read by its name from what a resolver returned', () => {
    const result = loadModel(
      'type Todo @table { id: ID! }\ntype Result { ok: Boolean }\ntype Query { r: Result }',
    );
    expect(check({ Query: ['r'], Result: ['ok'] }, result)).toEqual([]);
  });

  test('lists no more names than can be read', () => {
    const fields = Array.from({ length: 25 }, (_, index) => `f${index}: Int`).join(' ');
    const wide = loadModel(`type Todo @table { id: ID! ${fields} }`);
    expect(check({ Todo: ['x'] }, wide)).toEqual([
      `Todo.x: expected a field of Todo (id, ${Array.from({ length: 19 }, (_, index) => `f${index}`).join(', ')} and 6 more), got another name`,
    ]);
  });
});
