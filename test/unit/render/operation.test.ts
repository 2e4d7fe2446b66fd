import { describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { readOperation } from '../../../src/render/operation.ts';
import { prepareDocument } from '../../../src/render/render.ts';
import { loadModel } from '../../../src/schema/load.ts';

const model = loadModel(
  `type Todo @table(name: "Todos") { id: ID! title: String! priority: Int owner: Person friends: [Person] }
   type Person { name: String age: Int boss: Person }`,
  { file: 'schema.graphql' },
);

function read(query: string, variables: Record<string, unknown> = {}, limits = DEFAULT_LIMITS) {
  const result = readOperation(model, { query, variables }, limits);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.operation;
}
const documentOf = (query: string, variables?: Record<string, unknown>, limits = DEFAULT_LIMITS) =>
  read(query, variables, limits).document;
const errorsOf = (query: string, variables: Record<string, unknown> = {}) => {
  const result = readOperation(model, { query, variables });
  return result.ok ? [] : result.errors;
};

describe('the stored document', () => {
  test.each([
    ['arguments, names and blanks', 'subscription Named { onCreateTodo(priority: 1) { id, title } }'],
    [
      'variables that only arguments use',
      'subscription ($p: Int = 3) { onCreateTodo(priority: $p) { id title } }',
    ],
    [
      'fragments',
      'subscription { ...R } fragment R on Subscription { onCreateTodo { id ...T } } fragment T on Todo { title }',
    ],
    ['inline fragments', 'subscription { onCreateTodo { ... { id } ... on Todo { title } } }'],
    ['repetition', 'subscription { onCreateTodo { id title id } onCreateTodo { title } }'],
    [
      'decided directives',
      'subscription ($n: Boolean!) { onCreateTodo { id @skip(if: $n) title priority @include(if: $n) } }',
    ],
  ])('is the same whatever the %s', (_, query) => {
    expect(documentOf(query, { n: false })).toBe('subscription{onCreateTodo{id title}}');
  });

  test('aliases and the order of fields are part of it', () => {
    expect(documentOf('subscription { made: onCreateTodo { t: title id } }')).toBe(
      'subscription{made:onCreateTodo{t:title id}}',
    );
    expect(read('subscription { made: onCreateTodo { id } }').responseKey).toBe('made');
  });

  test('what is asked for twice below one field is joined', () => {
    const query = `subscription { onCreateTodo { owner { name ...B } owner { age boss { age } name } } }
      fragment B on Person { boss { name } }`;
    expect(documentOf(query)).toBe('subscription{onCreateTodo{owner{name boss{name age}age}}}');
  });

  test('fragments that double at every level do not grow it, and what was accepted can be served', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `fragment F${level} on Person { boss { ...F${level + 1} } boss { ...F${level + 1} } }`,
    );
    const document = documentOf(
      `subscription { onCreateTodo { owner { ...F0 } } } ${levels.join(' ')} fragment F9 on Person { name age }`,
      {},
      { ...DEFAULT_LIMITS, documentDepth: 16 },
    );
    expect(document.length).toBeLessThan(150);
    expect(prepareDocument(model, document)).toMatchObject({ ok: true });
  });

  test('a field asked for hundreds of times is accepted and can be served', () => {
    const query = `subscription { onCreateTodo { owner { ${'...P '.repeat(10)} } } } fragment P on Person { ${'name '.repeat(300)} }`;
    expect(prepareDocument(model, documentOf(query))).toMatchObject({ ok: true });
  });

  test.each([
    ['the item', 'subscription ($no: Boolean!) { onCreateTodo { id @include(if: $no) } }'],
    [
      'a nested object',
      'subscription ($no: Boolean!) { onCreateTodo { owner { name @include(if: $no) } owner { age @include(if: $no) } } }',
    ],
    [
      'a fragment',
      'subscription ($no: Boolean!) { onCreateTodo { ...T @include(if: $no) } } fragment T on Todo { id }',
    ],
  ])('with every field of %s left out by variable it is a document all the same', (_, query) => {
    expect(prepareDocument(model, documentOf(query, { no: false }))).toMatchObject({ ok: true });
  });

  test('one part left out does not hide the other', () => {
    const query =
      'subscription ($no: Boolean!) { onCreateTodo { owner { name @include(if: $no) } owner { age } } }';
    expect(documentOf(query, { no: false })).toBe('subscription{onCreateTodo{owner{age}}}');
  });

  test('names like __proto__ are names', () => {
    expect(documentOf('subscription { __proto__: onCreateTodo { constructor: id __proto__: title } }')).toBe(
      'subscription{__proto__:onCreateTodo{constructor:id __proto__:title}}',
    );
  });
});

