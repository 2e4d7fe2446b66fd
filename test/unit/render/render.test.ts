import { describe, expect, test } from '@jest/globals';
import {
  confirmationPayload,
  failedPayload,
  type PayloadExtensions,
  prepareDocument,
  renderPayload,
  tooLargePayload,
} from '../../../src/render/render.ts';
import { loadModel } from '../../../src/schema/load.ts';

const model = loadModel(
  'type Todo @table(name: "Todos") { id: ID! title: String! priority: Int owner: Person } type Person { name: String! }',
  { file: 'schema.graphql' },
);
const EXTENSIONS: PayloadExtensions = {
  eventId: 'e',
  sequenceNumber: '1',
  approximateCreationTime: '2026-11-22T07:15:30.000Z',
};

function prepared(text: string) {
  const preparation = prepareDocument(model, text);
  if (!preparation.ok) throw new Error(preparation.message);
  return preparation.prepared;
}
/** As the decoder makes images: without a prototype. */
const bare = (entries: object) => Object.assign(Object.create(null), entries);
const render = async (text: string, source: unknown): Promise<unknown> =>
  JSON.parse(await renderPayload(model, prepared(text), source, EXTENSIONS));

describe('payloads', () => {
  test('hold the selection and nothing beside it', async () => {
    const image = bare({ id: { S: 'a' }, title: { S: 'ねこ' }, secret: { S: 'CANARY' } });
    expect(await render('subscription{made:onCreateTodo{__typename id t:title}}', image)).toEqual({
      data: { made: { __typename: 'Todo', id: 'a', t: 'ねこ' } },
      extensions: EXTENSIONS,
    });
  });

  test('an emptied selection is an empty object', async () => {
    expect(
      await render('subscription{onCreateTodo{__typename@skip(if:true)}}', bare({ id: { S: 'a' } })),
    ).toEqual({
      data: { onCreateTodo: {} },
      extensions: EXTENSIONS,
    });
  });

  test('data is never null, however deep a null of a non-null field came from', async () => {
    const payload = await render(
      'subscription{onCreateTodo{id title owner{name}}}',
      bare({ id: { S: 'a' }, title: { NULL: true }, owner: { M: bare({}) } }),
    );
    expect(payload).toMatchObject({
      data: { onCreateTodo: null },
      errors: expect.arrayContaining([expect.objectContaining({ path: ['onCreateTodo', 'title'] })]),
    });
  });

  test('a misfit is told without its value and without places in a document the client never saw', async () => {
    const payload = await render(
      'subscription{onCreateTodo{id priority}}',
      bare({ id: { S: 'a' }, priority: { S: 'CANARY' } }),
    );
    expect(JSON.stringify(payload)).not.toMatch(/CANARY|locations/);
    expect(payload).toMatchObject({ data: { onCreateTodo: { id: 'a', priority: null } } });
  });

  test('a source of null leaves the field null', async () => {
    expect(await render('subscription{onCreateTodo{id}}', null)).toMatchObject({
      data: { onCreateTodo: null },
    });
  });

  test('the stand-ins name the field as the client did, __proto__ included', () => {
    const document = prepared('subscription{__proto__:onCreateTodo{id}}');
    for (const text of [
      tooLargePayload(document, { id: 'a' }, 200_000, 131_072, EXTENSIONS),
      failedPayload(document, EXTENSIONS),
      confirmationPayload(document.responseKey),
    ]) {
      expect(text).toContain('"data":{"__proto__":null}');
    }
  });
});

describe('preparing a stored document', () => {
  test.each([
    ['a field the schema has no more', 'subscription{onCreateTodo{memo}}', 'memo'],
    ['a subscription it has no more', 'subscription{onCreateNote{id}}', 'onCreateNote'],
    ['something else than a document', 'subscription{', 'Syntax Error'],
    ['something else than a field', 'subscription{...on Subscription{onCreateTodo{id}}}', 'one root field'],
  ])('%s is told, not thrown', (_, text, words) => {
    const preparation = prepareDocument(model, text);
    expect(preparation).toEqual({ ok: false, message: expect.stringContaining(words) });
    expect(JSON.stringify(preparation)).not.toContain('Did you mean');
  });
});
