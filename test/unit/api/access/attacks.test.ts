import { describe, expect, test } from '@jest/globals';
import { LIST, openTodos, TODOS, UPDATE } from './todos.ts';
import { admin, ann, bob, denied, openRules, user } from './world.ts';

describe('C6 several fields of one operation', () => {
  test('are each held against the rules as they run: a right that the first gives up the second has not', async () => {
    const { run, stored } = openTodos();
    const handOn = `mutation {
      a: updateTodo(input: { id: "b", editors: ["ann"] }) { id }
      b: updateTodo(input: { id: "b", owner: "ann" }) { id }
      c: updateTodo(input: { id: "b", title: "late" }) { id }
      d: deleteTodo(input: { id: "b" }) { id }
    }`;
    const { data, errors } = await run(handOn, bob);
    expect(data).toEqual({ a: { id: 'b' }, b: null, c: { id: 'b' }, d: { id: 'b' } });
    expect(errors).toHaveLength(1);
    expect(await stored('Todo', 'b')).toBeUndefined();

    const leave = `mutation {
      a: updateTodo(input: { id: "a", owner: "bob", editors: ["ann"] }) { id }
      b: deleteTodo(input: { id: "a" }) { id }
      c: updateTodo(input: { id: "a", editors: ["bob"] }) { id }
      d: updateTodo(input: { id: "a", title: "edited" }) { id }
    }`;
    const left = await run(leave, ann);
    expect(left.data).toEqual({ a: { id: 'a' }, b: null, c: null, d: { id: 'a' } });
    expect(await stored('Todo', 'a')).toMatchObject({ owner: { S: 'bob' }, title: { S: 'edited' } });
  });

  test('share what was read, and judge it for each: one identity at a time sees its own', async () => {
    const { run, asked } = openTodos();
    const twice = '{ a: getTodo(id: "b") { title } b: getTodo(id: "b") { title } }';
    const all = await Promise.all([ann, bob, user('eve'), ann].map((identity) => run(twice, identity)));
    const seen = { title: 'of bob' };
    expect(all.map(({ data }) => data)).toEqual([
      { a: null, b: null },
      { a: seen, b: seen },
      { a: seen, b: seen },
      { a: null, b: null },
    ]);
    expect(asked).toHaveLength(4);
  });
});

describe('C6 a list', () => {
  test('asks the table for what the rules leave of it, whatever the filter says', async () => {
    const { run } = openTodos();
    for (const filter of ['{ owner: { eq: "bob" } }', '{ or: [{ owner: { ne: "ann" } }] }']) {
      expect(await run(`{ listTodos(filter: ${filter}) { items { id } nextToken } }`, ann)).toEqual({
        data: { listTodos: { items: [], nextToken: null } },
      });
    }
  });

  test('leads on by a whole token of the same caller, filter and rules, and by no other', async () => {
    const items = ['1', '2'].map((id) => ({
      id: { S: id },
      owner: { S: 'ann' },
    }));
    const { run } = openRules(TODOS, { items: { Todo: items } });
    const query =
      'query ($token: String, $limit: Int) { listTodos(limit: $limit, nextToken: $token) { nextToken } }';
    const tokenOf = async (limit: number, identity = ann): Promise<string> => {
      const { data } = await run(query, identity, { limit });
      return String(new Map(Object.entries(Object(data).listTodos)).get('nextToken'));
    };
    const token = await tokenOf(1);
    const inGroup = user('ann', { groups: ['red'] });
    for (const [given, identity] of [
      [token.slice(0, -1), ann],
      [token.slice(0, 20), ann],
      [`${token}AAAA`, ann],
      ['', ann],
      [token, inGroup],
      [await tokenOf(1, inGroup), ann],
      [await tokenOf(1, admin), ann],
    ] as const) {
      expect((await run(query, identity, { token: given })).errors).toEqual([
        expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } }),
      ]);
    }
    expect((await run(query, ann, { token })).errors).toBeUndefined();
  });
});

test('C6 an update is refused for what it would leave, before it is known whether there is anything', async () => {
  const { run, asked } = openTodos();
  for (const id of ['a', 'b', 'missing']) {
    expect((await run(UPDATE, ann, { input: { id, owner: 'bob', editors: [] } })).errors).toEqual([
      denied(/^updateTodo: expected an update that leaves an item/),
    ]);
  }
  expect(asked).toEqual([]);
  expect((await run(LIST, ann)).errors).toBeUndefined();
});

test('C6 who may update an item makes nobody its owner where the owner field has rules of its own', async () => {
  const { run, stored } = openRules(
    `type Post @table(name: "Post") @auth(rules: [{ allow: owner }, { allow: private, operations: [read, update] }]) {
      id: ID!
      title: String
      owner: String @auth(rules: [{ allow: owner }, { allow: private, operations: [read] }])
      draft: String @auth(rules: [{ allow: owner }])
    }`,
    { items: { Post: [{ id: { S: '1' }, owner: { S: 'ann' }, draft: { S: 'secret' } }] } },
  );
  const update = 'mutation ($input: UpdatePostInput!) { updatePost(input: $input) { title owner draft } }';
  for (const owner of ['bob', null, 'ann']) {
    expect(await run(update, bob, { input: { id: '1', owner, title: 'x' } })).toMatchObject({
      data: { updatePost: null },
      errors: [{ extensions: { code: 'CONDITION_FAILED' } }],
    });
  }
  expect(await run(update, bob, { input: { id: '1', title: 'y' } })).toEqual({
    data: { updatePost: { title: 'y', owner: 'ann', draft: null } },
  });
  expect(await stored('Post', '1')).toMatchObject({ owner: { S: 'ann' }, draft: { S: 'secret' } });
  const create = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { owner draft } }';
  expect(await run(create, bob, { input: { id: '2', draft: 'own' } })).toEqual({
    data: { createPost: { owner: 'bob', draft: 'own' } },
  });
  expect(
    (await run(create, bob, { input: { id: '3', owner: 'ann', draft: 'planted' } })).errors,
  ).toHaveLength(1);
});
