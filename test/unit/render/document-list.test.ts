import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { checkDocumentList } from '../../../src/render/allowed-document.ts';
import { readDocumentList } from '../../../src/render/document-list.ts';
import { loadModel } from '../../../src/schema/load.ts';

const SELECT = 'subscription Made { onCreateTodo { id title } }';
const LIST = 'query All { listTodos { items { id } } }';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const listOf = (value: unknown) => readDocumentList(JSON.stringify(value), 'documents.json');

const manifest = (operations: unknown) => ({
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations,
});

describe('a list of documents', () => {
  test.each<[string, unknown, string]>([
    ['a list of texts', [SELECT, LIST], sha256(SELECT)],
    ['texts by their hash', { [sha256(SELECT)]: SELECT, [sha256(LIST)]: LIST }, sha256(SELECT)],
    ['texts by ids of another kind', { a1: SELECT, b2: LIST }, 'a1'],
    ['a manifest of Apollo', manifest([{ id: 'x', name: 'Made', type: 'subscription', body: SELECT }]), 'x'],
  ])('%s finds a document by its id, its hash and its text', (_, value, id) => {
    const list = listOf(value);
    for (const name of [id, sha256(SELECT), `sha256:${sha256(SELECT)}`]) expect(list.byId(name)).toBe(SELECT);
    expect(list.has(SELECT)).toBe(true);
    for (const name of ['', 'constructor', '__proto__', 'toString', sha256(`${SELECT} `)]) {
      expect(list.byId(name)).toBeUndefined();
    }
  });

  test('a text is listed whatever GraphQL ignores in it, and in no other way', () => {
    const list = listOf([SELECT]);
    expect(list.has(' subscription  Made{onCreateTodo{id,title}} # made')).toBe(true);
    expect(list.has('subscription Made { onCreateTodo { title id } }')).toBe(false);
    expect(list.has('subscription Other { onCreateTodo { id title } }')).toBe(false);
    expect(list.has('subscription Made { onCreateTodo { id title memo } }')).toBe(false);
    expect(list.has(`${SELECT} ${LIST}`)).toBe(false);
    expect(list.has('subscription Made { onCreateTodo { id title } "')).toBe(false);
    expect(list.has('')).toBe(false);
  });

  test.each<[unknown, string]>([
    [
      'text',
      'documents.json: expected a list of documents, an object of id to document, or a manifest, got string',
    ],
    [[7], 'documents.json[0]: expected the text of a document, got number'],
    [{ a: '' }, 'documents.json "a": expected the text of a document, got an empty text'],
    [
      manifest([{ name: 'A', body: LIST }]),
      'documents.json operations[0].id: expected a text, got undefined',
    ],
    [
      manifest([
        { id: 'x', body: LIST },
        { id: 'x', body: SELECT },
      ]),
      'documents.json "x": expected one document, got two',
    ],
  ])('%j is refused', (value, message) => {
    expect(() => listOf(value)).toThrow(message);
  });

  test('what is no JSON is refused', () => {
    expect(() => readDocumentList('{', 'documents.json')).toThrow(
      'documents.json: expected JSON text, got something else',
    );
  });
});

describe('held against the schema and the limits', () => {
  const model = loadModel('type Todo @table(name: "Todos") { id: ID! title: String }', { file: 's.graphql' });
  const check = (value: unknown, limits = DEFAULT_LIMITS) =>
    checkDocumentList(model, listOf(value), limits, 'documents.json');

  test('what fits is taken, a directive on the root of a subscription among it', () => {
    check([SELECT, LIST, 'subscription ($v: Boolean!) { onCreateTodo @include(if: $v) { id } }']);
  });

  test('each that does not fit is named', () => {
    expect(() =>
      check(
        { good: LIST, bad: '{ nobody }', worse: '{ listTodos {', deep: LIST },
        { ...DEFAULT_LIMITS, documentDepth: 2 },
      ),
    ).toThrow(
      [
        'documents.json "good": Document: expected at most 2 levels of selections, its fragments inlined, got 3',
        'documents.json "bad": Cannot query field "nobody" on type "Query".',
        'documents.json "worse": Syntax Error: Expected Name, found <EOF>.',
        'documents.json "deep": Document: expected at most 2 levels of selections, its fragments inlined, got 3',
      ].join('\n'),
    );
    expect(() => check(manifest([{ id: '1', name: 'Wrong', body: '{ nobody }' }]))).toThrow(
      'documents.json Wrong: Cannot query field',
    );
  });
});
