import { describe, expect, test } from '@jest/globals';
import { execute, GraphQLError, parse } from 'graphql';
import type { Item, OperationContext } from '../../../../src/api/ports.ts';
import type { Resolvers } from '../../../../src/project.ts';
import { image } from '../../filter/todo.ts';
import { admin, ann, anonymous, apiKey, bob, denied, openRules, user } from './world.ts';

const NOTES = `
  type Note @table(name: "Note") @auth(rules: [{ allow: owner }, { allow: groups, groups: ["Admin"] }]) {
    id: ID!
    owner: String
    text: String
    secret: String @auth(rules: [{ allow: groups, groups: ["Admin"] }])
    next: Note
    around: Around @resolved
    summary: String @resolved @auth(rules: [{ allow: groups, groups: ["Admin"] }])
  }
  type Tag @table(name: "Tag") @auth(rules: [{ allow: private, operations: [read] }]) { id: ID! }
  type Around { notes: [Note]  both: NoteChange }
  union Found = Note | Tag
  type Board {
    top: Note
    notes: [Note]
    grid: [[Note!]]
    found: [Found]
    crew: [Note] @auth(rules: [{ allow: private }])
    staff: [Note] @auth(rules: [{ allow: groups, groups: ["Admin"] }])
  }
  type Query {
    note(id: ID!): Note
    notes: [Note]
    board: Board @auth(rules: [{ allow: private }])
    page: NoteConnection @auth(rules: [{ allow: private }])
    version: String
    health: String @auth(rules: [{ allow: public }])
    tags: [Tag]
  }
  type Mutation {
    archive(id: ID!): Note
    retag: Tag
    count: Int @auth(rules: [{ allow: groups, groups: ["Admin"] }])
  }
`;

const items = {
  Note: ['ann', 'bob', 'eve'].map((owner) => ({
    id: { S: owner },
    owner: { S: owner },
    text: { S: `of ${owner}` },
    secret: { S: `secret of ${owner}` },
  })),
  Tag: [{ id: { S: 'tag' } }],
};

async function every({ tables }: OperationContext): Promise<readonly Item[]> {
  return (await tables['Note']?.list())?.items ?? [];
}

function open(change: Resolvers = {}) {
  const ran: string[] = [];
  const resolvers: Resolvers = {
    Query: {
      note: (_source, { id }, { tables }) => tables['Note']?.get({ id }),
      notes: (_source, _args, context) => every(context),
      board: async (_source, _args, context) => {
        const [first, second, ...rest] = await every(context);
        const tag = await context.tables['Tag']?.get({ id: 'tag' });
        return {
          top: () => second,
          notes: [Promise.resolve(first), second, null, ...rest],
          grid: [[first, second], rest],
          found: new Set([first, tag, second]),
          crew: [first, second],
          staff: [first, second],
        };
      },
      page: async (_source, _args, { tables }) => tables['Note']?.list(),
      version: () => ran.push('version') && '1',
      health: () => 'good',
      tags: async (_source, _args, { tables }) => (await tables['Tag']?.list())?.items,
      ...change['Query'],
    },
    Mutation: {
      archive: (_source, { id }, { tables }) => {
        ran.push('archive');
        return tables['Note']?.update({ id, text: 'archived' });
      },
      retag: () => ran.push('retag') && null,
      count: () => ran.push('count') && 1,
    },
    Note: {
      next: async (note, _args, context) => {
        const notes = await every(context);
        return notes[notes.findIndex(({ id }) => id === note.id) + 1];
      },
      around: async (_note, _args, context) => {
        const notes = await every(context);
        return { notes, both: { kind: 'UPDATE', item: notes[0], previous: notes[1] } };
      },
      summary: () => ran.push('summary') && 'short',
    },
  };
  return { ...openRules(NOTES, { items, resolvers }), ran };
}

describe('C6 what a resolver of the project returns', () => {
  test('is held against the rules item by item, wherever it stands', async () => {
    const { run } = open();
    expect(await run('{ note(id: "bob") { text } }', ann)).toEqual({ data: { note: null } });
    expect(await run('{ note(id: "bob") { text secret } }', bob)).toEqual({
      data: { note: { text: 'of bob', secret: null } },
    });
    expect(await run('{ notes { text } }', ann)).toEqual({ data: { notes: [{ text: 'of ann' }] } });
    const board = `{ board { top { text } notes { text } grid { text } found { __typename ... on Note { text } } } }`;
    expect(await run(board, ann)).toEqual({
      data: {
        board: {
          top: null,
          notes: [{ text: 'of ann' }, null],
          grid: [[{ text: 'of ann' }], []],
          found: [{ __typename: 'Note', text: 'of ann' }, { __typename: 'Tag' }],
        },
      },
    });
    // A rule of the field lets in, and the items are still judged.
    expect(await run('{ board { crew { text } } }', bob)).toEqual({
      data: { board: { crew: [{ text: 'of bob' }] } },
    });
    expect(await run('{ page { items { text } } }', bob)).toEqual({
      data: { page: { items: [{ text: 'of bob' }] } },
    });
    expect(await run('{ note(id: "ann") { next { text } } }', ann)).toEqual({
      data: { note: { next: null } },
    });
    expect(await run('{ note(id: "ann") { next { text secret } } }', admin)).toEqual({
      data: { note: { next: { text: 'of bob', secret: 'secret of bob' } } },
    });
    expect(await run(board, user('x'))).toEqual({
      data: { board: { top: null, notes: [null], grid: [[], []], found: [{ __typename: 'Tag' }] } },
    });
  });

  test('and came from no table is for who may read every item of its type', async () => {
    const made = { id: 'x', owner: 'ann', text: 'made', secret: 'made' };
    const { run } = open({
      Query: {
        note: () => made,
        notes: async (_source, _args, context) => (await every(context)).map((note) => ({ ...note })),
      },
    });
    expect(await run('{ note(id: "x") { text } notes { text } }', ann)).toEqual({
      data: { note: null, notes: [] },
    });
    expect(await run('{ note(id: "x") { text secret } notes { id } }', admin)).toEqual({
      data: { note: { text: 'made', secret: 'made' }, notes: [{ id: 'ann' }, { id: 'bob' }, { id: 'eve' }] },
    });
  });

  test('fails as before, one element of a list by itself', async () => {
    const failing = new GraphQLError('not this one');
    const { run } = open({
      Query: {
        note: () => {
          throw failing;
        },
        notes: async (_source, _args, context) => {
          const [first, second] = await every(context);
          return [Promise.resolve(first), Promise.reject(failing), Promise.resolve(second)];
        },
      },
    });
    expect(await run('{ note(id: "x") { id } notes { id } }', ann)).toMatchObject({
      data: { note: null, notes: [{ id: 'ann' }, null] },
      errors: expect.arrayContaining([
        expect.objectContaining({ path: ['note'], message: 'not this one' }),
        expect.objectContaining({ path: ['notes', 1], message: 'not this one' }),
      ]),
    });
  });
});

