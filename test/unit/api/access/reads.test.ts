import { describe, expect, test } from '@jest/globals';
import { CREATE, DELETE, GET, LIST, openTodos, TODOS, UPDATE } from './todos.ts';
import { admin, ann, anonymous, apiKey, bob, denied, openRules, user } from './world.ts';

describe('C6 the rules of a type', () => {
  test('keep an item from whom they do not name, as if it were not there', async () => {
    const { run } = openTodos();
    expect(await run(GET, ann, { id: 'a' })).toEqual({ data: { getTodo: { title: 'of ann' } } });
    for (const id of ['b', 'n', 'missing']) {
      expect(await run(GET, ann, { id })).toEqual({ data: { getTodo: null } });
    }
    expect(await run(GET, user('eve'), { id: 'b' })).toEqual({ data: { getTodo: { title: 'of bob' } } });
    expect(await run(GET, user('ev'), { id: 'b' })).toEqual({ data: { getTodo: null } });
    const red = user('x', { groups: ['red'] });
    expect(await run(GET, red, { id: 'b' })).toEqual({ data: { getTodo: { title: 'of bob' } } });
    expect(await run(GET, admin, { id: 'n' })).toEqual({ data: { getTodo: { title: 'of nobody' } } });
  });

  test('list to each what is theirs, to a group what names it, and to Admin everything', async () => {
    const { run } = openTodos();
    const titles = async (identity: Parameters<typeof run>[1]) => {
      const { data } = await run(LIST, identity);
      return JSON.stringify(data).match(/of \w+/g);
    };
    expect(await titles(ann)).toEqual(['of ann']);
    expect(await titles(bob)).toEqual(['of bob']);
    expect(await titles(user('eve'))).toEqual(['of bob']);
    expect(await titles(user('x', { groups: ['red', 'blue'] }))).toEqual(['of bob']);
    expect(await titles(user('ann', { groups: ['red'] }))).toEqual(['of ann', 'of bob']);
    expect(await titles(admin)).toEqual(['of ann', 'of bob', 'of nobody']);
    const all =
      '{ listTodos(filter: { not: { id: { eq: "no" } }, or: [{ owner: { eq: "bob" } }, {}] }) { items { title } } }';
    expect(await run(all, ann)).toEqual({ data: { listTodos: { items: [{ title: 'of ann' }] } } });
  });

  test('let nobody in whom no rule is about, before anything is read', async () => {
    const { run, asked } = openTodos();
    for (const identity of [apiKey, anonymous]) {
      expect(
        await run(
          `{ mine: getTodo(id: "a") { title } ...More } fragment More on Query { listTodos { items { id } } }`,
          identity,
        ),
      ).toEqual({
        data: { mine: null, listTodos: null },
        errors: expect.arrayContaining([
          denied('Not Authorized to access getTodo on type Query'),
          denied('Not Authorized to access listTodos on type Query'),
        ]),
      });
      expect(await run(CREATE, identity, { input: { id: 'x' } })).toMatchObject({
        data: { createTodo: null },
        errors: [{ path: ['createTodo'], message: 'Not Authorized to access createTodo on type Mutation' }],
      });
      expect((await run(UPDATE, identity, { input: { id: 'a' } })).errors).toEqual([
        denied('Not Authorized to access updateTodo on type Mutation'),
      ]);
      expect((await run(DELETE, identity, { id: 'a' })).errors).toEqual([
        denied('Not Authorized to access deleteTodo on type Mutation'),
      ]);
    }
    expect(asked).toEqual([]);
  });
});

test('C6 a page token leads on only whom the same rules let in', async () => {
  const items = Array.from({ length: 6 }, (_, index) => ({
    id: { S: String(index) },
    owner: { S: index % 2 === 0 ? 'ann' : 'bob' },
  }));
  const { run } = openRules(TODOS, { items: { Todo: items } });
  const page = 'query ($token: String) { listTodos(limit: 2, nextToken: $token) { items { id } nextToken } }';
  const { data } = await run(page, ann);
  const token: unknown = new Map(Object.entries(Object(data).listTodos)).get('nextToken');
  expect(token).toEqual(expect.any(String));
  for (const other of [bob, admin, user('ann', { groups: ['x'] })]) {
    expect(await run(page, other, { token })).toMatchObject({
      data: { listTodos: null },
      errors: [{ extensions: { code: 'BAD_USER_INPUT' }, message: expect.stringContaining('nextToken') }],
    });
  }
  expect(await run(page, ann, { token })).toEqual({
    data: { listTodos: { items: [{ id: '4' }], nextToken: null } },
  });
});

test('C6 to list is not to get: a page of a list is whole, though its items may not be got', async () => {
  const { run } = openRules(
    'type Box @table(name: "Box") @auth(rules: [{ allow: public, operations: [list] }]) { id: ID! }',
    { items: { Box: [{ id: { S: '1' } }] } },
  );
  expect(await run('{ list: listBoxs { items { id } } }', apiKey)).toEqual({
    data: { list: { items: [{ id: '1' }] } },
  });
  expect((await run('{ getBox(id: "1") { id } }', apiKey)).errors).toEqual([
    denied('Not Authorized to access getBox on type Query'),
  ]);
});

test("C6 a type without rules beside one that has some is nobody's", async () => {
  const { run, asked } = openRules(
    `type Open @table(name: "Open") @auth(rules: [{ allow: public }]) { id: ID! }
    type Bare @table(name: "Bare") { id: ID! }`,
    { items: { Bare: [{ id: { S: '1' } }], Open: [{ id: { S: '1' } }] } },
  );
  const queries = [
    '{ answer: getBare(id: "1") { id } }',
    '{ answer: listBares { items { id } } }',
    ...['create', 'update', 'delete'].map(
      (action) => `mutation { answer: ${action}Bare(input: { id: "1" }) { id } }`,
    ),
  ];
  for (const identity of [apiKey, ann, admin, anonymous]) {
    for (const query of queries) {
      expect(await run(query, identity)).toEqual({
        data: { answer: null },
        errors: [denied(/^Not Authorized to access \w+ on type (Query|Mutation)$/)],
      });
    }
  }
  expect(asked).toEqual([]);
  expect(await run('{ getOpen(id: "1") { id } }', apiKey)).toEqual({ data: { getOpen: { id: '1' } } });
});
