import { beforeEach, describe, expect, test } from '@jest/globals';
import { isObjectType } from 'graphql';
import type { TokenVerifier } from '../../../src/auth/token-verifier.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import { unsharedFields } from '../../../src/render/unshared-fields.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { lambdaRecord } from '../../fixtures/records.ts';
import { createTestRelay, drive, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

/** How often payloads are rendered (target P6), and what is said where they cannot be shared. */

const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String  memo: String  mine: Boolean @resolved }
type Note @table(name: "Notes") { id: ID!  text: String }
`;
/** A token is its own subject here. */
const tokens: TokenVerifier = {
  verify: async (subject) => ({
    ok: true,
    identity: {
      kind: 'jwt',
      hash: `h-${subject}`,
      claims: { provider: 'oidc', issuer: 'https://issuer', subject },
    },
  }),
};

let relay: TestRelay;
/** Executions by graphql-js: each reads the item's id once. */
let executions: number;
let calls: number;

beforeEach(() => {
  executions = 0;
  calls = 0;
  relay = createTestRelay({
    sdl: SDL,
    tokens,
    project: {
      resolvers: {
        Todo: {
          mine: () => {
            calls += 1;
            return true;
          },
        },
      },
    },
  });
  for (const name of ['Todo', 'Note']) {
    const type = relay.context.model.schema.getType(name);
    const id = isObjectType(type) ? type.getFields()['id'] : undefined;
    if (!id?.resolve) throw new Error('expected a type with a resolver of its id');
    const { resolve } = id;
    id.resolve = (...given) => {
      executions += 1;
      return resolve(...given);
    };
  }
});

async function subscribed(id: string, query: string, token = id) {
  await relay.open(id, { headers: { authorization: token } });
  await relay.send(id, { type: 'connection_init' });
  await relay.subscribe(id, `of-${id}`, `subscription { ${query} }`);
}

const todo = (id: string) =>
  todoRecord(relay.clock.now(), { newImage: { id: { S: id }, title: { S: 't' } } });
const note = (id: string) =>
  lambdaRecord({
    table: 'Notes',
    keys: { id: { S: id } },
    newImage: { id: { S: id }, text: { S: 'x' } },
    at: relay.clock.now(),
  });
const batchLine = () => relay.logs.findLast(({ event }) => event === 'stream.batch');

describe('P6 renderings are the distinct rendering keys of each change', () => {
  const SELECTIONS = ['id', 'id title', 'id title memo'];

  test('however many subscribers there are, and so are the executions', async () => {
    for (let n = 0; n < 60; n += 1) await subscribed(`c${n}`, `onCreateTodo { ${SELECTIONS[n % 3]} }`);
    await relay.deliver([todo('a'), todo('b')]);
    expect(executions).toBe(6);
    expect(batchLine()).toMatchObject({ matched: 120, sent: 120, renderings: 6 });
    expect(batchLine()).not.toHaveProperty('unshared');
    const counts = relay.counters.take();
    expect(counts.get('renderings')).toBe(6);
    expect(counts.has('renderings.unshared')).toBe(false);
    const memo = { data: { onCreateTodo: { id: 'b', title: 't', memo: null } } };
    expect(relay.frames('c59')).toEqual([
      expect.objectContaining({ id: 'of-c59' }),
      expect.objectContaining({ id: 'of-c59', payload: expect.objectContaining(memo) }),
    ]);
  });

  test('nothing is rendered for who is gone, or for nobody', async () => {
    await relay.deliver([todo('a')]);
    expect(batchLine()).toMatchObject({ renderings: 0 });
    expect(executions).toBe(0);
  });

  test('one whose frame comes again renders nothing again', async () => {
    await subscribed('a', 'onCreateTodo { id }');
    await subscribed('b', 'onCreateTodo { id }');
    relay.connections.script('a', 'throttled', 'unavailable');
    await relay.deliver([todo('x')]);
    expect(relay.connections.attempts('a')).toHaveLength(3);
    expect(executions).toBe(1);
  });
});

describe('a field that a resolver answers turns sharing off', () => {
  test('for the selections with it alone: others of its type, and other types, are shared', async () => {
    for (const id of ['ana', 'ben', 'cy']) {
      await subscribed(`${id}-mine`, 'onCreateTodo { id mine }', id);
      await subscribed(`${id}-plain`, 'onCreateTodo { id title }', id);
      await subscribed(`${id}-note`, 'onCreateNote { id text }', id);
    }
    // Another connection of one of them shares with itself.
    await subscribed('ana-again', 'onCreateTodo { id mine }', 'ana');
    await relay.deliver([todo('x'), note('n')]);
    expect(batchLine()).toMatchObject({ sent: 10, renderings: 5, unshared: 3 });
    expect([executions, calls]).toEqual([5, 3]);
    const counts = relay.counters.take();
    expect([counts.get('renderings'), counts.get('renderings.unshared')]).toEqual([5, 3]);
  });

  test('and which ones do is said once in a process', async () => {
    const said = () => relay.logs.filter(({ event }) => event === 'rendering.unshared-fields');
    createDeliver(relay.context);
    createDeliver(relay.context);
    await drive(relay.clock, createDeliver(relay.context)([], { remainingMs: () => 60_000 }));
    expect(said()).toEqual([expect.objectContaining({ level: 30, fields: ['Todo.mine'] })]);
  });

  test('nothing is said of a schema without one', () => {
    const plain = createTestRelay();
    createDeliver(plain.context);
    expect(plain.logs.filter(({ event }) => event === 'rendering.unshared-fields')).toEqual([]);
  });
});

describe('the fields that turn sharing off', () => {
  const fieldsOf = (sdl: string) => unsharedFields(loadModel(sdl, { file: 'schema.graphql' }));

  test('are those a subscription can select, through objects and lists, and no fields of queries', () => {
    expect(
      fieldsOf(`
type Todo @table(name: "Todos") { id: ID!  owner: Person @resolved  tags: [Tag!] }
type Tag { name: String!  uses: Int @resolved }
type Person @table(name: "People") { id: ID!  friend: Person @resolved }
type Report { total: Int @resolved }
type Query { report: Report }
`),
    ).toEqual(['Person.friend', 'Tag.uses', 'Todo.owner']);
  });

  test('are none where no field has a resolver', () => {
    expect(fieldsOf('type Todo @table(name: "Todos") { id: ID! }')).toEqual([]);
  });
});
