import { describe, expect, test } from '@jest/globals';
import { BOBS, CREATE, DELETE, GET, NOBODYS, notFound, openTodos, UPDATE } from './todos.ts';
import { admin, ann, apiKey, bob, denied, openRules, user } from './world.ts';

describe('C6 an item that is created', () => {
  test("is its creator's own when no owner is given, and is refused when it is another's", async () => {
    const { run, stored, asked } = openTodos();
    expect(await run(CREATE, ann, { input: { id: 'new', title: 'x' } })).toEqual({
      data: { createTodo: { id: 'new', owner: 'ann', editors: null } },
    });
    expect(await run(CREATE, ann, { input: { id: 'own', owner: 'ann' } })).toMatchObject({
      data: { createTodo: { owner: 'ann' } },
    });
    asked.length = 0;
    for (const owner of ['bob', '', null, 'an', 'ann ', 7]) {
      expect(await run(CREATE, ann, { input: { id: 'x', owner } })).toEqual({
        data: { createTodo: null },
        errors: [denied('createTodo: expected an item that the rules of Todo let you create, got another')],
      });
    }
    // To edit is not to create.
    expect(
      (await run(CREATE, ann, { input: { id: 'x', owner: 'bob', editors: ['ann'] } })).errors,
    ).toHaveLength(1);
    expect(asked).toEqual([]);
    expect(await stored('Todo', 'x')).toBeUndefined();
    expect(await run(CREATE, admin, { input: { id: 'free' } })).toMatchObject({
      data: { createTodo: { owner: null } },
    });
  });

  test('has its creator in the list of owners, or as its key, and by a number as by text', async () => {
    const { run } = openRules(`
      type Note @table(name: "Note") @auth(rules: [{ allow: owner, ownerField: "owners", identityClaim: "sub" }]) {
        id: ID!  owners: [ID]
      }
      input CreateNoteInput { owners: [ID] }
      input CreateOwnInput { userId: ID  at: Int! }
      type Own @table(name: "Own", key: ["userId", "at"]) @auth(rules: [{ allow: owner, ownerField: "userId" }]) {
        userId: ID!  at: Int!
      }
    `);
    const note = 'mutation ($input: CreateNoteInput!) { createNote(input: $input) { owners } }';
    expect(await run(note, ann, { input: {} })).toEqual({ data: { createNote: { owners: ['ann'] } } });
    expect(await run(note, ann, { input: { owners: ['bob', 'ann'] } })).toMatchObject({
      data: { createNote: { owners: ['bob', 'ann'] } },
    });
    for (const owners of [['bob'], [], 'bob', null]) {
      expect((await run(note, ann, { input: { owners } })).errors).toEqual([denied(/^createNote: /)]);
    }
    const seven = user('7');
    expect(await run(note, seven, { input: { owners: [7] } })).toMatchObject({
      data: { createNote: { owners: ['7'] } },
    });
    const own = 'mutation ($input: CreateOwnInput!) { createOwn(input: $input) { userId } }';
    expect(await run(own, ann, { input: { at: 1 } })).toEqual({ data: { createOwn: { userId: 'ann' } } });
    expect(await run(own, seven, { input: { userId: 7, at: 1 } })).toMatchObject({
      data: { createOwn: { userId: '7' } },
    });
    expect((await run(own, seven, { input: { userId: 8, at: 1 } })).errors).toEqual([denied(/^createOwn: /)]);
  });

  test('is given to whom a rule lets create it, and by no rule that lets them do something else', async () => {
    const { run } = openRules(`
      type Ticket @table(name: "Ticket") @auth(rules: [
        { allow: owner, ownerField: "solver", operations: [update, read] }
        { allow: owner, ownerField: "author", operations: [create, get] }
      ]) { id: ID!  author: String  solver: String }
    `);
    const create = 'mutation ($input: CreateTicketInput!) { createTicket(input: $input) { author solver } }';
    expect(await run(create, ann, { input: { id: '1' } })).toEqual({
      data: { createTicket: { author: 'ann', solver: null } },
    });
    expect((await run(create, ann, { input: { id: '2', author: 'bob' } })).errors).toHaveLength(1);
    expect(
      (await run(create, ann, { input: { id: '2', author: 'bob', solver: 'ann' } })).errors,
    ).toHaveLength(1);
  });

  test('is named by subject and username together, and never by a username alone', async () => {
    const { run } = openTodos();
    const carl = user('carl', { username: 'ann' });
    expect(await run(CREATE, carl, { input: { id: 'c' } })).toMatchObject({
      data: { createTodo: { owner: 'carl::ann' } },
    });
    expect(await run(GET, carl, { id: 'c' })).toEqual({ data: { getTodo: { title: null } } });
    expect(await run(GET, carl, { id: 'a' })).toEqual({ data: { getTodo: null } });
    expect(await run(GET, ann, { id: 'c' })).toEqual({ data: { getTodo: null } });
  });
});

