import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { execute, GraphQLError } from 'graphql';
import { pino } from 'pino';
import { createMemoryTables } from '../../../src/adapters/memory/tables.ts';
import { type ApiOptions, createApi } from '../../../src/api/api.ts';
import type {
  Api,
  Caller,
  OperationContext,
  OperationResult,
  Tables,
  WriteOutcome,
} from '../../../src/api/ports.ts';
import type { Identity } from '../../../src/auth/identity.ts';
import { TablecastError } from '../../../src/errors.ts';
import type { Resolvers } from '../../../src/project.ts';
import { prepareDocument } from '../../../src/render/render.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';

const SDL = `
  type User @table(name: "users", key: ["userId"]) {
    userId: ID! @attribute(name: "user_id")
    username: String!
    messages(limit: Int): [Message] @resolved
  }
  type Message @table(name: "messages", writer: "senderId") {
    id: ID!
    content: String
    senderId: ID @attribute(name: "sender_id")
    sender: User
  }
  input CreateMessageInput { content: String  senderId: ID }
  type Result { success: Boolean!  errors: [String]  user: User }
  type Query { ping(text: String): String  users: [User]  result: Result }
  type Mutation { createUserNamed(username: String!): Result }
`;

const anyone: Identity = { kind: 'anonymous', hash: 'a' };
const RESOLVERS: Resolvers = {
  Query: {
    ping: (_source, { text }) => text,
    users: async (_source, _args, { tables }) => (await tables['User']?.list())?.items,
    result: () => ({ success: null }),
  },
  Mutation: {
    createUserNamed: async (_source, { username }, { tables }: OperationContext) => {
      const taken = await tables['User']?.list({ filter: { username: { eq: username } }, limit: 1 });
      if (taken?.items.length) return { success: false, errors: ['Username is taken'] };
      return { success: true, user: await tables['User']?.create({ username }) };
    },
  },
  User: {
    messages: async (user, { limit }, { tables }: OperationContext) => {
      const page = await tables['Message']?.list({ filter: { senderId: { eq: user.userId } }, limit });
      return page?.items;
    },
  },
  Message: {
    sender: (message, _args, { tables }: OperationContext) =>
      message.senderId ? tables['User']?.get({ userId: message.senderId }) : null,
  },
};

interface World {
  readonly api: Api;
  readonly logs: Record<string, unknown>[];
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly model: ReturnType<typeof loadModel>;
  readonly reads: string[];
  run(query: string, caller?: Partial<Caller>, variables?: Record<string, unknown>): Promise<OperationResult>;
}

function open(change: { readonly resolvers?: Resolvers; readonly tables?: Partial<Tables> } = {}): World {
  const logs: Record<string, unknown>[] = [];
  const clock = createVirtualClock();
  const model = loadModel(SDL);
  const memory = createMemoryTables({});
  const reads: string[] = [];
  const tables: Tables = {
    ...memory,
    get: (type, key) => {
      reads.push(`${type.name} ${JSON.stringify(Object.values(key))}`);
      return memory.get(type, key);
    },
    ...change.tables,
  };
  let ids = 0;
  const options: ApiOptions = {
    model,
    tables,
    resolvers: change.resolvers ?? RESOLVERS,
    publish: async (field) => ({ eventId: field, matched: 1, sent: 1 }),
    logger: pino({ base: null }, { write: (line: string) => void logs.push(JSON.parse(line)) }),
    clock,
    pageSecret: 'secret of the test',
    uuid: () => `id-${++ids}`,
    settings: { resolverTimeoutMs: 500 },
  };
  const api = createApi(options);
  return {
    api,
    logs,
    clock,
    model,
    reads,
    async run(query, caller = {}, variables = {}) {
      const checked = api.check({ query, variables });
      if (!checked.ok) return { errors: checked.errors };
      if (checked.kind === 'subscription') throw new Error('expected a query or mutation');
      const result = await api.run(checked, { query, variables }, { identity: anyone, ...caller });
      return JSON.parse(JSON.stringify(result));
    },
  };
}

