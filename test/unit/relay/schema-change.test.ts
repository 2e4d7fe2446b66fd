import { describe, expect, test } from '@jest/globals';
import type { Image } from '../../../src/change/change.ts';
import { createTestRelay, KEY, type TestRelay, todoRecord } from '../../fixtures/relay.ts';

/**
 * A new version of the schema is deployed while clients of the one before are connected: what still fits is served, and
 * who cannot be served any more is told at the first change that would have come. Nobody stays silent.
 */

const TODO =
  'type Todo @table(name: "Todos") { id: ID! title: String! memo: String code: String priority: Int done: Boolean }';
const WITHOUT_MEMO = TODO.replace(' memo: String', '');
const typed = (name: string, type: string) => TODO.replace(new RegExp(`${name}: \\w+`), `${name}: ${type}`);
const NEW_TODO = (field: string, events = '"createTodo"') =>
  `${TODO} type Subscription { ${field}: Todo @aws_subscribe(mutations: [${events}]) }`;

/** In either family of dialects: how an operation is started, and what its payload and its end are called. */
const FAMILIES = [
  ['graphql-transport-ws', 'subscribe', 'next'],
  ['graphql-ws', 'start', 'data'],
] as const;

type Family = (typeof FAMILIES)[number];

async function subscribed(relay: TestRelay, [subprotocol, start]: Family, query: string): Promise<void> {
  await relay.open('c', { headers: { 'x-api-key': KEY, 'sec-websocket-protocol': subprotocol } });
  await relay.send('c', { type: 'connection_init' });
  const reply = await relay.send('c', { type: start, id: '1', payload: { query } });
  expect(reply).toEqual(undefined);
}

/** The functions of another version, over the rows and clients of `before`. */
function deployed(before: TestRelay, sdl: string): TestRelay {
  const after = createTestRelay({ sdl, wrapRegistry: () => before.context.registry });
  after.connections.open('c');
  return after;
}

const create = (relay: TestRelay, attributes: Image = {}) =>
  relay.deliver([
    todoRecord(relay.clock.now(), { newImage: { id: { S: 'a' }, title: { S: 't' }, ...attributes } }),
  ]);

const MEMO: Image = { memo: { S: 'm' } };

