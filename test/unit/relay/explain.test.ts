import { describe, expect, test } from '@jest/globals';
import type { Change, Image } from '../../../src/change/change.ts';
import { decodeRecord } from '../../../src/change/decode.ts';
import { type Explanation, explainChange } from '../../../src/relay/explain.ts';
import { type ExplainedSubscription, readSubscription } from '../../../src/relay/explain-subscription.ts';
import { createTestRelay, type TestRelay, type TestRelayOptions, todoRecord } from '../../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos", writer: "by") {
  id: ID!  title: String!  memo: String  priority: Int  completed: Boolean  by: String  mine: Boolean @resolved
}
type Note @table(name: "Things", where: {attribute: "kind", equals: "note"}) { id: ID! kind: String! text: String }
type Task @table(name: "Things", where: {attribute: "kind", equals: "task"}) { id: ID! kind: String! done: Boolean }
`;

const relayOf = (options: TestRelayOptions = {}) =>
  createTestRelay({ sdl: SDL, project: { resolvers: { Todo: { mine: () => true } } }, ...options });

const todo = (more: Image = {}): Image => ({ id: { S: 'a' }, title: { S: 'Buy milk' }, ...more });
const priority = (number: number): Image => todo({ priority: { N: String(number) } });

interface Images {
  readonly newImage?: Image;
  readonly oldImage?: Image;
  readonly table?: string;
}

function changeOf(relay: TestRelay, images: Images): Change {
  const decoded = decodeRecord(todoRecord(relay.clock.now(), images));
  if (!decoded.ok) throw new Error(decoded.detail);
  return decoded.change;
}

function read(relay: TestRelay, query: string, extensions?: Record<string, unknown>): ExplainedSubscription {
  const request = { query, ...(extensions && { extensions: new Map(Object.entries(extensions)) }) };
  const reading = readSubscription(relay.context.model, request);
  if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
  return reading.subscription;
}

function explain(relay: TestRelay, images: Images, query: string, extensions?: Record<string, unknown>) {
  const subscription = read(relay, query, extensions);
  return explainChange(relay.context, { change: changeOf(relay, images), subscription });
}

describe('why a change is not delivered', () => {
  const note = { id: { S: 'a' }, kind: { S: 'note' } };

  test.each<[string, Images, string, Partial<Explanation>, RegExp]>([
    [
      'another kind of change',
      { newImage: todo() },
      'subscription { onUpdateTodo { id } }',
      { reason: 'event', owed: false },
      /^Not delivered: onUpdateTodo is fired by MODIFY, and this is INSERT\.$/,
    ],
    [
      'an equality that no filter key leads to',
      { newImage: todo() },
      'subscription { onCreateTodo(title: "Buy bread") { id } }',
      { reason: 'filter' },
      /no filter key leads to it; its filter fails on the new image: title eq\.$/,
    ],
    [
      'a comparison, after the key found it',
      { newImage: priority(3) },
      'subscription { onCreateTodo(title: "Buy milk", filter: {priority: {ge: 5}}) { id } }',
      { reason: 'filter' },
      /found by its filter key, and then its filter fails on the new image: priority ge\.$/,
    ],
    [
      'a condition under not',
      { newImage: priority(7) },
      'subscription { onCreateTodo(filter: {not: {priority: {ge: 5}}}) { id } }',
      { reason: 'filter' },
      /on the new image: not priority ge\.$/,
    ],
    [
      'neither image of a change',
      { oldImage: priority(1), newImage: priority(2) },
      'subscription { onChangeTodo(filter: {priority: {gt: 5}}) { kind } }',
      { reason: 'filter' },
      /on the new image: priority gt; on the old image: priority gt\.$/,
    ],
    [
      'an or of nothing',
      { newImage: todo() },
      'subscription { onCreateTodo(filter: {or: []}) { id } }',
      { reason: 'filter', lookups: [] },
      /a part of it that nothing can match/,
    ],
    [
      'another table',
      { newImage: note, table: 'Things' },
      'subscription { onCreateTodo { id } }',
      { reason: 'other-table' },
      /onCreateTodo is about Todo in table Todos, and the change is of table Things/,
    ],
    [
      'a table the schema does not have',
      { newImage: note, table: 'Elsewhere' },
      'subscription { onCreateTodo { id } }',
      { reason: 'unknown-table' },
      /no type of table Elsewhere/,
    ],
    [
      'another entity of the same table',
      { newImage: note, table: 'Things' },
      'subscription { onCreateTask { id } }',
      { reason: 'other-entity' },
      /neither image is a Task, for which kind = "task" is asked/,
    ],
    [
      'a write that turns one entity into another, seen as an INSERT',
      { oldImage: note, newImage: { ...note, kind: { S: 'task' } }, table: 'Things' },
      'subscription { onUpdateTask { id } }',
      { reason: 'event', seenAs: 'INSERT' },
      /fired by MODIFY, and this is INSERT to Task \(DynamoDB says MODIFY/,
    ],
    [
      'a write that changes nothing',
      { oldImage: priority(1), newImage: todo({ priority: { N: '1.0' } }) },
      'subscription { onUpdateTodo { id } }',
      { reason: 'no-change' },
      /writes no stream record/,
    ],
  ])('%s', async (_, images, query, expected, text) => {
    const explanation = await explain(relayOf(), images, query);
    expect(explanation).toMatchObject(expected);
    expect(explanation.text).toMatch(text);
    expect(explanation).not.toHaveProperty('payload');
  });

  test('the condition that failed comes with its operands and what is stored, and the words hold neither', async () => {
    const query = 'subscription { onCreateTodo(filter: {title: {eq: "CANARY-asked"}}) { id } }';
    const explanation = await explain(
      relayOf(),
      { newImage: todo({ title: { S: 'CANARY-stored' } }) },
      query,
    );
    expect(explanation.images).toEqual([
      {
        side: 'new',
        holds: false,
        because: [
          {
            field: 'title',
            operator: 'eq',
            operands: ['CANARY-asked'],
            holds: false,
            attribute: 'title',
            stored: { S: 'CANARY-stored' },
          },
        ],
      },
    ]);
    expect(explanation.text).not.toMatch('CANARY');
  });

  test('of a record that came, equal images are no reason: it is delivered like any other', async () => {
    const relay = relayOf();
    const change = changeOf(relay, { oldImage: priority(1), newImage: priority(1) });
    const subscription = read(relay, 'subscription { onUpdateTodo { id } }');
    const handled = { from: relay.clock.now() };
    expect(await explainChange(relay.context, { change, subscription, handled })).toMatchObject({
      owed: true,
    });
    expect(await explainChange(relay.context, { change, subscription })).toMatchObject({
      reason: 'no-change',
    });
  });

  test('a change that its own subscriber made', async () => {
    const images = { newImage: todo({ by: { S: 'u1' } }) };
    const query = 'subscription { onCreateTodo { id } }';
    expect(await explain(relayOf(), images, query, { skipOwn: 'u1' })).toMatchObject({ reason: 'own' });
    expect(await explain(relayOf(), images, query, { skipOwn: 'u2' })).toMatchObject({ reason: 'delivered' });
  });

  test('a change that is older than the subscription, and one that may be', async () => {
    const relay = relayOf();
    const change = changeOf(relay, { newImage: todo() });
    const { candidate, ...rest } = read(relay, 'subscription { onCreateTodo { id } }');
    const begun = (activatedAt: number) =>
      explainChange(relay.context, {
        change,
        subscription: { ...rest, candidate: { ...candidate, activatedAt } },
      });
    expect(await begun(change.at + 6_000)).toMatchObject({ reason: 'delivered' });
    expect(await begun(change.at + 6_001)).toMatchObject({ reason: 'older', owed: false });
  });

  test('a stored filter or document that no longer fits the schema, in the words of the relay', async () => {
    const relay = relayOf();
    const change = changeOf(relay, { newImage: todo() });
    const { candidate, document: _, ...rest } = read(relay, 'subscription { onCreateTodo { id } }');
    const filter = '1["=","S","heading","x"]';
    expect(
      await explainChange(relay.context, {
        change,
        subscription: { ...rest, candidate: { ...candidate, filter } },
      }),
    ).toMatchObject({ reason: 'unusable', text: expect.stringMatching(/SCHEMA_CHANGED \(Todo\.heading: /) });
    const documents = ['{ onCreateTodo { gone } }', undefined].map((document) =>
      explainChange(relay.context, {
        change,
        subscription: { ...rest, candidate, ...(document && { document: `subscription ${document}` }) },
      }),
    );
    expect((await Promise.all(documents)).map(({ reason }) => reason)).toEqual(['unusable', 'unusable']);
  });
});

describe('why a change is delivered', () => {
  test('with the payload, and the errors inside it', async () => {
    const query = 'subscription { onCreateTodo { id priority } }';
    const explanation = await explain(relayOf(), { newImage: todo({ priority: { S: 'high' } }) }, query);
    expect(explanation).toMatchObject({
      reason: 'delivered',
      owed: true,
      kind: 'item',
      payload: {
        tooLarge: false,
        payload: { data: { onCreateTodo: { id: 'a', priority: null } } },
        errors: [expect.stringMatching(/^onCreateTodo\.priority: Expected Int/)],
      },
    });
    expect(explanation.text).toBe(
      'Delivered: the filter holds for the item. The payload has an error in it.',
    );
  });

  test.each<[string, number, number]>([
    ['ENTER', 1, 7],
    ['UPDATE', 6, 7],
    ['LEAVE', 7, 1],
  ])('as %s, where the filter held before or holds now', async (kind, before, after) => {
    const query = 'subscription { onChangeTodo(filter: {priority: {gt: 5}}) { kind item { id } } }';
    const images = { oldImage: priority(before), newImage: priority(after) };
    expect(await explain(relayOf(), images, query)).toMatchObject({ reason: 'delivered', kind });
  });

  test('as PAYLOAD_TOO_LARGE when the frame does not fit', async () => {
    const relay = relayOf({ settings: { maxFrameBytes: 600 } });
    const images = { newImage: todo({ memo: { S: 'x'.repeat(600) } }) };
    const explanation = await explain(relay, images, 'subscription { onCreateTodo { id memo } }');
    expect(explanation).toMatchObject({ reason: 'too-large', owed: true, payload: { tooLarge: true } });
    expect(explanation.text).toMatch(/larger than the 600 bytes/);
  });

  test('without the payload where a resolver answers part of it', async () => {
    const explanation = await explain(
      relayOf(),
      { newImage: todo() },
      'subscription { onCreateTodo { mine } }',
    );
    expect(explanation).toMatchObject({ reason: 'delivered', payload: { isResolved: true } });
    expect(explanation.payload).not.toHaveProperty('payload');
    expect(explanation.text).toMatch(/Resolvers answer part of the selection/);
  });
});

describe('explain says what the delivery does', () => {
  const QUERIES = [
    'subscription { onCreateTodo { id priority } }',
    'subscription { onUpdateTodo(title: "Buy milk") { id priority } }',
    'subscription { onDeleteTodo(filter: {priority: {in: [1, 7]}}) { id } }',
    'subscription { onChangeTodo { kind item { id } previous { priority } updatedFields } }',
    'subscription { onChangeTodo(filter: {priority: {gt: 5}}) { kind item { priority } previous { id } } }',
    'subscription { onChangeTodo(filter: {or: [{title: {ne: "Buy milk"}}, {priority: {eq: null}}]}) { kind } }',
    'subscription { onUpdateTodo(filter: {not: {completed: {eq: true}}, priority: {between: [2, 8]}}) { title } }',
    'subscription { onCreateTodo(filter: {priority: {in: []}}) { id } }',
    'subscription { onCreateNote { id text } }',
    'subscription { onDeleteTask { id } }',
  ];
  const ITEMS = [
    undefined,
    priority(1),
    priority(7),
    todo(),
    todo({ title: { S: 'x' }, completed: { BOOL: true } }),
  ];
  const CHANGES: Images[] = ITEMS.flatMap((oldImage) =>
    ITEMS.filter((newImage) => newImage !== oldImage).map((newImage) => ({
      ...(oldImage && { oldImage }),
      ...(newImage && { newImage }),
    })),
  );
  const thing = (kind: string): Image => ({ id: { S: 'a' }, kind: { S: kind } });
  CHANGES.push(
    { newImage: thing('note'), table: 'Things' },
    { oldImage: thing('task'), newImage: thing('note'), table: 'Things' },
    { oldImage: thing('note'), newImage: thing('task'), table: 'Things' },
  );

  test('for every change and subscription: who is owed it, and the payload to the byte', async () => {
    const relay = relayOf();
    await relay.connect('c');
    for (const [index, query] of QUERIES.entries()) await relay.subscribe('c', String(index), query);
    const outcomes = { owed: 0, not: 0 };
    for (const images of CHANGES) {
      const record = todoRecord(relay.clock.now(), images);
      const decoded = decodeRecord(record);
      if (!decoded.ok) throw new Error(decoded.detail);
      const before = relay.frames('c').length;
      await relay.deliver([record]);
      const delivered = new Map(
        relay
          .frames('c')
          .slice(before)
          .map(({ id, payload }) => [id, JSON.stringify(payload)]),
      );
      for (const [index, query] of QUERIES.entries()) {
        const explanation = await explainChange(relay.context, {
          change: decoded.change,
          subscription: read(relay, query),
        });
        expect({ query, images, owed: explanation.owed }).toEqual({
          query,
          images,
          owed: delivered.has(String(index)),
        });
        if (!explanation.owed) {
          outcomes.not += 1;
          continue;
        }
        outcomes.owed += 1;
        expect(JSON.stringify(explanation.payload?.payload)).toBe(delivered.get(String(index)));
        expect(explanation.lookups.some(({ foundBy }) => foundBy.length > 0)).toBe(true);
      }
    }
    expect(Math.min(outcomes.owed, outcomes.not)).toBeGreaterThan(30);
  });
});

test('a request that a subscribe would refuse is refused in the same words', async () => {
  const relay = relayOf();
  const refusals = [
    '{ listTodos { items { id } } }',
    'subscription { onCreateTodo(filter: {id: {between: ["b", "a"]}}) { id } }',
  ];
  for (const query of refusals) {
    const reading = readSubscription(relay.context.model, { query });
    await relay.connect('c');
    const told = await relay.subscribe('c', '1', query);
    expect(reading).toEqual({ ok: false, errors: expect.any(Array) });
    if (query.startsWith('subscription'))
      expect(told).toMatchObject({ payload: 'errors' in reading ? reading.errors : [] });
  }
});
