import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../src/schema/load.ts';
import { members } from './signatures.ts';

const TYPE = 'type Message @table(name: "MessageTable") { text: String! id: ID! at: AWSDateTime! }\n';

function keysOf(sdl: string) {
  return loadModel(TYPE + sdl).types.get('Message')?.keys;
}

describe('the key of a type whose own inputs the file has, as an export of AppSync does', () => {
  test('is what its delete takes, in the order its get asks for it, with the table name alone added', () => {
    const model = loadModel(`${TYPE}
      input CreateMessageInput { text: String at: AWSDateTime! }
      input UpdateMessageInput { id: ID! text: String at: AWSDateTime! }
      input DeleteMessageInput { at: AWSDateTime! id: ID! }
      type Mutation {
        createMessage(input: CreateMessageInput!): Message
        updateMessage(input: UpdateMessageInput!): Message
        deleteMessage(input: DeleteMessageInput!): Message
      }
      type Query { getMessage(id: ID!, at: AWSDateTime!): Message }
    `);
    expect(model.types.get('Message')?.keys).toEqual(['id', 'at']);
    expect([...model.resolvedFields.keys()]).toEqual([]);
    expect([...model.queries.keys(), ...model.mutations.keys()]).toHaveLength(5);
    expect(members(model.schema, 'Query')[0]).toBe('getMessage(id: ID!, at: AWSDateTime!): Message');
  });

  test('need not be of type ID, nor the first that could be one', () => {
    expect(keysOf('input DeleteMessageInput { at: AWSDateTime! }')).toEqual(['at']);
  });

  test('may be null in the type, and not in the inputs that name an item', () => {
    const model = loadModel(`
      type Reading @table { id: ID! taken: AWSDateTime note: String }
      input DeleteReadingInput { id: ID! taken: AWSDateTime! }
      type Query { getReading(id: ID!, taken: AWSDateTime!): Reading }
    `);
    expect(model.types.get('Reading')?.keys).toEqual(['id', 'taken']);
    expect(members(model.schema, 'DeleteReadingInput')).toEqual(['id: ID!', 'taken: AWSDateTime!']);
    expect(members(model.schema, 'UpdateReadingInput')).toEqual([
      'id: ID!',
      'taken: AWSDateTime!',
      'note: String',
    ]);
    expect(members(model.schema, 'CreateReadingInput')).toEqual([
      'id: ID!',
      'taken: AWSDateTime!',
      'note: String',
    ]);
  });

  test('is in the order of the input where there is no get', () => {
    expect(keysOf('input DeleteMessageInput { text: String! id: ID! }')).toEqual(['text', 'id']);
  });

  test('is what @table(key:) names, if it does', () => {
    const keyed = TYPE.replace('name:', 'key: ["id"], name:');
    const own = 'input DeleteMessageInput { at: AWSDateTime! }';
    expect(() => loadModel(keyed + own)).toThrow(/DeleteMessageInput is generated .* with at/);
  });

  test.each([
    [
      'whose mutation returns something else',
      'input DeleteMessageInput { text: String! }\ntype Mutation { deleteMessage(input: DeleteMessageInput!): Boolean }',
    ],
    [
      'whose mutation a resolver answers',
      'input DeleteMessageInput { text: String! }\ntype Mutation { deleteMessage(input: DeleteMessageInput!): Message @resolved }',
    ],
    [
      'that is used by a mutation of its own, of more fields than a key has',
      'input DeleteMessageInput { text: String! id: ID! at: AWSDateTime! }\ntype Mutation { deleteMessage(input: DeleteMessageInput!): Int }',
    ],
  ])('is not told by an input %s', (_, own) => {
    expect(keysOf(own)).toEqual(['id']);
  });

  test('is not told by a get alone, which may be the author’s own', () => {
    expect(keysOf('type Query { getMessage(text: String!): Message }')).toEqual(['id']);
  });
});
