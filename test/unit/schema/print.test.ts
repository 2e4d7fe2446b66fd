import { describe, expect, test } from '@jest/globals';
import { buildSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { loadModel } from '../../../src/schema/load.ts';
import { fixture, rootSchema } from './signatures.ts';

const FILES = [
  'amplify-rules',
  'appsync-export',
  'appsync-full-export',
  'appsync-rules',
  'appsync-todo',
  'catalogue',
  'chat',
  'live',
].map((name) => ({ name, sdl: fixture(name) }));

describe.each([{ name: 'the root schema', sdl: rootSchema() }, ...FILES])(
  'the printed schema of $name',
  ({ sdl }) => {
    const model = loadModel(sdl);

    test('is the executable schema, word for word, to any reader of SDL', () => {
      const printed = (schema: ReturnType<typeof buildSchema>) =>
        printSchema(lexicographicSortSchema(schema));
      expect(printed(buildSchema(model.sdl))).toBe(printed(model.schema));
    });

    test('can be loaded again, and is complete', () => {
      const again = loadModel(model.sdl);
      expect(again.sdl).toBe(model.sdl);
      const plain = (each: typeof model) =>
        JSON.stringify({ ...each, schema: undefined }, (_, value) =>
          value instanceof Map || value instanceof Set ? [...value] : value,
        );
      expect(plain(again)).toBe(plain(model));
    });
  },
);

test('directives stay on types, fields and arguments, and descriptions above them', () => {
  const { sdl } = loadModel(`
    directive @note(text: String) repeatable on OBJECT | ENUM_VALUE
    """A thing."""
    type Thing @table(name: "Things", key: ["a", "b"], where: {attribute: "k", beginsWith: "T#"}) @note(text: "x") {
      "The first part."
      a: ID! @attribute(name: "pk")
      b: Int! @deprecated(reason: "old")
    }
    enum State { OPEN @note(text: "y") }
  `);
  expect(sdl).toContain('directive @note(text: String) repeatable on OBJECT | ENUM_VALUE');
  expect(sdl).toContain(
    '"""A thing."""\ntype Thing @table(name: "Things", key: ["a", "b"], where: {attribute: "k", beginsWith: "T#"}) @note(text: "x") {',
  );
  expect(sdl).toContain('a: ID! @attribute(name: "pk")');
  expect(sdl).toContain('b: Int! @deprecated(reason: "old")');
  expect(sdl).toContain('OPEN @note(text: "y")');
  expect(loadModel(sdl).sdl).toBe(sdl);
});
