import { describe, expect, test } from '@jest/globals';
import { buildSchema, isScalarType } from 'graphql';
import { loadModel } from '../../../src/schema/load.ts';
import { CUSTOM_SCALARS } from '../../../src/schema/scalars.ts';
import { fixture, members } from './signatures.ts';

/** What AppSync makes of the table: the whole of S0, name for name and type for type. */
const APPSYNC_TODO = buildSchema(`
  directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION
  type AppSyncToDo { title: String! content: String }
  type AppSyncToDoConnection { items: [AppSyncToDo] nextToken: String }
  input CreateAppSyncToDoInput { title: String! content: String }
  input UpdateAppSyncToDoInput { title: String! content: String }
  input DeleteAppSyncToDoInput { title: String! }
  type Mutation {
    createAppSyncToDo(input: CreateAppSyncToDoInput!): AppSyncToDo
    updateAppSyncToDo(input: UpdateAppSyncToDoInput!): AppSyncToDo
    deleteAppSyncToDo(input: DeleteAppSyncToDoInput!): AppSyncToDo
  }
  type Query {
    getAppSyncToDo(title: String!): AppSyncToDo
    listAppSyncToDos(filter: TableAppSyncToDoFilterInput, limit: Int, nextToken: String): AppSyncToDoConnection
  }
  type Subscription {
    onCreateAppSyncToDo(title: String, content: String): AppSyncToDo @aws_subscribe(mutations: ["createAppSyncToDo"])
    onUpdateAppSyncToDo(title: String, content: String): AppSyncToDo @aws_subscribe(mutations: ["updateAppSyncToDo"])
    onDeleteAppSyncToDo(title: String, content: String): AppSyncToDo @aws_subscribe(mutations: ["deleteAppSyncToDo"])
  }
  input TableAppSyncToDoFilterInput { title: TableStringFilterInput content: TableStringFilterInput }
  input TableStringFilterInput {
    ne: String eq: String le: String lt: String ge: String gt: String contains: String notContains: String
    between: [String] beginsWith: String
  }
  input TableIDFilterInput {
    ne: ID eq: ID le: ID lt: ID ge: ID gt: ID contains: ID notContains: ID between: [ID] beginsWith: ID
  }
  input TableIntFilterInput {
    ne: Int eq: Int le: Int lt: Int ge: Int gt: Int contains: Int notContains: Int between: [Int]
  }
  input TableFloatFilterInput {
    ne: Float eq: Float le: Float lt: Float ge: Float gt: Float contains: Float notContains: Float between: [Float]
  }
  input TableBooleanFilterInput { ne: Boolean eq: Boolean }
`);

