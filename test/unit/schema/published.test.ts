import { describe, expect, test } from '@jest/globals';
import { executeSync, isObjectType, parse } from 'graphql';
import { loadModel } from '../../../src/schema/load.ts';
import { fixture, members } from './signatures.ts';

const model = loadModel(fixture('live'));

describe('a subscription that code publishes to', () => {
  const typing = model.subscriptions.get('typing');

  test('has a type of its own, in no table', () => {
    expect(typing).toMatchObject({
      source: 'published',
      type: { name: 'Typing', table: 'publish/typing', keys: [''] },
    });
    expect([...(typing?.events ?? [])]).toEqual(['create']);
    expect([...model.types.keys()]).toEqual(['User', 'Note']);
    expect([...model.tables.keys()]).toEqual(['app']);
    expect(model.subscriptions.get('blink')?.type.table).toBe('publish/blink');
    expect([...model.subscriptions.values()].filter((field) => field.source === 'table')).toHaveLength(8);
  });

  test('reads its fields as stored ones', () => {
    expect(
      [...(typing?.type.fields.values() ?? [])].map(({ name, attribute, kind }) => [name, attribute, kind]),
    ).toEqual([
      ['room', 'room', 'ID'],
      ['user', 'user', 'String'],
      ['cursor', 'cursor', 'Object'],
    ]);
    const type = model.schema.getType('Typing');
    expect(isObjectType(type) && type.getFields()['room']?.type).toBe(typing?.type.fields.get('room')?.type);
    expect(model.resolvedFields.has('Typing.author')).toBe(true);
  });

  test('compares its arguments with fields, and has a filter where one is written', () => {
    expect([...(typing?.arguments ?? [])].map(([name, field]) => [name, field.name])).toEqual([
      ['room', 'room'],
      ['who', 'user'],
    ]);
    expect(members(model.schema, 'TableTypingFilterInput')).toEqual([
      'room: TableIDFilterInput',
      'user: TableStringFilterInput',
      'and: [TableTypingFilterInput!]',
      'or: [TableTypingFilterInput!]',
      'not: TableTypingFilterInput',
    ]);
  });

  test('has no filter, and may have fields of any name, where none is written', () => {
    const { schema } = loadModel(
      'type T @table { id: ID! }\ntype Sign { not: Int }\ntype Subscription { sign(not: Int): Sign @published }',
    );
    expect(schema.getType('TableSignFilterInput')).toBeUndefined();
    expect(schema.getType('CreateSignInput')).toBeUndefined();
    expect(schema.getType('SignConnection')).toBeUndefined();
  });

  test('renders images, nested ones too', () => {
    const bare = (entries: Record<string, unknown>) => Object.assign(Object.create(null), entries);
    const result = executeSync({
      schema: model.schema,
      document: parse('subscription { typing(room: "1") { room user cursor { x y } } }'),
      rootValue: {
        typing: bare({ room: { S: '1' }, cursor: { M: bare({ x: { N: '2' } }) } }),
      },
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual({
      data: { typing: { room: '1', user: null, cursor: { x: 2, y: null } } },
    });
  });

  test('may publish what is stored inside items too', () => {
    const { subscriptions, schema } = loadModel(`
      type T @table { id: ID! place: Place }
      type Place { x: Int @attribute(name: "px") }
      type Subscription { moved(x: Int): Place @published }
    `);
    expect(subscriptions.get('moved')?.arguments.get('x')).toMatchObject({ attribute: 'px' });
    expect(members(schema, 'PlaceInput')).toEqual(['x: Int']);
  });
});

describe('the writer of items', () => {
  test('is the field that @table(writer:) names', () => {
    const note = model.types.get('Note');
    expect(note?.writer).toBe(note?.fields.get('updatedBy'));
    expect(note?.writer).toMatchObject({ name: 'updatedBy' });
    expect(model.types.get('User')).not.toHaveProperty('writer');
  });
});