describe('an operation before it runs', () => {
  test('is told apart by its kind, the chosen one among several', () => {
    const { api } = open();
    expect(api.check({ query: '{ ping }' })).toMatchObject({ ok: true, kind: 'query' });
    const query =
      'query A { ping } mutation B { deleteUser(input: { userId: "1" }) { userId } } subscription C { nonsense }';
    expect(api.check({ query, operationName: 'C' })).toEqual({ ok: true, kind: 'subscription' });
    const valid = query.replace(/ subscription.*/, '');
    expect(api.check({ query: valid, operationName: 'B' })).toMatchObject({ ok: true, kind: 'mutation' });
    for (const [operationName, message] of [
      [undefined, 'operationName: expected one, as the document has 2 operations, got none'],
      ['D', 'operationName: expected the name of an operation of the document, got "D"'],
    ] as const) {
      const request = { query: valid, ...(operationName && { operationName }) };
      expect(api.check(request)).toEqual({
        ok: false,
        errors: [{ message, extensions: { code: 'BAD_REQUEST' } }],
      });
    }
  });

  test('is refused with where and why when it does not parse or validate', () => {
    const { api } = open();
    expect(api.check({ query: '{ ping' })).toEqual({
      ok: false,
      errors: [
        {
          message: 'Syntax Error: Expected Name, found <EOF>.',
          locations: [{ line: 1, column: 7, sourceName: null }],
          extensions: { code: 'GRAPHQL_PARSE_FAILED' },
        },
      ],
    });
    const invalid = api.check({ query: '{ pong getUser(userId: "1") { nme } }' });
    expect(invalid).toMatchObject({
      ok: false,
      errors: [
        {
          message: 'Cannot query field "pong" on type "Query".',
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        },
        { message: 'Cannot query field "nme" on type "User".' },
      ],
    });
    expect(invalid.ok === false && invalid.errors[0]?.locations).toEqual([
      { line: 1, column: 3, sourceName: null },
    ]);
  });

  test('is refused when it is larger than is read, in bytes, tokens, nesting, errors or inlined fragments', () => {
    const { api } = open();
    const codes = (query: string) => {
      const checked = api.check({ query });
      return checked.ok ? [] : checked.errors.map(({ extensions }) => extensions?.['code']);
    };
    expect(codes(`{ ping } #${'あ'.repeat(6_000)}`)).toEqual(['DOCUMENT_TOO_LARGE']);
    expect(codes(`{ ${'ping '.repeat(1_001)} }`)).toEqual(['GRAPHQL_PARSE_FAILED']);
    expect(codes(`{ ${'x '.repeat(50)} }`).length).toBeLessThanOrEqual(11);
    const fragments = Array.from(
      { length: 14 },
      (_, n) =>
        `fragment f${n} on User { a: messages { sender { ...f${n + 1} } } b: messages { sender { ...f${n + 1} } } }`,
    );
    const bomb = `{ users { ...f0 } } ${fragments.join(' ')} fragment f14 on User { username }`;
    expect(codes(bomb)).toEqual(['DOCUMENT_TOO_LARGE']);
    expect(codes('{ ping ...{ ping } }')).toEqual([]);
  });
});

