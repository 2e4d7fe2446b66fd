import { describe, expect, test } from '@jest/globals';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
import { MATCH_ALL } from '../../../src/filter/expression.ts';
import type { Candidate } from '../../../src/relay/ports.ts';
import { createTokenReader } from '../../fixtures/people.ts';
import { createTestRelay, type TestRelay, type TestRelayOptions, todoRecord } from '../../fixtures/relay.ts';

/** Rules change by a deploy while clients are connected: what was granted under others is told, and nothing is sent. */

const tokens = createTokenReader({ alice: { subject: 'alice', groups: ['Red'] } });
const FREE = 'type Todo @table(name: "Todos") { id: ID!  owner: String  title: String }';
const ruled = (rules: string, secret = '') =>
  FREE.replace(' {', ` @auth(rules: [${rules}]) {`).replace('title: String', `title: String ${secret}`);
const OWNED = ruled('{ allow: owner }');

async function live(options: TestRelayOptions): Promise<TestRelay> {
  const relay = createTestRelay({ tokens, ...options });
  await relay.open('c', {
    headers: { authorization: 'alice', 'sec-websocket-protocol': 'graphql-transport-ws' },
  });
  await relay.send('c', { type: 'connection_init' });
  expect(await relay.subscribe('c', 's', 'subscription { onCreateTodo { id owner title } }')).toBeUndefined();
  return relay;
}

/** The functions of another deploy, over the rows and clients of `before`. */
function deployed(before: TestRelay, options: TestRelayOptions): TestRelay {
  const after = createTestRelay({ tokens, wrapRegistry: () => before.context.registry, ...options });
  after.connections.open('c');
  return after;
}

const create = (relay: TestRelay) =>
  relay.deliver([
    todoRecord(relay.clock.now(), {
      newImage: { id: { S: '1' }, owner: { S: 'alice' }, title: { S: 'CANARY' } },
    }),
  ]);
const ended = [{ type: 'error', id: 's', payload: [{ extensions: { code: 'SCHEMA_CHANGED' } }] }];

describe('C6 C5 rules that a deploy changes under live subscriptions', () => {
  test.each([
    ['a type without any is given some', FREE, OWNED],
    ['they are taken away', OWNED, FREE],
    ['another is added', OWNED, ruled('{ allow: owner }, { allow: groups, groups: ["Red"] }')],
    ['one is taken away', ruled('{ allow: owner }, { allow: groups, groups: ["Red"] }'), OWNED],
    ['a field is given some', OWNED, ruled('{ allow: owner }', '@auth(rules: [{ allow: private }])')],
    [
      'a field loses some',
      ruled('{ allow: owner }', '@auth(rules: [{ allow: groups, groups: ["Red"] }])'),
      OWNED,
    ],
    [
      'the subscription itself is given some',
      OWNED,
      `${OWNED} type Subscription { onCreateTodo: Todo @aws_subscribe(mutations: ["createTodo"]) @auth(rules: [{ allow: groups, groups: ["Red"] }]) }`,
    ],
    ['the owner is told by another claim', OWNED, ruled('{ allow: owner, identityClaim: "username" }')],
  ])('%s: it is told, and nothing is sent', async (_, before, after) => {
    const relay = await live({ sdl: before });
    const next = deployed(relay, { sdl: after });
    await create(next);
    expect(next.frames('c')).toMatchObject(ended);
    expect(JSON.stringify(next.frames('c'))).not.toContain('CANARY');
    // Once and for all: what was told is gone.
    await create(next);
    expect(next.frames('c')).toHaveLength(1);
  });

  test('the same rules written otherwise change nothing', async () => {
    const relay = await live({ sdl: OWNED });
    const next = deployed(relay, {
      sdl: ruled('{ allow: owner, ownerField: "owner", operations: [read, create, update, delete] }'),
    });
    await create(next);
    expect(next.frames('c')).toMatchObject([
      { type: 'next', payload: { data: { onCreateTodo: { id: '1' } } } },
    ]);
  });

  describe('what AppSync leaves unmarked is for the modes of a setting, which a deploy may change', () => {
    const APPSYNC = `${FREE} type Statistics @aws_iam { count: Int }`;
    const settingsOf = (...defaultModes: ('userPools' | 'apiKey' | 'oidc')[]) => ({
      settings: { access: { defaultModes } },
    });

    test('one that is no longer among them is not served on', async () => {
      const relay = await live({ sdl: APPSYNC, ...settingsOf('userPools', 'apiKey') });
      const next = deployed(relay, { sdl: APPSYNC, ...settingsOf('apiKey') });
      await create(next);
      expect(next.frames('c')).toMatchObject(ended);
    });

    test('who is let in by them is served, in whatever order they stand', async () => {
      const relay = await live({ sdl: APPSYNC, ...settingsOf('userPools', 'apiKey') });
      const next = deployed(relay, { sdl: APPSYNC, ...settingsOf('apiKey', 'userPools') });
      await create(next);
      expect(next.frames('c')).toMatchObject([{ type: 'next' }]);
    });

    test('a schema that leaves nothing to them does not mind', async () => {
      const relay = await live({ sdl: OWNED, ...settingsOf('userPools') });
      const next = deployed(relay, { sdl: OWNED, ...settingsOf('oidc') });
      await create(next);
      expect(next.frames('c')).toMatchObject([{ type: 'next' }]);
    });
  });
});

