import { describe, expect, test } from '@jest/globals';
import { guardsOf } from '../../../../src/auth/guards.ts';
import { image } from '../../filter/todo.ts';
import { admin, ann, apiKey, bob, denied, openRules } from './world.ts';

describe('C6 a field that a resolver answers', () => {
  test('runs for whom one operation at least is left of what it may come to', async () => {
    const operations = ['get', 'list', 'listen', 'create', 'update', 'delete'] as const;
    const may = operations.map((operation) => operation.replace(/^./, (first) => first.toUpperCase()));
    const { run } = openRules(
      `
        ${may.map((name) => `type ${name} @table(name: "${name}") @auth(rules: [{ allow: private, operations: [${name.toLowerCase()}] }]) { id: ID! }`).join('\n')}
        type Query { ${may.map((name) => `one${name}: ${name}`).join('\n')} }
        type Mutation { ${may.map((name) => `do${name}: [${name}]`).join('\n')} }
      `,
      {
        resolvers: {
          Query: Object.fromEntries(may.map((name) => [`one${name}`, () => null])),
          Mutation: Object.fromEntries(may.map((name) => [`do${name}`, () => []])),
        },
      },
    );
    const runs = async (query: string) => (await run(query, ann)).errors === undefined;
    const [queries, mutations]: string[][] = [[], []];
    for (const name of may) {
      if (await runs(`{ one${name} { id } }`)) queries?.push(name);
      if (await runs(`mutation { do${name} { id } }`)) mutations?.push(name);
    }
    expect(queries).toEqual(['Get', 'List']);
    expect(mutations).toEqual(['Create', 'Update', 'Delete']);
  });

  test('returns what `publish()` delivers to whom the rules of its type let read it', async () => {
    const { run } = openRules(
      `
        type Tag @table(name: "Tag") { id: ID! }
        type Typing @auth(rules: [{ allow: groups, groups: ["Admin"] }, { allow: owner, ownerField: "userId" }]) { userId: ID }
        type Subscription { typing: Typing @published }
        type Query { typing: [Typing]  all: All @auth(rules: [{ allow: private }]) }
        type All { typing: Typing }
      `,
      {
        resolvers: {
          Query: {
            typing: () => [{ userId: 'ann' }],
            all: () => ({ typing: { userId: 'ann' } }),
          },
        },
      },
    );
    const query = '{ typing { userId } all { typing { userId } } }';
    expect(await run(query, admin)).toEqual({
      data: { typing: [{ userId: 'ann' }], all: { typing: { userId: 'ann' } } },
    });
    expect(await run(query, ann)).toEqual({ data: { typing: [], all: { typing: null } } });
    expect(await run('{ typing { userId } }', apiKey)).toMatchObject({
      errors: [denied('Not Authorized to access typing on type Query')],
    });
  });

  test('is resolved at delivery for who may listen to what it returns', () => {
    const { api, model } = openRules(`
      type Post @table(name: "Post") @auth(rules: [{ allow: owner, operations: [listen] }, { allow: public, operations: [get, list] }]) {
        id: ID!  owner: String
      }
    `);
    const type = model.types.get('Post');
    if (!type) throw new Error('expected a type');
    const post = image(Object.entries({ id: { S: '1' }, owner: { S: 'ann' } }));
    const may = (identity: typeof ann, reads?: 'get' | 'listen') =>
      guardsOf(api.contextFor({ identity, ...(reads && { reads }) }))?.mayReadItem(type, post);
    expect([may(ann), may(ann, 'listen'), may(bob, 'listen'), may(apiKey), may(apiKey, 'listen')]).toEqual([
      false,
      true,
      false,
      true,
      false,
    ]);
  });
});
