import type { Dialect } from '../../../src/protocol/dialect.ts';
import { ALICE, GOOD_KEY } from '../world/credentials.ts';
import { DIALECT_FRAMES, DIALECTS } from '../world/dialects.ts';

interface Operation {
  readonly query: string;
  readonly variables?: object;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Operations that are right, of every kind the API has: what is wrong is made of them. */
export const OPERATIONS: readonly Operation[] = [
  { query: 'subscription { onCreateTodo { id title } }' },
  { query: 'subscription { onUpdateTodo(id: "1") { id title memo } }', extensions: { confirm: true } },
  { query: 'subscription { onDeleteTodo(completed: true) { id } }' },
  {
    query:
      'subscription S($f: TableTodoFilterInput) { onChangeTodo(filter: $f) { kind item { id } previous { id } } }',
    variables: {
      f: {
        or: [{ priority: { between: [1, 5] } }, { title: { beginsWith: 'a' }, not: { id: { eq: '1' } } }],
      },
    },
  },
  {
    query:
      'subscription($t: String) { mine: onCreateTodo(title: $t, filter: {priority: {in: [1, 2, 3]}}) { ...F } } fragment F on Todo { id tags }',
    variables: { t: 'x' },
    extensions: { overflow: 'latest', skipOwn: 'somebody' },
  },
  {
    query: 'subscription { onCreateNote { id owner text } }',
    extensions: { authorization: { Authorization: ALICE } },
  },
  { query: 'subscription { onChangeNote { kind updatedFields eventId at } }' },
  { query: '{ getTodo(id: "1") { id title __typename } }' },
  { query: 'query L { listTodos(filter: {title: {contains: "a"}}, limit: 5) { items { id } nextToken } }' },
  {
    query: 'mutation($i: CreateTodoInput!) { createTodo(input: $i) { id } }',
    variables: { i: { id: '1', title: 'a', priority: 3, tags: ['x', null] } },
  },
  { query: 'mutation { updateTodo(input: {id: "1", memo: null}) { id memo } }' },
  {
    query: 'mutation { deleteNote(input: {id: "1"}) { id } }',
    extensions: { authorization: { 'x-api-key': GOOD_KEY } },
  },
  { query: '{ __schema { queryType { name } types { name fields { name } } } }' },
];

const INITS: readonly unknown[] = [
  undefined,
  null,
  '',
  {},
  { 'x-api-key': GOOD_KEY },
  { authorization: ALICE, confirmSubscriptions: true },
  { token: 'e30.e30.' },
];

/** Frames that are right in one dialect or another: near-valid ones are made of them. Few ids, so that they collide. */
export const CORPUS: Readonly<Record<Dialect, readonly object[]>> = {
  'graphql-transport-ws': framesOf('graphql-transport-ws'),
  apollo: framesOf('apollo'),
  appsync: framesOf('appsync'),
};

export const ALL_FRAMES: readonly object[] = DIALECTS.flatMap((dialect) => CORPUS[dialect]);

function framesOf(dialect: Dialect): readonly object[] {
  const { init, start, stop, ping, terminate } = DIALECT_FRAMES[dialect];
  const ids = ['1', '2', 'あ', 'constructor'];
  return [
    ...INITS.map((payload) => init(payload)),
    ...OPERATIONS.map(({ query, extensions, variables }, n) =>
      start(ids[n % ids.length] ?? '1', query, extensions, variables),
    ),
    ...ids.map(stop),
    ping,
    { type: 'pong', payload: { at: 1 } },
    terminate,
  ];
}