describe.each(FAMILIES)('C2 C5 a deploy over live %s connections', (...family) => {
  const [, , payload] = family;
  const types = (relay: TestRelay) => relay.frames('c').map(({ type }) => type);
  const live = async (relay: TestRelay) => (await relay.context.registry.subscriptions('c')).length;

  test.each<[what: string, before: string, after: string, query: string, image: Image]>([
    ['a field is added', TODO, typed('memo', 'String due: String'), 'onCreateTodo { id title }', {}],
    ['a field nobody asks for is removed', TODO, WITHOUT_MEMO, 'onCreateTodo(title: "t") { id }', MEMO],
    [
      'a text field becomes another text',
      TODO,
      typed('code', 'ID'),
      'onCreateTodo(code: "7") { id code }',
      { code: { S: '7' } },
    ],
    [
      'a number becomes another number',
      TODO,
      typed('priority', 'Float'),
      'onCreateTodo(priority: 3) { id priority }',
      { priority: { N: '3' } },
    ],
    [
      'an argument is removed',
      NEW_TODO('onNewTodo(priority: Int)'),
      NEW_TODO('onNewTodo'),
      'onNewTodo(priority: 3) { id }',
      { priority: { N: '3' } },
    ],
    [
      'an argument gets another name',
      NEW_TODO('onNewTodo(priority: Int)'),
      NEW_TODO('onNewTodo(level: Int @matches(field: "priority"))'),
      'onNewTodo(priority: 3) { id }',
      { priority: { N: '3' } },
    ],
    [
      'an event is added',
      NEW_TODO('onNewTodo'),
      NEW_TODO('onNewTodo', '"createTodo", "updateTodo"'),
      'onNewTodo { id }',
      {},
    ],
    [
      'operators of a filter stay as they were',
      TODO,
      typed('memo', 'String due: String'),
      'onCreateTodo(filter: {or: [{memo: {beginsWith: "m"}}, {priority: {between: [1, 2]}}], title: {in: ["t", "u"]}}) { id }',
      MEMO,
    ],
  ])('%s: what was asked for before goes on', async (_what, before, after, query, image) => {
    const v1 = createTestRelay({ sdl: before });
    await subscribed(v1, family, `subscription { ${query} }`);
    await create(v1, image);
    expect(types(v1)).toEqual([payload]);
    const v2 = deployed(v1, after);
    await create(v2, image);
    expect(types(v2)).toEqual([payload]);
    expect(v2.frames('c')[0]?.['payload']).toMatchObject({
      data: Object(v1.frames('c')[0]?.['payload'])['data'],
    });
    expect(await live(v2)).toBe(1);
  });

  test.each<[what: string, before: string, after: string, query: string, image: Image]>([
    ['a selected field is removed', TODO, WITHOUT_MEMO, 'onCreateTodo { id memo }', MEMO],
    [
      'a selected field becomes an object',
      TODO,
      `${typed('memo', 'Memo')} type Memo { text: String }`,
      'onCreateTodo { id memo }',
      MEMO,
    ],
    [
      'a field of a filter is removed',
      TODO,
      WITHOUT_MEMO,
      'onCreateTodo(filter: {memo: {ne: "x"}}) { id }',
      MEMO,
    ],
    ['a field of an argument is removed', TODO, WITHOUT_MEMO, 'onCreateTodo(memo: "m") { id }', MEMO],
    ['a field that was to be null is removed', TODO, WITHOUT_MEMO, 'onCreateTodo(memo: null) { id }', {}],
    [
      'a field of one of several alternatives is removed',
      TODO,
      WITHOUT_MEMO,
      'onCreateTodo(filter: {or: [{memo: {eq: "m"}, title: {eq: "t"}}, {title: {eq: "z"}}]}) { id }',
      MEMO,
    ],
    [
      'a field of an argument is renamed',
      TODO,
      typed('memo', 'String')
        .replace('memo:', 'note:')
        .replace('note: String', 'note: String @attribute(name: "memo")'),
      'onCreateTodo(memo: "m") { id }',
      MEMO,
    ],
    [
      'a field of an argument, stored under another name, is removed',
      typed('memo', 'String @attribute(name: "stored_memo")'),
      WITHOUT_MEMO,
      'onCreateTodo(memo: "m", title: "t") { id }',
      { stored_memo: { S: 'm' } },
    ],
    [
      'two fields of arguments, stored under other names, are removed',
      typed('memo', 'String @attribute(name: "stored_memo")').replace(
        'done:',
        'done: Boolean kind: String @attribute(name: "k") last:',
      ),
      WITHOUT_MEMO,
      'onCreateTodo(memo: "m", kind: "x") { id }',
      { stored_memo: { S: 'm' }, k: { S: 'x' } },
    ],
    [
      'text becomes a number',
      TODO,
      typed('code', 'Int'),
      'onCreateTodo(code: "7") { id }',
      { code: { S: '7' } },
    ],
    [
      'text becomes a number, and is stored so',
      TODO,
      typed('code', 'Int'),
      'onCreateTodo(code: "7") { id }',
      { code: { N: '7' } },
    ],
    [
      'text becomes JSON',
      TODO,
      typed('code', 'AWSJSON'),
      'onCreateTodo(code: "7") { id }',
      { code: { S: '7' } },
    ],
    [
      'a number becomes text',
      TODO,
      typed('priority', 'String'),
      'onCreateTodo(priority: 3) { id }',
      { priority: { N: '3.0' } },
    ],
    [
      'a number becomes true or false',
      TODO,
      typed('priority', 'Boolean'),
      'onCreateTodo(priority: 3) { id }',
      { priority: { N: '3' } },
    ],
    [
      'true or false becomes text',
      TODO,
      typed('done', 'String'),
      'onCreateTodo(done: true) { id }',
      { done: { BOOL: true } },
    ],
    [
      'the operator is one the field no longer takes',
      TODO,
      typed('memo', 'Boolean'),
      'onCreateTodo(filter: {memo: {beginsWith: "m"}}) { id }',
      MEMO,
    ],
    ['a subscription field is removed', NEW_TODO('onNewTodo(code: String)'), TODO, 'onNewTodo { id }', {}],
    [
      'a subscription field with an argument is removed',
      NEW_TODO('onNewTodo(code: String)'),
      TODO,
      'onNewTodo(code: "7") { id }',
      { code: { S: '7' } },
    ],
    [
      'its type is renamed',
      TODO,
      TODO.replace('type Todo', 'type Task'),
      'onCreateTodo(title: "t", priority: 3) { id }',
      { priority: { N: '3' } },
    ],
    [
      'its type is another one of the same table',
      TODO,
      TODO.replace('type Todo @table(name: "Todos")', 'type Todo @table(name: "Elsewhere")') +
        TODO.replace('type Todo', 'type Task'),
      'onCreateTodo { id }',
      {},
    ],
  ])(
    '%s: who cannot be served is told so once, and is forgotten',
    async (_what, before, after, query, image) => {
      const v1 = createTestRelay({ sdl: before });
      await subscribed(v1, family, `subscription { ${query} }`);
      await create(v1, image);
      expect(types(v1)).toEqual([payload]);
      const v2 = deployed(v1, after);
      expect(await create(v2, image)).toEqual({});
      expect(types(v2)).toEqual(['error']);
      expect(JSON.stringify(v2.frames('c'))).toContain('"extensions":{"code":"SCHEMA_CHANGED"}');
      expect(await live(v2)).toBe(0);
      await create(v2, image);
      expect(types(v2)).toEqual(['error']);
    },
  );

  test('who is not concerned by a change is not told by it: the equalities of then must hold', async () => {
    const v1 = createTestRelay({ sdl: NEW_TODO('onNewTodo(code: String, memo: String)') });
    await subscribed(v1, family, 'subscription { onNewTodo(code: "7", memo: "m") { id } }');
    const v2 = deployed(v1, WITHOUT_MEMO);
    for (const image of [{}, MEMO, { code: { S: '7' } }, { code: { S: '8' }, ...MEMO }])
      await create(v2, image);
    expect([types(v2), await live(v2)]).toEqual([[], 1]);
    await create(v2, { code: { S: '7' }, ...MEMO });
    expect([types(v2), await live(v2)]).toEqual([['error'], 0]);
  });

  test('a filter keeps its meaning when its argument is removed', async () => {
    const v1 = createTestRelay({ sdl: NEW_TODO('onNewTodo(priority: Int)') });
    await subscribed(v1, family, 'subscription { onNewTodo(priority: 3) { id } }');
    const v2 = deployed(v1, NEW_TODO('onNewTodo'));
    await create(v2, { priority: { N: '4' } });
    expect([types(v2), await live(v2)]).toEqual([[], 1]);
  });

  test('a function of the version before, still at work, tells those it cannot serve yet', async () => {
    const v2 = createTestRelay({ sdl: NEW_TODO('onNewTodo(code: String)') });
    await subscribed(v2, family, 'subscription { onNewTodo(code: "7") { id } }');
    const v1 = deployed(v2, TODO);
    await create(v1, { code: { S: '7' } });
    expect(types(v1)).toEqual(['error']);
    expect(await live(v1)).toBe(0);
  });

  test('a field with a required argument is served, and one that comes to require another still is', async () => {
    const v1 = createTestRelay({ sdl: NEW_TODO('onNewTodo(priority: Int!)') });
    await subscribed(v1, family, 'subscription { onNewTodo(priority: 3) { id } }');
    await create(v1, { priority: { N: '3' } });
    expect(types(v1)).toEqual([payload]);
    const v2 = deployed(v1, NEW_TODO('onNewTodo(priority: Int!, code: String!)'));
    await create(v2, { priority: { N: '3' } });
    expect(types(v2)).toEqual([payload]);
  });
});