describe('the table AppSync imported (S0)', () => {
  const model = loadModel(fixture('appsync-todo'));
  const exact = ['', 'Connection'].map((end) => `AppSyncToDo${end}`);
  const inputs = ['Create', 'Update', 'Delete'].map((write) => `${write}AppSyncToDoInput`);
  const filters = ['AppSyncToDo', 'String', 'ID', 'Int', 'Float', 'Boolean'].map(
    (name) => `Table${name}FilterInput`,
  );

  test.each([...exact, ...inputs, 'Query', 'Mutation'])('has %s as AppSync has it, and no more', (name) => {
    expect(members(model.schema, name)).toEqual(members(APPSYNC_TODO, name));
  });

  test.each(filters)('has %s as AppSync has it, and more behind', (name) => {
    const expected = members(APPSYNC_TODO, name);
    expect(members(model.schema, name).slice(0, expected.length)).toEqual(expected);
  });

  test('has the subscriptions of AppSync, each with a filter more', () => {
    const expected = members(APPSYNC_TODO, 'Subscription');
    const came = members(model.schema, 'Subscription').slice(0, expected.length);
    const filter = ', filter: TableAppSyncToDoFilterInput';
    expect(came.every((field) => field.includes(filter))).toBe(true);
    expect(came.map((field) => field.replace(filter, ''))).toEqual(expected);
  });

  test('has its key and its table', () => {
    expect(model.types.get('AppSyncToDo')).toMatchObject({ table: 'AppSyncToDo', keys: ['title'] });
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

  test('keeps the queries and mutations of the user, which win, beside the generated ones', () => {
    expect(members(model.schema, 'Query')).toEqual([
      'messages(userId: String!): messagesResult',
      'userId(username: String!): String',
      'getUser(userId: ID!): User',
      'listUsers(filter: TableUserFilterInput, limit: Int, nextToken: String): UserConnection',
      'getMessage(id: ID!): Message',
      'listMessages(filter: TableMessageFilterInput, limit: Int, nextToken: String): MessageConnection',
    ]);
    expect(members(model.schema, 'Mutation')).toEqual([
      'createUser(username: String!): createUserResult',
      'createMessage(senderId: String, recipientId: String, content: String): createMessageResult',
      'updateUser(input: UpdateUserInput!): User',
      'deleteUser(input: DeleteUserInput!): User',
      'updateMessage(input: UpdateMessageInput!): Message',
      'deleteMessage(input: DeleteMessageInput!): Message',
    ]);
    expect([...model.mutations.keys()]).toEqual([
      'updateUser',
      'deleteUser',
      'updateMessage',
      'deleteMessage',
    ]);
  });

  test('asks for the resolvers of the hand-written fields, and of no field of the results', () => {
    expect([...model.resolvedFields.keys()]).toEqual([
      'Query.messages',
      'Query.userId',
      'Mutation.createUser',
      'Mutation.createMessage',
    ]);
    expect(model.resolvedFields.get('Query.messages')).toEqual({ type: 'Query', field: 'messages' });
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
    expect(members(model.schema, 'Mutation')).toHaveLength(3);
    expect([...model.queries.keys(), ...model.mutations.keys()]).toEqual([
      ...['getEvent', 'listEvents', 'createEvent', 'updateEvent', 'deleteEvent'],
    ]);
    expect(model.resolvedFields.size).toBe(0);
    expect(members(model.schema, 'EventConnection')).toEqual(['items: [Event]', 'nextToken: String']);
  });

  test('keeps the inputs of its mutations as they are written: the server makes the id', () => {
    expect(members(model.schema, 'CreateEventInput')).toEqual([
      'name: String!',
      'when: AWSDateTime!',
      'where: String!',
    ]);
    expect(members(model.schema, 'UpdateEventInput')).toEqual([
      'id: ID!',
      'name: String',
      'when: AWSDateTime',
      'where: String',
      'attendees: Int',
    ]);
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

describe('a whole export: composite key, enum, nested types, every scalar', () => {
  const sdl = fixture('appsync-full-export');
  const model = loadModel(sdl);

  /** As it came from AppSync, whose scalars no other reader of SDL knows. */
  const exported = buildSchema(
    [...CUSTOM_SCALARS.keys()].map((name) => `scalar ${name}\n`).join('') +
      sdl.replace(/ @table\(.*\) \{$/gm, ' {'),
  );

  test('differs from what AppSync gave in table names and keys alone', () => {
    expect(sdl.match(/@table/g)).toHaveLength(2);
    expect(exported.getDirective('table')).toBeUndefined();
  });

  test('has every query, mutation and subscription answered, without one resolver', () => {
    const fields = (name: string) => members(model.schema, name).map((field) => field.replace(/\(.*/, ''));
    expect([...model.queries.keys()]).toEqual(['getOrder', 'listOrders', 'getCustomer', 'listCustomers']);
    expect([...model.mutations.keys()]).toEqual(
      ['Order', 'Customer'].flatMap((type) => ['create', 'update', 'delete'].map((write) => write + type)),
    );
    expect(fields('Query')).toEqual([...model.queries.keys()]);
    expect(fields('Mutation')).toEqual([...model.mutations.keys()]);
    expect(fields('Subscription')).toEqual([...model.subscriptions.keys()]);
    expect(model.resolvedFields.size).toBe(0);
  });

  test('keeps every field, argument and input as it was exported', () => {
    for (const type of Object.values(exported.getTypeMap())) {
      if (isScalarType(type) || type.name.startsWith('__')) continue;
      const expected = members(exported, type.name);
      const came = members(model.schema, type.name);
      expect(came.filter((member) => expected.includes(member))).toEqual(expected);
      if (/^(Create|Update|Delete)|Connection$|Details$/.test(type.name)) expect(came).toEqual(expected);
    }
  });
});