describe('resolvers of the user', () => {
  test('answer their fields from tables, of items and of what they return themselves', async () => {
    const { run, reads } = open();
    const create =
      'mutation { createUserNamed(username: "ann") { success errors user { userId username } } }';
    expect(await run(create)).toEqual({
      data: { createUserNamed: { success: true, errors: null, user: { userId: 'id-1', username: 'ann' } } },
    });
    expect(await run(create)).toMatchObject({
      data: { createUserNamed: { success: false, errors: ['Username is taken'] } },
    });
    for (const content of ['one', 'two']) {
      const input = `{ content: "${content}", senderId: "id-1" }`;
      await run(`mutation { createMessage(input: ${input}) { id } }`);
    }
    const deep = '{ users { username messages(limit: 5) { content senderId sender { userId username } } } }';
    const sender = { userId: 'id-1', username: 'ann' };
    const { data } = await run(deep);
    expect(data).toEqual({
      users: [
        {
          username: 'ann',
          messages: expect.arrayContaining(
            ['one', 'two'].map((content) => ({ content, senderId: 'id-1', sender })),
          ),
        },
      ],
    });
    expect(reads).toEqual(['User [{"S":"id-1"}]']);
  });

  test('run at delivery on images, in a context without a connection', async () => {
    const { api, model, run } = open();
    await run('mutation { createUser(input: { userId: "u", username: "ann" }) { userId } }');
    const prepared = prepareDocument(
      model,
      'subscription { onCreateMessage { content sender { username } } }',
    );
    if (!prepared.ok) throw new Error(prepared.message);
    const image = Object.assign(Object.create(null), { content: { S: 'hi' }, sender_id: { S: 'u' } });
    const rootValue = Object.assign(Object.create(null), { [prepared.prepared.field]: image });
    const result = await execute({
      schema: api.schema,
      document: prepared.prepared.document,
      rootValue,
      contextValue: api.contextFor({ identity: anyone }),
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual({
      data: { onCreateMessage: { content: 'hi', sender: { username: 'ann' } } },
    });
    expect(api.schema).toBe(model.schema);
    expect(api.contextFor({ identity: anyone })).not.toHaveProperty('connection');
  });

  test('see changes that their own operation made', async () => {
    const { run } = open({
      resolvers: {
        ...RESOLVERS,
        Query: {
          ...RESOLVERS['Query'],
          ping: async (_source, _args, { tables }: OperationContext) => {
            const users = tables['User'];
            const seen = [await users?.get({ userId: 'x' })];
            await users?.create({ userId: 'x', username: 'one' });
            seen.push(await users?.get({ userId: 'x' }));
            await users?.update({ userId: 'x', username: 'two' });
            seen.push(await users?.get({ userId: 'x' }));
            await users?.delete({ userId: 'x' });
            seen.push(await users?.get({ userId: 'x' }));
            return JSON.stringify(seen.map((user) => user?.['username'] ?? null));
          },
        },
      },
    });
    expect(await run('{ ping }')).toEqual({ data: { ping: '[null,"one","two",null]' } });
  });

  test('see changes to an item whose key the table stores as a number', async () => {
    const memory = createMemoryTables({});
    const numeric = (outcome: WriteOutcome): WriteOutcome =>
      outcome.kind === 'written'
        ? { kind: 'written', image: { ...outcome.image, user_id: { N: '5' } } }
        : outcome;
    const { run } = open({
      tables: {
        ...memory,
        create: async (type, image) => numeric(await memory.create(type, image)),
        delete: async (type, key) => numeric(await memory.delete(type, key)),
      },
      resolvers: {
        ...RESOLVERS,
        Query: {
          ...RESOLVERS['Query'],
          ping: async (_source, _args, { tables }: OperationContext) => {
            const users = tables['User'];
            const seen = [await users?.get({ userId: '5' })];
            await users?.create({ userId: '5', username: 'one' });
            seen.push(await users?.get({ userId: '5' }));
            await users?.delete({ userId: '5' });
            seen.push(await users?.get({ userId: '5' }));
            return JSON.stringify(seen.map((user) => user?.['username'] ?? null));
          },
        },
      },
    });
    expect(await run('{ ping }')).toEqual({ data: { ping: '[null,"one",null]' } });
  });

  test('read anew what a write of theirs found to be there', async () => {
    const memory = createMemoryTables({});
    const { run, model } = open({
      tables: memory,
      resolvers: {
        ...RESOLVERS,
        Query: {
          ...RESOLVERS['Query'],
          ping: async (_source, _args, { tables }: OperationContext) => {
            const users = tables['User'];
            await users?.get({ userId: 'x' });
            const type = model.types.get('User');
            // Somebody else's.
            if (type) await memory.create(type, { user_id: { S: 'x' }, username: { S: 'theirs' } });
            await users?.create({ userId: 'x', username: 'ours' }).catch(() => {});
            return (await users?.get({ userId: 'x' }))?.['username'];
          },
        },
      },
    });
    expect(await run('{ ping }')).toEqual({ data: { ping: 'theirs' } });
  });

  test('are all named when they are missing or have no field', () => {
    const failed = () =>
      open({
        resolvers: { Query: { ping: () => '', users: () => [], nothing: () => 1 }, User: {}, Other: {} },
      });
    expect(failed).toThrow(TablecastError);
    expect(failed).toThrow(/Query\.result: expected a resolver[\s\S]*/);
    expect(failed).toThrow(/Mutation\.createUserNamed: expected a resolver/);
    expect(failed).toThrow(/Query\.nothing: expected a field/);
    expect(failed).toThrow(/Other: expected an object type/);
  });

  test('have a time limit', async () => {
    const { run, clock } = open({
      resolvers: {
        ...RESOLVERS,
        Query: { ...RESOLVERS['Query'], ping: () => new Promise(() => {}) },
      },
    });
    const running = run('{ ping }');
    await clock.advance(499);
    await clock.advance(1);
    expect(await running).toEqual({
      data: { ping: null },
      errors: [
        {
          path: ['ping'],
          data: null,
          errorType: 'ExecutionTimeout',
          errorInfo: null,
          locations: [{ line: 1, column: 3, sourceName: null }],
          message: 'Query.ping: expected its resolver to answer within 500 ms, got no answer',
          extensions: { code: 'TIMEOUT' },
        },
      ],
    });
  });
});

describe('resolvers that answer with a list of promises', () => {
  const UNANSWERED = new Promise(() => {});

  test.each([
    ['at once', () => [UNANSWERED, Promise.resolve({ userId: 'b', username: 'bea' })]],
    ['in a promise', async () => [UNANSWERED, Promise.resolve({ userId: 'b', username: 'bea' })]],
  ])('have a time limit for each: %s', async (_name, users) => {
    const { run, clock } = open({
      resolvers: { ...RESOLVERS, Query: { ...RESOLVERS['Query'], users } },
    });
    const running = run('{ users { username } }');
    await clock.advance(500);
    expect(await running).toMatchObject({
      data: { users: [null, { username: 'bea' }] },
      errors: [{ path: ['users', 0], errorType: 'ExecutionTimeout' }],
    });
  });

  test('C4 are done with when they come too late, a rejection among them included', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    let answer: (users: readonly unknown[]) => void = () => {};
    const late = new Promise((resolve) => {
      answer = resolve;
    });
    const { run, clock } = open({
      resolvers: { ...RESOLVERS, Query: { ...RESOLVERS['Query'], users: () => late } },
    });
    const running = run('{ users { username } }');
    await clock.advance(500);
    expect(await running).toMatchObject({ errors: [{ errorType: 'ExecutionTimeout' }] });
    answer([Promise.reject(new Error('too late'))]);
    await nextTurn();
    await nextTurn();
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });
});

describe('errors', () => {
  const failing = (error: unknown) =>
    open({
      resolvers: {
        ...RESOLVERS,
        Query: {
          ...RESOLVERS['Query'],
          ping: () => {
            throw error;
          },
        },
      },
    });

  test('of a GraphQLError are told with its code', async () => {
    const { run, logs } = failing(
      new GraphQLError('Not yours', { extensions: { code: 'MINE', errorType: 'Mine' } }),
    );
    expect(await run('{ ping }')).toEqual({
      data: { ping: null },
      errors: [
        {
          path: ['ping'],
          data: null,
          errorType: 'Mine',
          errorInfo: null,
          locations: [{ line: 1, column: 3, sourceName: null }],
          message: 'Not yours',
          extensions: { code: 'MINE' },
        },
      ],
    });
    expect(logs).toEqual([]);
  });

  test.each([
    ['an Error', new Error('password=hunter2')],
    ['what is no Error', 'password=hunter2'],
    ['a fault of the code', new TypeError('password=hunter2')],
  ])('of %s are internal: the client gets an id, and the log the rest', async (_name, error) => {
    const { run, logs } = failing(error);
    const result = await run('{ ping }');
    expect(result).toMatchObject({
      data: { ping: null },
      errors: [
        {
          errorType: 'InternalFailure',
          message: 'Internal error (error id-1)',
          extensions: { code: 'INTERNAL_SERVER_ERROR' },
        },
      ],
    });
    expect(JSON.stringify(result)).not.toContain('hunter2');
    expect(logs).toMatchObject([{ event: 'operation.failed', errorId: 'id-1' }]);
  });

  test('C6 of a result that does not fit its field hold nothing of the result', async () => {
    const { run } = open({
      resolvers: {
        ...RESOLVERS,
        Query: { ...RESOLVERS['Query'], ping: () => ({ name: 'ann', password: 'hunter2:\n' }) },
      },
    });
    expect(await run('{ ping }')).toMatchObject({
      data: { ping: null },
      errors: [{ path: ['ping'], message: 'String cannot represent value' }],
    });
  });

  test('of a table that cannot be reached say so, and nothing of DynamoDB', async () => {
    const cause = new TablecastError(
      'TABLE_UNAVAILABLE',
      'Table users: expected GetItem to succeed, got Throttling',
    );
    const { run, logs } = open({ tables: { get: () => Promise.reject(cause) } });
    expect(await run('{ getUser(userId: "1") { username } }')).toMatchObject({
      data: { getUser: null },
      errors: [
        {
          errorType: 'DynamoDB:Unavailable',
          message: 'The table could not be read or written; try again (error id-1)',
          extensions: { code: 'TABLE_UNAVAILABLE' },
        },
      ],
    });
    expect(logs).toHaveLength(1);
  });

  test('of a missing non-null value and of variables are the words of graphql-js', async () => {
    const { run, logs } = open();
    expect(await run('{ result { success } }')).toMatchObject({
      data: { result: null },
      errors: [
        { path: ['result', 'success'], message: 'Cannot return null for non-nullable field Result.success.' },
      ],
    });
    const query = 'query ($id: ID!) { getUser(userId: $id) { username } }';
    const refused = await run(query);
    expect(refused).toEqual({
      errors: [
        {
          message: 'Variable "$id" of required type "ID!" was not provided.',
          locations: [{ line: 1, column: 8, sourceName: null }],
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        },
      ],
    });
    expect(logs).toEqual([]);
  });
});

describe('a write', () => {
  const byToken: Identity = {
    kind: 'jwt',
    hash: 'j',
    claims: { provider: 'oidc', issuer: 'i', subject: 'ann' },
  };
  const byKey: Identity = { kind: 'api-key', hash: 'k' };

  test('names its writer by the token, and by the input where there is none', async () => {
    const { run } = open();
    const create = 'mutation { createMessage(input: { senderId: "other" }) { id senderId } }';
    expect(await run(create, { identity: byToken })).toEqual({
      data: { createMessage: { id: 'id-1', senderId: 'ann' } },
    });
    expect(await run(create, { identity: byKey })).toEqual({
      data: { createMessage: { id: 'id-2', senderId: 'other' } },
    });
    const update = (content: string) =>
      `mutation { updateMessage(input: { id: "id-2", ${content} }) { senderId content } }`;
    expect(await run(update(''), { identity: byToken })).toEqual({
      data: { updateMessage: { senderId: 'other', content: null } },
    });
    expect(await run(update('content: "new", senderId: null'), { identity: byToken })).toEqual({
      data: { updateMessage: { senderId: 'ann', content: 'new' } },
    });
  });

  test('from code is checked as one from a client is', async () => {
    const attempts: [string, Readonly<Record<string, unknown>>][] = [
      ['username', { userId: '1' }],
      ['another field', { userId: '1', username: 'x', password: 'secret' }],
      ['got number', { userId: '1', username: 5 }],
      ['not empty', { userId: '', username: 'x' }],
    ];
    for (const [message, input] of attempts) {
      const { run } = open({
        resolvers: {
          ...RESOLVERS,
          Query: {
            ...RESOLVERS['Query'],
            ping: async (_source, _args, { tables }: OperationContext) => tables['User']?.create(input),
          },
        },
      });
      const { errors } = await run('{ ping }');
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining(message),
        extensions: { code: 'BAD_USER_INPUT' },
      });
      expect(JSON.stringify(errors)).not.toContain('secret');
    }
  });
});