test('a removed field is looked up as long as somebody is subscribed to it, and costs nobody else anything', async () => {
  const v1 = createTestRelay({ sdl: NEW_TODO('onNewTodo') });
  const family = FAMILIES[0];
  await subscribed(v1, family, 'subscription { onNewTodo { id } }');
  await v1.subscribe('c', '2', 'subscription { onCreateTodo { id } }');
  const v2 = deployed(v1, TODO);
  await create(v2);
  await create(v2);
  const byId = v2.frames('c').map(({ id, type }) => [id, type]);
  expect(byId.filter(([id]) => id === '1')).toEqual([['1', 'error']]);
  expect(byId.filter(([id]) => id === '2')).toEqual([
    ['2', 'next'],
    ['2', 'next'],
  ]);
});

test('C10 of removed fields no more than a thousand keys a batch are guessed, whatever was subscribed to', async () => {
  const args = Array.from({ length: 8 }, (_, n) => `f${n}: String`).join(' ');
  const v1 = createTestRelay({
    sdl: `type Todo @table(name: "Todos") { id: ID! title: String! ${args} }
      type Subscription { onNewTodo(${args}): Todo @aws_subscribe(mutations: ["createTodo"]) }`,
  });
  await subscribed(v1, FAMILIES[0], 'subscription { onNewTodo(f0: "x") { id } }');
  for (let n = 1; n < 7; n += 1)
    await v1.subscribe('c', `c${n}`, `subscription { onNewTodo(f${n}: "x") { id } }`);
  let asked = 0;
  const { registry } = v1.context;
  const v2 = createTestRelay({
    sdl: 'type Todo @table(name: "Todos") { id: ID! title: String! }',
    wrapRegistry: () => ({
      ...registry,
      candidates: (lookups) => {
        asked += lookups.length;
        return registry.candidates(lookups);
      },
    }),
  });
  v2.connections.open('c');
  const image = (n: number): Image => ({
    id: { S: `i${n}` },
    title: { S: `t${n}` },
    ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`a${at}`, { S: `${n} ${at}` }])),
  });
  const batch = Array.from({ length: 100 }, (_, n) =>
    todoRecord(v2.clock.now(), { newImage: { ...image(n), ...(n === 0 && { f3: { S: 'x' } }) } }),
  );
  await v2.deliver(batch);
  // Without a bound it would be 28,000. What needs no guessing is two a shape and image, the same ones mostly.
  expect(asked).toBeLessThan(2_500);
  // Nobody knows any more which attribute each field was: the first item may be meant by all of them.
  expect(v2.frames('c').map(({ type }) => type)).toEqual(Array.from({ length: 7 }, () => 'error'));
});