describe('the root field', () => {
  test.each([
    ['@include', 'subscription ($v: Boolean!) { onCreateTodo @include(if: $v) { id } }'],
    [
      '@skip, of another one',
      'subscription ($v: Boolean!) { onDeleteTodo @skip(if: $v) { id } onCreateTodo { id } }',
    ],
    ['a fragment', 'subscription ($v: Boolean = false) { ... @include(if: $v) { onCreateTodo { id } } }'],
  ])('may hang on a variable by %s', (_, query) => {
    expect(read(query, { v: true }).field.name).toBe('onCreateTodo');
  });

  test.each([
    ['none of them', 'subscription ($v: Boolean!) { onCreateTodo @skip(if: $v) { id } }', 'got 0'],
    [
      'two of them',
      'subscription ($v: Boolean!) { onCreateTodo @include(if: $v) { id } onDeleteTodo { id } }',
      'got 2',
    ],
  ])('%s left by variables is refused for what it is', (_, query, words) => {
    expect(errorsOf(query, { v: true })).toEqual([
      { message: expect.stringContaining(words), extensions: { code: 'BAD_REQUEST' } },
    ]);
  });

  test.each([
    ['subscription { onCreateTodo @skip(if: "x") { id } }', 'Boolean'],
    ['subscription { onCreateTodo @include { id } }', 'required'],
    ['subscription { __typename }', 'introspection'],
    ['subscription { __schema { types { name } } }', '__schema'],
    ['subscription ($v: Boolean!) { __typename @include(if: $v) }', ''],
  ])('%s is refused, not stumbled over', (query, words) => {
    const errors = errorsOf(query, { v: true });
    expect(errors.map(({ message }) => message).join()).toContain(words);
    expect(errors[0]?.extensions?.['code']).toMatch(/^(GRAPHQL_VALIDATION_FAILED|BAD_REQUEST)$/);
  });
});

describe('arguments', () => {
  test('default values stand in, an explicit null stays null, what was not given is absent', () => {
    const query =
      'subscription ($a: Int = 3, $b: String, $c: ID) { onCreateTodo(priority: $a, title: $b, id: $c) { id } }';
    expect(read(query, { b: null }).arguments).toEqual(
      new Map<string, unknown>([
        ['priority', 3],
        ['title', null],
      ]),
    );
  });

  test.each([
    'subscription { onCreateTodo { titel } }',
    'subscription { onCreateTod { id } }',
    'subscription { onCreateTodo(titel: "x") { id } }',
    'subscription { onCreateTodo { ...F } } fragment F on Tdo { id }',
    'subscription { onCreateTodo(filter: {titel: {eq: "x"}}) { id } }',
  ])('%s is refused without a suggestion, which would tell the schema', (query) => {
    const text = JSON.stringify(errorsOf(query));
    expect(text).toContain('GRAPHQL_VALIDATION_FAILED');
    expect(text).not.toContain('Did you mean');
  });

  test('a variable’s misspelt input field gets no suggestion either', () => {
    const query = 'subscription ($f: TableTodoFilterInput) { onCreateTodo(filter: $f) { id } }';
    const text = JSON.stringify(errorsOf(query, { f: { titel: { eq: 'x' } } }));
    expect(text).toContain('titel');
    expect(text).not.toContain('Did you mean');
  });
});

test.each([
  [
    'subscription { onCreateTodo { id } }',
    'operationName: expected none, as the document\'s only operation has no name, got "B"',
  ],
  [
    'subscription A { onCreateTodo { id } }',
    'operationName: expected "A", the document\'s only operation, got "B"',
  ],
])('an operationName that names no operation is told which there is: %s', (query, message) => {
  const result = readOperation(model, { query, variables: {}, operationName: 'B' });
  expect(result).toMatchObject({ ok: false, errors: [{ message }] });
});