describe('C6 rows that say something else than this release writes', () => {
  /** Functions that find the rows of the relay altered. */
  const altered = (relay: TestRelay, sdl: string, alter: (candidate: Candidate) => Candidate) =>
    deployed(relay, {
      sdl,
      wrapRegistry: () => ({
        ...relay.context.registry,
        candidates: async (lookups) => {
          const found = await relay.context.registry.candidates(lookups);
          return new Map([...found].map(([key, parts]) => [key, parts.map((part) => part.map(alter))]));
        },
      }),
    });

  test.each([
    ['a filter that is none', (each: Candidate) => ({ ...each, filter: '' })],
    ['a filter of a later form', (each: Candidate) => ({ ...each, filter: `9${each.filter.slice(1)}` })],
    ['a filter cut short', (each: Candidate) => ({ ...each, filter: each.filter.slice(0, -1) })],
    [
      'a filter on a field that is not there',
      (each: Candidate) => ({ ...each, filter: each.filter.replaceAll('"owner"', '"gone"') }),
    ],
    ['no rules, as a release before them', ({ options: _, ...each }: Candidate) => each],
    ['rules of nobody', (each: Candidate) => ({ ...each, options: { access: { rules: '' } } })],
  ])('%s: told, and nothing is sent', async (_, alter) => {
    const relay = await live({ sdl: OWNED });
    const next = altered(relay, OWNED, alter);
    await create(next);
    expect(next.frames('c')).toMatchObject(ended);
    expect(JSON.stringify(next.frames('c'))).not.toContain('CANARY');
  });

  test('a filter that lets in everything does so only where rules do', async () => {
    const relay = await live({ sdl: FREE });
    const next = altered(relay, FREE, (each) => ({ ...each, filter: canonicalFilter(MATCH_ALL) }));
    await create(next);
    expect(next.frames('c')).toMatchObject([{ type: 'next' }]);
  });

  test('a field withheld by a filter that does not fit is withheld of all items', async () => {
    const sdl = ruled('{ allow: private }', '@auth(rules: [{ allow: owner }])');
    const relay = await live({ sdl });
    await create(relay);
    expect(relay.frames('c')).toMatchObject([{ payload: { data: { onCreateTodo: { title: 'CANARY' } } } }]);
    const next = altered(relay, sdl, ({ options, ...each }) => ({
      ...each,
      options: { access: { rules: options?.access?.rules ?? '', fields: [['Todo.title', 'x']] } },
    }));
    await create(next);
    expect(next.frames('c')).toMatchObject([
      { payload: { data: { onCreateTodo: { id: '1', title: null } } } },
    ]);
  });
});