test('with the gateway out of order nobody is ended untold: it is said at the next change', async () => {
  const v1 = createTestRelay({ sdl: NEW_TODO('onNewTodo') });
  await subscribed(v1, FAMILIES[0], 'subscription { onNewTodo { id } }');
  const v2 = deployed(v1, TODO);
  v2.connections.outage('internalError');
  await create(v2);
  expect(v2.frames('c')).toEqual([]);
  expect(await v2.context.registry.subscriptions('c')).toHaveLength(1);
  v2.connections.outage(undefined);
  await create(v2);
  expect(v2.frames('c')).toEqual([expect.objectContaining({ type: 'error', id: '1' })]);
});

test('C5 a type of a shared table is removed: who subscribed to it is told; who watches the others hears nothing of its items', async () => {
  const note =
    'type Note @table(name: "Todos", where: {attribute: "kind", equals: "note"}) { id: ID! text: String }';
  const task =
    'type Task @table(name: "Todos", where: {attribute: "kind", equals: "task"}) { id: ID! done: Boolean }';
  const v1 = createTestRelay({ sdl: `${note} ${task}` });
  await subscribed(v1, FAMILIES[0], 'subscription { onCreateTask(done: true) { id } }');
  await v1.subscribe('c', '2', 'subscription { onCreateNote { id } }');
  const v2 = deployed(v1, note);
  await create(v2, { kind: { S: 'task' }, done: { BOOL: false } });
  expect(v2.frames('c')).toEqual([]);
  await create(v2, { kind: { S: 'task' }, done: { BOOL: true } });
  expect(v2.frames('c').map(({ id, type }) => [id, type])).toEqual([['1', 'error']]);
  await create(v2, { kind: { S: 'task' }, done: { BOOL: true } });
  await create(v2, { kind: { S: 'note' } });
  expect(v2.frames('c').map(({ id, type }) => [id, type])).toEqual([
    ['1', 'error'],
    ['2', 'next'],
  ]);
});
