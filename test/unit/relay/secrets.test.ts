import { expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { keepAlive } from '../../../src/relay/keepalive.ts';
import type { Clock } from '../../../src/relay/ports.ts';
import { DynamoDBTable } from '../../../src/testing/dynamodb-table.ts';
import { createTestRelay, KEY, todoRecord } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos", writer: "by") { id: ID!  title: String  by: String  mine: Boolean @resolved }
type Query { fails: String }
`;
const ON_CREATE = 'subscription($t: String) { onCreateTodo(title: $t) { id } }';
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('C8 secrets stay out: no credential, variable or hook param is in the logs, and no credential or param in the relay table', async () => {
  const table = new DynamoDBTable({ tableName: 'relay' });
  const tokens: TokenVerifier = {
    verify: async (token) =>
      token.startsWith('good-')
        ? {
            ok: true,
            identity: {
              kind: 'jwt',
              hash: 'h',
              claims: { provider: 'oidc', issuer: 'https://i', subject: 's' },
            },
          }
        : { ok: false, reason: 'a malformed token' },
  };
  // The clock of the relay is there only once the relay is.
  const clock: Clock = { now: () => relay.clock.now(), sleep: (...given) => relay.clock.sleep(...given) };
  const relay = createTestRelay({
    sdl: SDL,
    tokens,
    settings: { initWaitMs: 100 },
    wrapRegistry: () => createDynamoDBRegistry({ client: table, tableName: 'relay', clock }),
    project: {
      resolvers: {
        Todo: { mine: () => true },
        Query: {
          fails: () => {
            throw new GraphQLError('CANARY-refusal');
          },
        },
      },
      hooks: {
        connect: ({ params }) => {
          if (params.get('ban') === true) throw new GraphQLError('CANARY-refusal');
        },
        operation: async ({ operationName }, next) => {
          if (operationName === 'Banned') throw new GraphQLError('CANARY-refusal');
          await next();
        },
      },
    },
  });
  // The places of a credential at the upgrade, right and wrong.
  const upgrades = [
    { headers: { 'x-api-key': 'CANARY-key' } },
    { headers: { authorization: 'Bearer CANARY-token' } },
    { headers: { authorization: 'Bearer good-CANARY' } },
    { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=CANARY' } },
    { headers: { cookie: 'CANARY', origin: 'https://CANARY' } },
    { query: { 'x-api-key': 'CANARY-key' } },
    { query: { token: 'good-CANARY' } },
    { query: { header: 'CANARY!', payload: 'CANARY' } },
    { query: { header: base64({ host: 'CANARY', 'x-api-key': 'CANARY' }) } },
    {
      headers: { 'sec-websocket-protocol': `graphql-ws, header-${base64({ Authorization: 'good-CANARY' })}` },
    },
    { headers: { 'sec-websocket-protocol': 'header-CANARY, other' } },
    { headers: { 'sec-websocket-protocol': 'graphql-ws, header-CANARY!' } },
  ];
  for (const [n, upgrade] of upgrades.entries()) {
    for (const dialect of ['subscribe', 'start']) {
      const id = `c${n}${dialect}`;
      await relay.open(id, upgrade);
      await relay.send(id, { type: 'connection_init', payload: { authorization: 'CANARY', ban: true } });
      await relay.send(id, { type: 'connection_init', payload: { authorization: 'good-CANARY', ban: true } });
      await relay.send(id, { type: 'connection_init', payload: { 'x-api-key': KEY, params: 'CANARY' } });
      const request = { query: ON_CREATE, variables: { t: 7, CANARY: 'CANARY' } };
      const extensions = { authorization: { Authorization: 'CANARY', 'x-api-key': 'CANARY' }, CANARY: 1 };
      const payload =
        dialect === 'start' && n % 2 === 0
          ? { data: JSON.stringify(request), extensions }
          : { ...request, extensions };
      await relay.send(id, { type: dialect, id: '1', payload });
      await relay.send(id, {
        type: dialect,
        id: '2',
        payload: { query: ON_CREATE, extensions: { authorization: { Authorization: 'good-CANARY' } } },
      });
      await relay.send(id, {
        type: dialect,
        id: '3',
        payload: { query: 'query Banned { fails }', operationName: 'Banned' },
      });
      await relay.send(id, { type: dialect, id: '4', payload: { query: '{ fails }' } });
      await relay.send(id, {
        type: dialect,
        id: '5',
        payload: {
          query: 'subscription { onCreateTodo { id mine } }',
          extensions: { skipOwn: { CANARY: 1 } },
        },
      });
      await relay.send(id, {
        type: dialect,
        id: '6',
        payload: { query: 'subscription { onCreateTodo { id mine } }' },
      });
    }
  }
  await relay.deliver([
    todoRecord(relay.clock.now(), { newImage: { id: { S: 'a' }, title: { S: 'CANARY' } } }),
  ]);
  await relay.clock.run(keepAlive(relay.context, { remainingMs: () => 60_000 }));
  expect(relay.counters.take().get('delivered')).toBeGreaterThan(5);
  const rows = table.rows();
  expect(rows.length).toBeGreaterThan(50);
  expect(JSON.stringify(relay.logs)).not.toContain('CANARY');
  expect(JSON.stringify(rows)).not.toContain('CANARY');
});
