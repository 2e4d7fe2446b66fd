import { describe, expect, test } from '@jest/globals';
import { executeSync, isObjectType, parse, validate } from 'graphql';
import { guarded } from '../../../../src/auth/guards.ts';
import type { Attribute, Image } from '../../../../src/change/change.ts';
import { loadModel } from '../../../../src/schema/load.ts';
import { storedAttribute } from '../../../../src/schema/resolvers.ts';
import { guardedResolver } from '../../../../src/schema/rules/guarded-fields.ts';

const TYPE = `type Todo @table @auth(rules: [{allow: public}]) {
  id: ID!
  open: String
  secret: String @attribute(name: "s") @auth(rules: [{allow: private}])
  part: Part
  user: User @resolved @auth(rules: [{allow: private}])
}
type Part @auth(rules: [{allow: private}]) { text: String size: Int }
type User { name: String email: String @auth(rules: [{allow: private}]) }
type Ping @auth(rules: [{allow: public}]) { at: String @auth(rules: [{allow: private}]) }
type Subscription { onPing: Ping @published }
type Query { user: User @auth(rules: [{allow: public}]) }`;

const model = loadModel(TYPE);

function image(attributes: Readonly<Record<string, Attribute>>): Image {
  return Object.assign(Object.create(null), attributes);
}

const ITEM = image({
  id: { S: '1' },
  open: { S: 'o' },
  s: { S: 'hidden' },
  part: { M: image({ text: { S: 'inner' }, size: { N: '5' } }) },
});

/** What a selection answers where the guards let exactly these paths be read; without any where there are none. */
function read(document: string, root: unknown, paths?: readonly string[]) {
  const asked: [string, unknown][] = [];
  const context = {};
  if (paths) {
    guarded(context, {
      mayReadField: (path, source) => {
        asked.push([path, source]);
        return paths.includes(path);
      },
      mayReadItem: () => true,
    });
  }
  const parsed = parse(document);
  expect(validate(model.schema, parsed)).toEqual([]);
  const result = executeSync({
    schema: model.schema,
    document: parsed,
    rootValue: root,
    contextValue: paths && context,
  });
  expect(result.errors).toBeUndefined();
  return { data: JSON.parse(JSON.stringify(result.data)), asked };
}

const SELECTION = 'subscription { onCreateTodo { id open secret part { text size } } }';

describe('a field with rules of its own', () => {
  test('C6 is null where nobody vouches for it', () => {
    const { data } = read(SELECTION, { onCreateTodo: ITEM });
    expect(data.onCreateTodo).toEqual({ id: '1', open: 'o', secret: null, part: { text: null, size: null } });
  });

  test('C6 is null where the guards do not let it be read, and its value where they do', () => {
    const { data, asked } = read(SELECTION, { onCreateTodo: ITEM }, ['Part.size', 'Todo.secret']);
    expect(data.onCreateTodo).toEqual({
      id: '1',
      open: 'o',
      secret: 'hidden',
      part: { text: null, size: 5 },
    });
    expect(asked.map(([path]) => path)).toEqual(['Todo.secret', 'Part.text', 'Part.size']);
    expect(asked[0]?.[1]).toBe(ITEM);
  });

  test('C6 is guarded in what resolvers return, and in what is published', () => {
    const user = 'query { user { name email } }';
    const found = { user: { name: 'n', email: 'e' } };
    expect(read(user, found, []).data).toEqual({ user: { name: 'n', email: null } });
    expect(read(user, found, ['User.email']).data).toEqual(found);
    const ping = 'subscription { onPing { at } }';
    expect(read(ping, { onPing: { at: 'now' } }, []).data).toEqual({ onPing: { at: null } });
    expect(read(ping, { onPing: { at: 'now' } }, ['Ping.at']).data).toEqual({ onPing: { at: 'now' } });
  });

  test('is still known as read from its attribute', () => {
    const type = model.schema.getType('Todo');
    if (!isObjectType(type)) throw new Error('expected the type Todo');
    expect(storedAttribute(type.getFields()['secret'])).toBe('s');
    expect(storedAttribute(type.getFields()['user'])).toBeUndefined();
  });
});

test('a field without rules is not wrapped: it is read as in a schema that has none', () => {
  const resolveOf = (typeName: string, field: string) => {
    const type = model.schema.getType(typeName);
    if (!isObjectType(type)) throw new Error(`expected the type ${typeName}`);
    return type.getFields()[field]?.resolve;
  };
  expect(resolveOf('User', 'name')).toBeUndefined();
  expect(resolveOf('Query', 'user')).toBeUndefined();
  expect(resolveOf('User', 'email')).toBeDefined();
  expect(storedAttribute({ resolve: resolveOf('Todo', 'open') })).toBe('open');
});

describe("a user's resolver", () => {
  test('C6 runs only where its field may be read', () => {
    const own = loadModel(TYPE);
    const type = own.schema.getType('Todo');
    const field = isObjectType(type) ? type.getFields()['user'] : undefined;
    if (!field) throw new Error('expected the field Todo.user');
    let runs = 0;
    field.resolve = guardedResolver(own, 'Todo', 'user', () => {
      runs++;
      return { name: 'n' };
    });
    const run = (may: boolean) =>
      executeSync({
        schema: own.schema,
        document: parse('subscription { onCreateTodo { user { name } } }'),
        rootValue: { onCreateTodo: ITEM },
        contextValue: guarded(
          {},
          { mayReadField: (path) => may && path === 'Todo.user', mayReadItem: () => true },
        ),
      }).data;
    expect(JSON.stringify(run(false))).toBe('{"onCreateTodo":{"user":null}}');
    expect(runs).toBe(0);
    expect(JSON.stringify(run(true))).toBe('{"onCreateTodo":{"user":{"name":"n"}}}');
    expect(runs).toBe(1);
  });

  test('stays as it is where its field has no rules, or is a root field, whose rules refuse the operation', () => {
    const resolve = () => 'resolved';
    expect(guardedResolver(model, 'User', 'name', resolve)).toBe(resolve);
    expect(guardedResolver(model, 'Query', 'user', resolve)).toBe(resolve);
    const open = loadModel('type Todo @table { id: ID! user: String @resolved }');
    expect(guardedResolver(open, 'Todo', 'user', resolve)).toBe(resolve);
  });
});
