import { describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { DEFAULT_LIMITS, type Limits } from '../../../src/protocol/limits.ts';
import { createTestRelay, type TestRelay } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String!  priority: Int  owner: Person }
type Person { name: String boss: Person }
`;

async function connected(limits: Partial<Limits> = {}): Promise<TestRelay> {
  const relay = createTestRelay({ sdl: SDL, settings: { limits: { ...DEFAULT_LIMITS, ...limits } } });
  await relay.connect('c');
  return relay;
}

const error = (code: string, message: string) => ({
  type: 'error',
  id: '1',
  payload: [expect.objectContaining({ message: expect.stringContaining(message), extensions: { code } })],
});
/** A document whose selections nest so deep, 4 at least. */
const nested = (levels: number) => {
  const people = `owner { ${'boss { '.repeat(levels - 3)} name ${'}'.repeat(levels - 2)}`;
  return `subscription { onCreateTodo { ${people} } }`;
};
const aliased = (count: number) =>
  `subscription { onCreateTodo { ${Array.from({ length: count }, (_, n) => `a${n}: id`).join(' ')} } }`;
const directed = (count: number) =>
  `subscription { onCreateTodo { ${'id @include(if: true) '.repeat(count)} } }`;
const conditions = (count: number) => ({
  or: Array.from({ length: count }, (_, n) => ({ priority: { eq: n } })),
});
const deepFilter = (depth: number): unknown =>
  depth === 1 ? { priority: { eq: 1 } } : { not: deepFilter(depth - 1) };
const FILTERED = 'subscription ($f: TableTodoFilterInput) { onCreateTodo(filter: $f) { id } }';
const values = (count: number) => Array.from({ length: count }, (_, n) => n);

interface Case {
  readonly limits: Partial<Limits>;
  readonly within: readonly [query: string, variables?: unknown];
  readonly beyond: readonly [query: string, variables?: unknown];
  readonly code: string;
  readonly words: string;
}

const CASES: readonly (readonly [keyof Limits, Case])[] = [
  [
    'documentBytes',
    {
      limits: { documentBytes: 300 },
      within: [`subscription { onCreateTodo { id } } ${'#'.repeat(260)}`],
      beyond: [`subscription { onCreateTodo { id } } ${'#'.repeat(270)}`],
      code: 'DOCUMENT_TOO_LARGE',
      words: 'Document: expected at most 300 bytes, got 307',
    },
  ],
  [
    'documentTokens',
    {
      limits: { documentTokens: 20 },
      within: [`subscription { onCreateTodo { ${'id '.repeat(14)} } }`],
      beyond: [`subscription { onCreateTodo { ${'id '.repeat(16)} } }`],
      code: 'GRAPHQL_PARSE_FAILED',
      words: '20 tokens',
    },
  ],
  [
    'documentDepth',
    {
      limits: { documentDepth: 5 },
      within: [nested(5)],
      beyond: [nested(6)],
      code: 'DOCUMENT_TOO_LARGE',
      words: 'Document: expected at most 5 levels of selections, its fragments inlined, got 6',
    },
  ],
  [
    'aliases',
    {
      limits: { aliases: 4 },
      within: [aliased(4)],
      beyond: [aliased(5)],
      code: 'DOCUMENT_TOO_LARGE',
      words: 'Document: expected at most 4 aliases, its fragments inlined, got 5',
    },
  ],
  [
    'directives',
    {
      limits: { directives: 6 },
      within: [directed(6)],
      beyond: [directed(7)],
      code: 'DOCUMENT_TOO_LARGE',
      words: 'Document: expected at most 6 directives, its fragments inlined, got 7',
    },
  ],
  [
    'variableBytes',
    {
      limits: { variableBytes: 256 },
      within: [FILTERED, { f: { title: { eq: 'x'.repeat(200) } } }],
      beyond: [FILTERED, { f: { title: { eq: 'x'.repeat(250) } } }],
      code: 'BAD_REQUEST',
      words: 'Variables: expected at most 256 bytes of JSON, got 275',
    },
  ],
  [
    'filterConditions',
    {
      limits: { filterConditions: 7 },
      within: [FILTERED, { f: conditions(7) }],
      beyond: [FILTERED, { f: conditions(8) }],
      code: 'FILTER_INVALID',
      words: 'expected at most 7',
    },
  ],
  [
    'filterDepth',
    {
      limits: { filterDepth: 4 },
      within: [FILTERED, { f: deepFilter(4) }],
      beyond: [FILTERED, { f: deepFilter(5) }],
      code: 'FILTER_INVALID',
      words: 'expected at most 4 filters inside each other, came more',
    },
  ],
  [
    'inValues',
    {
      limits: { inValues: 3 },
      within: [FILTERED, { f: { priority: { in: values(3) } } }],
      beyond: [FILTERED, { f: { priority: { in: values(4) } } }],
      code: 'FILTER_INVALID',
      words: 'expected at most 3 values, came 4',
    },
  ],
  [
    'jsonDepth',
    {
      limits: { jsonDepth: 5 },
      within: [FILTERED, { f: { not: { priority: { eq: 1 } } } }],
      beyond: [FILTERED, { f: { not: { not: { priority: { eq: 1 } } } } }],
      code: 'BAD_REQUEST',
      words: 'nested at most 5 deep, got deeper',
    },
  ],
];

describe.each(CASES)('%s', (_, { limits, within, beyond, code, words }) => {
  test('what is within it is taken, and what is beyond it is refused for its own operation alone', async () => {
    const relay = await connected(limits);
    const [good, goodVariables] = within;
    expect(await relay.subscribe('c', '0', good, { variables: goodVariables })).toBeUndefined();
    const [bad, badVariables] = beyond;
    expect(await relay.subscribe('c', '1', bad, { variables: badVariables })).toEqual(error(code, words));
    expect(await relay.context.registry.subscriptions('c')).toMatchObject([{ clientId: '0' }]);
  });
});

describe('frameBytes', () => {
  const ofBytes = (bytes: number) => {
    const around = JSON.stringify({ type: 'ping', payload: { x: '' } }).length;
    return JSON.stringify({ type: 'ping', payload: { x: 'é'.repeat((bytes - around) / 2) } });
  };

  test('a frame at the limit is answered; one beyond it refuses the connection, unread', async () => {
    const relay = await connected({ frameBytes: 1_042 });
    expect(await relay.send('c', ofBytes(1_042))).toEqual({ type: 'pong' });
    expect(await relay.send('c', ofBytes(1_044))).toEqual({
      type: 'connection_error',
      payload: { code: 4400, message: 'Invalid message: expected at most 1042 bytes, got 1044' },
    });
    expect(await relay.send('c', '['.repeat(100_000))).toMatchObject({ payload: { code: 4400 } });
  });
});

describe('what is no operation', () => {
  test('is refused as a whole when it nests too deep', async () => {
    const relay = await connected({ jsonDepth: 4 });
    expect(await relay.send('c', '{"type":"ping","id":"1","payload":{"a":{"b":{"c":{"d":{}}}}}}')).toEqual({
      type: 'connection_error',
      payload: { code: 4400, message: 'Invalid message: expected JSON nested at most 4 deep, got deeper' },
    });
  });
});

describe('introspection', () => {
  const SHALLOW = '{ __schema { types { name } } }';
  // Below `__schema` the depth of a document is not counted: what GraphiQL sends nests 13 deep.
  const DEEP = `{ __type(name: "Todo") { fields { type ${'{ ofType '.repeat(10)} { name } ${'}'.repeat(10)} } } }`;

  test('is answered where it is on, however deep it asks, as GraphiQL does', async () => {
    const relay = await connected();
    const all = getIntrospectionQuery({
      inputValueDeprecation: true,
      schemaDescription: true,
      specifiedByUrl: true,
    });
    for (const query of [SHALLOW, DEEP, all]) {
      expect(relay.context.api.check({ query })).toMatchObject({ ok: true });
    }
  });

  test.each([SHALLOW, DEEP, 'query { ...F } fragment F on Query { a: __schema { description } }'])(
    'is refused where it is off, saying what turns it on: %s',
    async (query) => {
      const relay = await connected({ introspection: false });
      expect(await relay.subscribe('c', '1', query)).toEqual(
        error('GRAPHQL_VALIDATION_FAILED', 'TABLECAST_INTROSPECTION=on'),
      );
    },
  );

  test('__typename is answered all the same', async () => {
    const relay = await connected({ introspection: false });
    expect(await relay.subscribe('c', '0', 'subscription { onCreateTodo { __typename } }')).toBeUndefined();
    await relay.subscribe('c', '1', '{ __typename }');
    expect(relay.frames('c')).toMatchObject([{ id: '1', payload: { data: { __typename: 'Query' } } }]);
  });
});

test('a document over HTTP or the socket may hold several operations, each within the limits by itself', async () => {
  const relay = await connected({ aliases: 2 });
  const { api } = relay.context;
  const one = (name: string, fields: string) => `query ${name} { ${fields} }`;
  const query = `${one('A', 'a: __typename b: __typename')} ${one('B', 'c: __typename d: __typename')}`;
  expect(api.check({ query, operationName: 'B' })).toMatchObject({ ok: true, kind: 'query' });
  expect(api.check({ query: one('A', 'a: __typename b: __typename c: __typename') })).toMatchObject({
    ok: false,
    errors: [{ extensions: { code: 'DOCUMENT_TOO_LARGE' } }],
  });
});

test('filters of queries have the limits of filters', async () => {
  const relay = await connected({ inValues: 3 });
  const list = (count: number) =>
    `{ listTodos(filter: { priority: { in: [${values(count)}] } }) { items { id } } }`;
  await relay.subscribe('c', '1', list(3));
  await relay.subscribe('c', '2', list(4));
  expect(relay.frames('c')).toMatchObject([
    { id: '1', payload: { data: { listTodos: { items: [] } } } },
    {
      id: '2',
      payload: {
        errors: [
          {
            message: expect.stringContaining('at most 3 values, came 4'),
            extensions: { code: 'FILTER_INVALID' },
          },
        ],
      },
    },
  ]);
});