describe('C6 an item that is changed or deleted', () => {
  test("is somebody else's or missing: nobody can tell which", async () => {
    const { run, stored } = openTodos();
    for (const id of ['b', 'n', 'missing']) {
      expect(await run(UPDATE, ann, { input: { id, title: 'stolen' } })).toEqual(notFound('updateTodo'));
      expect(await run(UPDATE, ann, { input: { id } })).toEqual(notFound('updateTodo'));
      expect(await run(UPDATE, ann, { input: { id, owner: 'ann' } })).toEqual(notFound('updateTodo'));
      expect(await run(DELETE, ann, { id })).toEqual(notFound('deleteTodo'));
    }
    expect(await run(DELETE, user('eve'), { id: 'b' })).toEqual(notFound('deleteTodo'));
    expect(await stored('Todo', 'b')).toEqual(BOBS);
    expect(await stored('Todo', 'n')).toEqual(NOBODYS);
  });

  test("is its owner's to change and to delete, an empty update included", async () => {
    const { run, stored } = openTodos();
    expect(await run(UPDATE, ann, { input: { id: 'a', title: 'new' } })).toEqual({
      data: { updateTodo: { title: 'new', owner: 'ann' } },
    });
    expect(await run(UPDATE, ann, { input: { id: 'a' } })).toMatchObject({
      data: { updateTodo: { title: 'new' } },
    });
    expect(await run(UPDATE, user('eve'), { input: { id: 'b', title: 'edited' } })).toMatchObject({
      data: { updateTodo: { title: 'edited' } },
    });
    expect(await run(DELETE, ann, { id: 'a' })).toEqual({ data: { deleteTodo: { title: 'new' } } });
    expect(await stored('Todo', 'a')).toBeUndefined();
  });

  test('is not to be given away, unless the rules allow what comes of it too', async () => {
    const { run, stored, asked } = openTodos();
    for (const owner of ['bob', null]) {
      const input = { id: 'a', owner, editors: ['eve'] };
      expect(await run(UPDATE, ann, { input })).toEqual({
        data: { updateTodo: null },
        errors: [denied(/^updateTodo: expected an update that leaves an item which the rules of Todo/)],
      });
    }
    expect(asked).toEqual([]);
    expect(await run(UPDATE, ann, { input: { id: 'a', owner: 'bob' } })).toEqual(notFound('updateTodo'));
    // The owner may go who stays an editor; what is not set decides by what is there.
    expect(await run(UPDATE, ann, { input: { id: 'a', owner: 'bob', editors: ['ann'] } })).toMatchObject({
      data: { updateTodo: { owner: 'bob' } },
    });
    expect(await run(UPDATE, user('eve'), { input: { id: 'b', editors: ['other'] } })).toEqual(
      notFound('updateTodo'),
    );
    expect(await run(UPDATE, bob, { input: { id: 'b', editors: ['other'] } })).toMatchObject({
      data: { updateTodo: { owner: 'bob' } },
    });
    expect(await run(UPDATE, admin, { input: { id: 'n', owner: 'ann' } })).toMatchObject({
      data: { updateTodo: { owner: 'ann' } },
    });
    expect(await stored('Todo', 'a')).toMatchObject({ owner: { S: 'bob' }, editors: { L: [{ S: 'ann' }] } });
  });

  test('is taken by one of those who take it at once', async () => {
    const { run, stored } = openTodos();
    const writes = await Promise.all([
      run(UPDATE, admin, { input: { id: 'a', owner: 'bob' } }),
      run(UPDATE, ann, { input: { id: 'a', title: 'mine' } }),
      run(UPDATE, bob, { input: { id: 'a', title: 'now mine' } }),
      run(UPDATE, ann, { input: { id: 'a', title: 'still mine' } }),
    ]);
    // In this order they reach the table: ann's come too late.
    expect(writes.map(({ errors }) => errors?.length ?? 0)).toEqual([0, 1, 0, 1]);
    expect(await stored('Todo', 'a')).toMatchObject({ owner: { S: 'bob' }, title: { S: 'now mine' } });
  });

  test('comes back to who may get it alone; that it was written is told', async () => {
    const { run, stored } = openRules(
      `type Box @table(name: "Box") @auth(rules: [{ allow: public, operations: [create, update, delete] }]) { id: ID!  text: String }`,
    );
    const unread = (field: string) => ({
      data: { [field]: null },
      errors: [denied('The item was written; it may not be read')],
    });
    expect(await run('mutation { createBox(input: { id: "1", text: "x" }) { id text } }', apiKey)).toEqual(
      unread('createBox'),
    );
    expect(await stored('Box', '1')).toMatchObject({ text: { S: 'x' } });
    for (const input of ['{ id: "1", text: "y" }', '{ id: "1" }']) {
      expect(await run(`mutation { updateBox(input: ${input}) { text } }`, apiKey)).toEqual(
        unread('updateBox'),
      );
    }
    expect(await run('mutation { deleteBox(input: { id: "1" }) { text } }', apiKey)).toEqual(
      unread('deleteBox'),
    );
    expect(await stored('Box', '1')).toBeUndefined();
  });
});
