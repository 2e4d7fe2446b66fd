import { describe, expect, test } from '@jest/globals';
import type { Item, OperationContext } from '../../../../src/api/ports.ts';
import type { Resolvers } from '../../../../src/project.ts';
import { image } from '../../filter/todo.ts';
import { admin, ann, openRules } from './world.ts';

const SDL = `
  type Note @table(name: "Note") @auth(rules: [{ allow: owner }, { allow: groups, groups: ["Admin"] }]) {
    id: ID!
    owner: String
    text: String
    secret: String @auth(rules: [{ allow: groups, groups: ["Admin"] }])
    inner: Inner
  }
  type Inner { owner: String  text: String }
  type Memo @table(name: "Memo") @auth(rules: [{ allow: groups, groups: ["Admin"] }]) { id: ID!  owner: String  text: String }
  type Plain { notes: [Note]  deep: Plain  text: String  raw: Found }
  union Found = Note | Plain
  input Draft { id: ID  owner: String  text: String }
  type Query @auth(rules: [{ allow: private }]) {
    note(draft: Draft): Note
    found: Found
    plain: Plain
    page: NoteConnection
    change: NoteChange
    grid: [[[Note]]]
  }
  type Mutation { _keep: String @auth(rules: [{ allow: groups, groups: ["Admin"] }]) }
`;

const of = (owner: string) => ({
  id: { S: owner },
  owner: { S: owner },
  text: { S: `of ${owner}` },
  secret: { S: `secret of ${owner}` },
  // What ann wrote into an object of her choice.
  inner: {
    M: image([
      ['owner', { S: 'ann' }],
      ['text', { S: 'inner' }],
    ]),
  },
});

function open(query: Resolvers[string]) {
  return openRules(SDL, {
    items: { Note: [of('ann'), of('bob')], Memo: [of('ann')] },
    resolvers: {
      Query: Object.fromEntries(
        ['note', 'found', 'plain', 'page', 'change', 'grid'].map((name) => [
          name,
          query[name] ?? (() => null),
        ]),
      ),
      Mutation: { _keep: () => null },
    },
  });
}

async function got({ tables }: OperationContext, id: string, type = 'Note'): Promise<Item> {
  const item = await tables[type]?.get({ id });
  if (!item) throw new Error('expected an item');
  return item;
}

const PLAIN = `text notes { text secret } raw { ... on Note { text secret } ... on Plain { text notes { text } } }`;

describe('C6 what cannot be told to be a certain item is for who may read all of its type', () => {
  const makers: Readonly<Record<string, (context: OperationContext) => unknown>> = {
    'an item of another type': (context) => got(context, 'ann', 'Memo'),
    'an object inside an item': async (context) => (await got(context, 'ann'))['inner'],
    'a copy': async (context) => ({ ...(await got(context, 'ann')) }),
    'a copy without a prototype': async (context) =>
      Object.assign(Object.create(null), await got(context, 'ann')),
    'an object that inherits from an item': async (context) => Object.create(await got(context, 'ann')),
    'a proxy of an item': async (context) => new Proxy(await got(context, 'ann'), {}),
    'a function': () => () => ({ id: 'x', owner: 'ann', text: 'x' }),
    'an array': () => Object.assign(['x'], { id: 'x', owner: 'ann', text: 'x' }),
    'getters that change their mind': () => ({
      id: 'x',
      get owner() {
        return 'ann';
      },
      get text() {
        return 'x';
      },
    }),
  };

  test.each(Object.entries(makers))('%s', async (_name, make) => {
    const { run } = open({
      note: (_source, _args, context) => make(context),
      grid: (_source, _args, context) => [[[make(context)], []]],
    });
    const query = '{ note { __typename } grid { __typename } }';
    expect((await run(query, ann)).data).toEqual({ note: null, grid: [[[], []]] });
    expect((await run(query, admin)).data).toEqual({
      note: { __typename: 'Note' },
      grid: [[[{ __typename: 'Note' }], []]],
    });
  });

  test('what a client sends as a literal or as a variable, and a resolver gives back', async () => {
    const { run } = open({ note: (_source, { draft }) => draft });
    const literal = '{ note(draft: { id: "1", owner: "ann", text: "x" }) { text } }';
    expect(await run(literal, ann)).toEqual({ data: { note: null } });
    expect(await run('{ note(draft: {}) { text } }', ann)).toEqual({ data: { note: null } });
    const variable = 'query ($draft: Draft) { note(draft: $draft) { text } }';
    const draft = { id: '1', owner: 'ann', text: 'x' };
    expect(await run(variable, ann, { draft })).toEqual({ data: { note: null } });
    expect(await run(variable, admin, { draft })).toEqual({ data: { note: { text: 'x' } } });
  });
});

describe('C6 items are found wherever a resolver puts them', () => {
  test('in pages, changes, unions, generators and objects inside objects', async () => {
    const { run } = open({
      page: async (_source, _args, context) => ({
        items: [await got(context, 'ann'), await got(context, 'bob')],
        nextToken: null,
      }),
      change: async (_source, _args, context) => ({
        kind: 'UPDATE',
        item: () => got(context, 'bob'),
        previous: await got(context, 'ann'),
      }),
      plain: (_source, _args, context) => ({
        text: 'top',
        deep: {
          notes: function* () {
            yield got(context, 'bob');
            yield got(context, 'ann');
          },
          raw: async () => ({ __typename: 'Plain', text: 'p', notes: [await got(context, 'bob')] }),
        },
      }),
      found: (_source, _args, context) => Promise.resolve(got(context, 'bob')),
    });
    const query = `{
      page { items { text secret } }
      change { kind item { text } previous { text secret } }
      plain { text deep { ${PLAIN} } }
      found { __typename }
    }`;
    expect(await run(query, ann)).toEqual({
      data: {
        page: { items: [{ text: 'of ann', secret: null }] },
        change: { kind: 'UPDATE', item: null, previous: { text: 'of ann', secret: null } },
        plain: {
          text: 'top',
          deep: { text: null, notes: [{ text: 'of ann', secret: null }], raw: { text: 'p', notes: [] } },
        },
        found: null,
      },
    });
    const own = await run(query, admin);
    expect(JSON.stringify(own.data).match(/secret of \w+/g)).toEqual(
      ['ann', 'bob', 'ann', 'bob', 'ann'].map((owner) => `secret of ${owner}`),
    );
  });

  test('by whatever name an object gives itself, and no answer repeats a value that it could not use', async () => {
    const { run } = open({
      found: () => ({ __typename: 'Note', id: 'x', owner: 'ann', text: 'hidden' }),
      plain: async (_source, _args, context) => ({
        text: { leak: (await got(context, 'bob'))['secret'] },
        raw: async () => ({ hidden: (await got(context, 'bob'))['secret'] }),
        notes: 'hidden',
      }),
    });
    expect(await run('{ found { ... on Note { text } } }', ann)).toEqual({ data: { found: null } });
    const { data, errors } = await run(`{ plain { ${PLAIN} } }`, ann);
    expect(data).toEqual({ plain: { text: null, notes: null, raw: null } });
    expect(errors).toHaveLength(3);
    expect(JSON.stringify(errors)).not.toMatch(/secret of|hidden/);
  });
});
