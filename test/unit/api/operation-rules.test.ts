import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createMemoryTables } from '../../../src/adapters/memory/tables.ts';
import { createApi } from '../../../src/api/api.ts';
import type { Identity } from '../../../src/auth/identity.ts';
import type { Resolvers } from '../../../src/project.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';

const SDL = `
  type Message @table(name: "messages", writer: "senderId") {
    id: ID!
    content: String
    senderId: ID @attribute(name: "sender_id")
  }
  type Query { broken: String  misleading: String }
`;
const byToken: Identity = {
  kind: 'jwt',
  hash: 'j',
  claims: { provider: 'oidc', issuer: 'i', subject: 'ann' },
};
const byKey: Identity = { kind: 'api-key', hash: 'k' };

function open() {
  const logs: Record<string, unknown>[] = [];
  const fault = new Error('a secret of ours');
  const resolvers: Resolvers = {
    Query: {
      broken: () => {
        throw fault;
      },
      misleading: () => {
        throw new RangeError('Cannot return null for non-nullable field Secret.field.');
      },
    },
  };
  let ids = 0;
  const api = createApi({
    model: loadModel(SDL),
    tables: createMemoryTables({}),
    resolvers,
    publish: async (eventId) => ({ eventId, matched: 0, sent: 0 }),
    logger: pino({ base: null }, { write: (line: string) => void logs.push(JSON.parse(line)) }),
    clock: createVirtualClock(),
    pageSecret: 'secret of the test',
    uuid: () => `id-${++ids}`,
  });
  const run = async (query: string, variables: Record<string, unknown> = {}, identity = byKey) => {
    const checked = api.check({ query, variables });
    if (!checked.ok) return { errors: checked.errors };
    if (checked.kind === 'subscription') throw new Error('expected a query or a mutation');
    return JSON.parse(JSON.stringify(await api.run(checked, { query, variables }, { identity })));
  };
  return { api, run, logs };
}

test.each(['{ nosuch }', 'mutation { nosuch }', 'mutation { createMessage(input: { id: "a" }) { nosuch } }'])(
  '%s does not fit the schema, and nothing of it runs',
  async (query) => {
    const { run } = open();
    expect(await run(query)).toEqual({
      errors: [expect.objectContaining({ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })],
    });
    expect(await run('{ listMessages { items { id } } }')).toEqual({ data: { listMessages: { items: [] } } });
  },
);

const CREATE = 'mutation ($input: CreateMessageInput!) { createMessage(input: $input) { id } }';

test('variables that name no field are refused without a word of those there are', async () => {
  const { run } = open();
  const { errors } = await run(CREATE, { input: { id: 'a', sendrId: 'x' } });
  expect(errors).toHaveLength(1);
  expect(JSON.stringify(errors)).not.toMatch(/Did you mean|senderId/);
});

test('C4 however much is wrong with the variables, at most eleven errors tell it', async () => {
  const { run } = open();
  const input = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`wrong${n}`, n]));
  const { errors } = await run(CREATE, { input });
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.length).toBeLessThanOrEqual(11);
});

test('an update names its writer by the token, whatever its input says', async () => {
  const { run } = open();
  await run(CREATE, { input: { id: 'a', content: 'one' } }, byToken);
  const update =
    'mutation ($input: UpdateMessageInput!) { updateMessage(input: $input) { content senderId } }';
  expect(await run(update, { input: { id: 'a', content: 'two', senderId: 'somebody' } }, byToken)).toEqual({
    data: { updateMessage: { content: 'two', senderId: 'ann' } },
  });
  expect(await run(update, { input: { id: 'a', senderId: 'somebody' } }, byToken)).toEqual({
    data: { updateMessage: { content: 'two', senderId: 'ann' } },
  });
});

test('a fault that fails several fields is logged once, under the id each of them tells', async () => {
  const { run, logs } = open();
  const { errors } = await run('{ a: broken b: broken }');
  expect(errors.map(({ message }: { message: string }) => message)).toEqual([
    'Internal error (error id-1)',
    'Internal error (error id-1)',
  ]);
  expect(logs).toHaveLength(1);
});

test('C8 a fault whose words are like those of graphql-js is told by its id all the same', async () => {
  const { run, logs } = open();
  const { errors } = await run('{ misleading }');
  expect(errors).toMatchObject([{ message: 'Internal error (error id-1)' }]);
  expect(JSON.stringify(errors)).not.toContain('Secret');
  expect(logs).toHaveLength(1);
});