describe('C6 a field that a resolver answers', () => {
  test('runs for whom its rules name; on an object it is null to others, in Query and Mutation it is refused', async () => {
    const { run, ran } = open();
    expect(await run('{ health }', apiKey)).toEqual({ data: { health: 'good' } });
    expect(await run('{ health }', anonymous)).toEqual({ data: { health: 'good' } });
    expect(await run('{ h: health }', ann)).toEqual({
      data: { h: null },
      errors: [denied('Not Authorized to access health on type Query')],
    });
    expect(await run('{ note(id: "ann") { summary } board { staff { id } } }', ann)).toEqual({
      data: { note: { summary: null }, board: { staff: null } },
    });
    expect(await run('mutation { count }', ann)).toMatchObject({
      errors: [denied('Not Authorized to access count on type Mutation')],
    });
    expect(ran).toEqual([]);
    expect(await run('{ note(id: "ann") { summary } board { staff { id } } }', admin)).toEqual({
      data: { note: { summary: 'short' }, board: { staff: [{ id: 'ann' }, { id: 'bob' }] } },
    });
    expect(await run('mutation { count }', admin)).toEqual({ data: { count: 1 } });
  });

  test("has no rules: it is nobody's, unless it returns items, and then of those who may have some", async () => {
    const { run, ran } = open();
    for (const identity of [ann, admin, apiKey]) {
      expect((await run('{ version }', identity)).errors).toEqual([
        denied('Not Authorized to access version on type Query'),
      ]);
    }
    expect((await run('{ notes { id } }', apiKey)).errors).toEqual([
      denied('Not Authorized to access notes on type Query'),
    ]);
    // To read tags is not to run what writes them.
    expect(await run('{ tags { id } }', ann)).toEqual({ data: { tags: [{ id: 'tag' }] } });
    expect((await run('mutation { retag { id } archive(id: "ann") { id } }', apiKey)).errors).toHaveLength(2);
    expect((await run('mutation { retag { id } }', ann)).errors).toHaveLength(1);
    expect(ran).toEqual([]);
    expect(await run('mutation { archive(id: "ann") { text } }', ann)).toEqual({
      data: { archive: { text: 'archived' } },
    });
    expect(await run('mutation { archive(id: "bob") { text } }', ann)).toEqual({ data: { archive: null } });
  });

  test('is held against the rules at delivery as well; what is delivered was judged before', async () => {
    const { api } = open();
    const noteOf = (owner: string) =>
      image(Object.entries(items.Note.find(({ id }) => id.S === owner) ?? {}));
    const context = api.contextFor({ identity: ann, reads: 'listen' });
    const delivered = async (query: string, rootValue: unknown, contextValue: unknown = context) => {
      const result = await execute({ schema: api.schema, document: parse(query), rootValue, contextValue });
      return JSON.parse(JSON.stringify(result));
    };
    const around = 'around { notes { text } both { item { text } previous { text } } }';
    const change = { kind: 'UPDATE', item: noteOf('bob'), previous: noteOf('ann') };
    expect(
      await delivered(`subscription { onChangeNote { item { text ${around} } previous { text } } }`, {
        onChangeNote: change,
      }),
    ).toEqual({
      data: {
        onChangeNote: {
          item: {
            text: 'of bob',
            around: { notes: [{ text: 'of ann' }], both: { item: { text: 'of ann' }, previous: null } },
          },
          previous: { text: 'of ann' },
        },
      },
    });
    expect(
      await delivered(`subscription { onCreateNote { ${around} } }`, { onCreateNote: noteOf('bob') }),
    ).toMatchObject({ data: { onCreateNote: { around: { both: { previous: null } } } } });
    // A context that nobody vouches for, as a copy is, lets nothing be read.
    expect(
      await delivered(
        `subscription { onCreateNote { ${around} } }`,
        { onCreateNote: noteOf('ann') },
        { ...context },
      ),
    ).toEqual({ data: { onCreateNote: { around: { notes: [], both: { item: null, previous: null } } } } });
  });
});
