import { describe, expect, test } from '@jest/globals';
import { loadModel } from '../../../src/schema/load.ts';
import { fixture, members } from './signatures.ts';

describe('the table AppSync imported (S0)', () => {
  const model = loadModel(fixture('appsync-todo'));

  test('has the key, the table and the operators of the imported schema', () => {
    expect(model.types.get('AppSyncToDo')).toMatchObject({ table: 'AppSyncToDo', keys: ['title'] });
    expect(members(model.schema, 'AppSyncToDo')).toEqual(['title: String!', 'content: String']);
    expect(members(model.schema, 'TableAppSyncToDoFilterInput').slice(0, 2)).toEqual([
      'title: TableStringFilterInput',
      'content: TableStringFilterInput',
    ]);
    for (const input of ['String', 'ID', 'Int', 'Float', 'Boolean']) {
      expect(members(model.schema, `Table${input}FilterInput`)).toContain(`eq: ${input}`);
    }
  });

  test('has its three subscriptions, each with @aws_subscribe in the printed schema', () => {
    const args = 'title: String, content: String, filter: TableAppSyncToDoFilterInput';
    expect(members(model.schema, 'Subscription').slice(0, 3)).toEqual([
      `onCreateAppSyncToDo(${args}): AppSyncToDo`,
      `onUpdateAppSyncToDo(${args}): AppSyncToDo`,
      `onDeleteAppSyncToDo(${args}): AppSyncToDo`,
    ]);
    for (const write of ['Create', 'Update', 'Delete']) {
      expect(model.sdl).toContain(
        `on${write}AppSyncToDo(${args}): AppSyncToDo @aws_subscribe(mutations: ["${write.toLowerCase()}AppSyncToDo"])`,
      );
    }
  });
});

describe('the chat (S3)', () => {
  const model = loadModel(fixture('chat'));

  test('compares the argument userId with recipientId, stored as recipient_id, on create alone', () => {
    const messages = model.subscriptions.get('messages');
    expect(messages?.type).toBe(model.types.get('Message'));
    expect([...(messages?.events ?? [])]).toEqual(['create']);
    expect([...(messages?.arguments ?? [])]).toEqual([
      ['userId', model.types.get('Message')?.fields.get('recipientId')],
    ]);
    expect(messages?.arguments.get('userId')).toMatchObject({ attribute: 'recipient_id', kind: 'ID' });
  });

  test('keeps the hand-written subscription as it is written, beside the generated ones', () => {
    const subscriptions = members(model.schema, 'Subscription');
    expect(subscriptions[0]).toBe('messages(userId: String): Message');
    expect(subscriptions.map((field) => field.replace(/\(.*/, ''))).toEqual([
      'messages',
      ...['onCreateUser', 'onUpdateUser', 'onDeleteUser', 'onChangeUser'],
      ...['onCreateMessage', 'onUpdateMessage', 'onDeleteMessage', 'onChangeMessage'],
    ]);
    expect(model.sdl).toContain(
      'messages(userId: String @matches(field: "recipientId")): Message @aws_subscribe(mutations: ["createMessage"])',
    );
    expect(model.sdl).toContain('recipientId: ID @attribute(name: "recipient_id")');
    expect(model.sdl).toContain('"""One message from a user to another."""');
  });

  test('keeps the Query type of the user and adds nothing to it', () => {
    expect(members(model.schema, 'Query')).toEqual([
      'messages(userId: String!): messagesResult',
      'userId(username: String!): String',
    ]);
  });

  test('takes the key from @table(key:), not from the order of the fields', () => {
    expect(model.types.get('User')).toMatchObject({ table: 'users', keys: ['userId'] });
    expect(model.tables.get('messages')).toEqual([model.types.get('Message')]);
  });
});

describe('a schema exported from AppSync with table names added', () => {
  const model = loadModel(fixture('appsync-export'));

  test('has its own subscription fields win over the generated ones, arguments and all', () => {
    expect(members(model.schema, 'Subscription').slice(0, 3)).toEqual([
      'onCreateEvent(id: ID, name: String, when: AWSDateTime, where: String): Event',
      'onWriteEvent(id: ID, filter: TableEventFilterInput): Event',
      'onUpdateEvent(id: ID, name: String, when: AWSDateTime, where: String, attendees: Int, filter: TableEventFilterInput): Event',
    ]);
    expect([...(model.subscriptions.get('onWriteEvent')?.events ?? [])]).toEqual(['create', 'update']);
    expect([...(model.subscriptions.get('onWriteEvent')?.arguments.keys() ?? [])]).toEqual(['id']);
  });

  test('has its filter inputs filled up with what AppSync has not', () => {
    expect(members(model.schema, 'TableEventFilterInput')).toContain('or: [TableEventFilterInput!]');
    expect(members(model.schema, 'TableStringFilterInput')).toContain('in: [String]');
    expect(members(model.schema, 'TableBooleanFilterInput')).toContain('attributeExists: Boolean');
  });

  test('keeps its queries, mutations and other types', () => {
    expect(members(model.schema, 'Query')).toHaveLength(2);
    expect(model.schema.getMutationType()?.name).toBe('Mutation');
    expect(members(model.schema, 'EventConnection')).toEqual(['items: [Event]', 'nextToken: String']);
  });

  test('may filter a timestamp by the operators of Int, as AppSync writes it', () => {
    const { schema } = loadModel(`
      type Event @table { id: ID! at: AWSTimestamp more: AWSTimestamp }
      input TableEventFilterInput { at: TableIntFilterInput }
    `);
    expect(members(schema, 'TableEventFilterInput')).toEqual([
      'id: TableIDFilterInput',
      'at: TableIntFilterInput',
      'more: TableAWSTimestampFilterInput',
      'and: [TableEventFilterInput!]',
      'or: [TableEventFilterInput!]',
      'not: TableEventFilterInput',
    ]);
  });
});
