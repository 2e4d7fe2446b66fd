import { describe, expect, test } from '@jest/globals';
import type { Attribute } from '../../../../src/change/change.ts';
import { loadModel } from '../../../../src/schema/load.ts';
import { commentOf, imageOf, itemsWith, key, sdlOf, typeOf } from './sampling.ts';

const todo = (id: string, title: string, priority: number) => ({
  id: { S: id },
  title: { S: title },
  memo: { S: 'できるかな?' },
  priority: { N: String(priority) },
  completed: { BOOL: false },
});

test('the to-do table (SEEDS S1) becomes the type its author would have written', () => {
  const items = [
    todo('L5', 'プロフィールページ作成', 3),
    todo('L6', 'サイドメニュー', 2),
    todo('L7', 'リスト', 3),
  ];
  expect(sdlOf(items)).toBe(`# Table Todos, from all of its 3 items.
type Todo @table(name: "Todos") {
  id: ID!
  completed: Boolean # guessed from 3 of 3 items: BOOL
  memo: String # guessed from 3 of 3 items: S
  priority: Int # guessed from 3 of 3 items: N, whole, 32 bits
  title: String # guessed from 3 of 3 items: S
}
`);
});

test('an empty table has the fields of its keys alone', () => {
  expect(sdlOf([], { table: 'my-app-Todos', partitionKey: key('pk'), sortKey: key('at', 'N') })).toBe(
    `# Table my-app-Todos was empty: these are its keys.
type MyAppTodo @table(name: "my-app-Todos", key: ["pk", "at"]) {
  pk: String!
  at: Decimal! # N; Int! if whole, of 32 bits
}
`,
  );
});

describe('keys are exact', () => {
  test.each([
    ['id', 'ID!'],
    ['ID', 'ID!'],
    ['userId', 'ID!'],
    ['user_id', 'ID!'],
    ['paid', 'String!'],
    ['identity', 'String!'],
    ['pk', 'String!'],
  ])('a partition key %s of type S is %s', (attribute, type) => {
    expect(typeOf(sdlOf([], { partitionKey: key(attribute) }), attribute)).toBe(type);
  });

  test('a sort key is text whatever its name, and no format is read into a key', () => {
    const items = Array.from({ length: 12 }, (_, index) => ({
      day: { S: `2026-01-${index + 10}` },
      userId: { S: `u${index}` },
    }));
    const sdl = sdlOf(items, { partitionKey: key('day'), sortKey: key('userId') });
    expect([typeOf(sdl, 'day'), typeOf(sdl, 'userId')]).toEqual(['String!', 'String!']);
  });

  test.each([
    [['1', '2', '-2147483648'], 'Int!'],
    [['1', '2147483648'], 'Decimal!'],
    [['1.5'], 'Decimal!'],
  ])('a number key seen as %j is %s', (numbers, type) => {
    const items = numbers.map((N) => ({ n: { N } }));
    expect(typeOf(sdlOf(items, { partitionKey: key('n', 'N') }), 'n')).toBe(type);
  });

  test('a binary key is text, and says so', () => {
    const sdl = sdlOf([], { partitionKey: key('hash', 'B') });
    expect([typeOf(sdl, 'hash'), commentOf(sdl, 'hash')]).toEqual([
      'String!',
      'stored as B: given as base64 text',
    ]);
  });

  test('a key of an index that no item has is a field nonetheless', () => {
    const sdl = sdlOf([{ id: { S: '1' } }], { indexKeys: [key('status'), key('rank', 'N')] });
    expect([typeOf(sdl, 'status'), typeOf(sdl, 'rank')]).toEqual(['String', 'Decimal']);
  });
});

const S = (text: string): Attribute => ({ S: text });
const N = (text: string): Attribute => ({ N: text });
const L = (...elements: readonly Attribute[]): Attribute => ({ L: elements });
const M = (members: Readonly<Record<string, Attribute>>): Attribute => ({ M: imageOf(members) });
const twelve = (text: (index: number) => string) => Array.from({ length: 12 }, (_, index) => S(text(index)));

describe('other fields are guessed', () => {
  test.each<[string, readonly Attribute[], string, string]>([
    ['whole numbers of 32 bits', [N('2147483647'), N('-1')], 'Int', 'N, whole, 32 bits'],
    [
      'a whole number beyond',
      [N('1'), N('2147483648')],
      'Decimal',
      'N, whole, beyond 32 bits, up to 10 digits',
    ],
    [
      'fractions a double keeps',
      [N('0.1'), N('12345678901234.5')],
      'Float',
      'N, fractional, up to 15 digits',
    ],
    ['a fraction it does not', [N('0.1234567890123456')], 'Decimal', 'N, fractional, up to 16 digits'],
    [
      'a fraction finer than a double',
      [N(`1.${'0'.repeat(20)}1`)],
      'Decimal',
      'N, fractional, up to 22 digits',
    ],
    ['few texts that look like dates', [S('2026-01-01')], 'String', 'S'],
    ['dates', twelve((i) => `2026-01-${10 + i}`), 'AWSDate', 'S, all dates'],
    ['dates and one that is none', [...twelve((i) => `2026-01-${10 + i}`), S('soon')], 'String', 'S'],
    [
      'dates with time',
      twelve((i) => `2026-01-${10 + i}T08:00:00Z`),
      'AWSDateTime',
      'S, all dates with time and offset',
    ],
    ['digits are no telephone numbers', twelve((i) => `12345${i}`), 'String', 'S'],
    ['telephone numbers', twelve((i) => `+49 30 1234${i}`), 'AWSPhone', 'S, all telephone numbers'],
    ['words with a colon are no URLs', twelve((i) => `order:${i}`), 'String', 'S'],
    ['URLs', twelve((i) => `https://example.com/${i}`), 'AWSURL', 'S, all web addresses'],
    ['booleans, some NULL', [{ BOOL: true }, { NULL: true }], 'Boolean', 'BOOL; NULL in 1'],
    ['nothing but NULL', [{ NULL: true }], 'AWSJSON', 'nothing but NULL'],
    ['text and numbers', [S('a'), N('1'), N('2')], 'String', 'mixed: S in 1, N in 2'],
    ['text and maps', [S('a'), M({})], 'AWSJSON', 'mixed: S in 1, M in 1'],
    ['binary', [{ B: 'AAA=' }], 'String', 'B, given as base64 text'],
    ['a set of text', [{ SS: ['a', 'b'] }], '[String]', 'SS of S'],
    ['a set of numbers', [{ NS: ['1', '2.5'] }], '[Float]', 'NS of N, fractional, up to 2 digits'],
    ['a set of binaries', [{ BS: ['AAA='] }], '[String]', 'BS of B, given as base64 text'],
    ['a list of numbers', [L(N('1')), L(N('2'), N('3'))], '[Int]', 'L of N, whole, 32 bits'],
    ['sets and lists of one type', [L(S('a')), { SS: ['b'] }], '[String]', 'L and SS of S'],
    ['a list of this and that', [L(S('a'), N('1'))], 'AWSJSON', 'L of mixed: S in 1, N in 1'],
    ['a list of lists', [L(L(S('a')))], 'AWSJSON', 'L of L of S'],
    ['empty lists', [L()], 'AWSJSON', 'L, always empty or nested deep'],
    ['empty maps', [M({}), M({})], 'AWSJSON', 'M, always empty'],
    [
      'one map',
      [M({ a: S('x') })],
      'AWSJSON',
      'one M, too few to tell whether its names are always the same',
    ],
    [
      'maps by id',
      Array.from({ length: 9 }, (_, i) => M({ [`u${i}`]: N('1') })),
      'AWSJSON',
      'M whose names differ',
    ],
    [
      'maps by many ids',
      Array.from({ length: 30 }, (_, i) => M({ [`u${i}`]: N('1') })),
      'AWSJSON',
      'M of many different names',
    ],
    ['maps of one shape', [M({ a: S('x') }), M({ a: S('y') })], 'TodoField', 'M of 1 name'],
    [
      'lists of maps of one shape',
      [L(M({ a: S('x') }), M({ a: S('y') }))],
      '[TodoField]',
      'L of M of 1 name',
    ],
  ])('%s', (_, values, type, because) => {
    const sdl = sdlOf(itemsWith('field', values));
    expect([typeOf(sdl, 'field'), commentOf(sdl, 'field')]).toEqual([
      type,
      `guessed from ${values.length} of ${values.length} ${values.length === 1 ? 'item' : 'items'}: ${because}`,
    ]);
    expect(loadModel(sdl).types.get('Todo')?.fields.has('field')).toBe(true);
  });

  test('the comment counts the items that have the attribute, with thousands set apart', () => {
    const items = Array.from({ length: 1_000 }, (_, index) =>
      index < 2 ? { id: S(`${index}`) } : { id: S(`${index}`), n: N('7') },
    );
    const sdl = sdlOf(items, { whole: false });
    expect(commentOf(sdl, 'n')).toBe('guessed from 998 of 1,000 items: N, whole, 32 bits');
    expect(sdl).toContain('# Table Todos, from a sample of 1,000 items.');
    expect(typeOf(sdl, 'n')).toBe('Int');
  });

  test('maps within maps become types of their own, named after where they are', () => {
    const place = M({ city: S('Graz'), at: M({ 'lat-deg': N('47.07'), lon: N('15.44') }) });
    const sdl = sdlOf(itemsWith('address', [place, place]));
    expect(sdl).toContain(`type TodoAddressAt {
  latDeg: Float @attribute(name: "lat-deg") # guessed from 2 of 2 maps: N, fractional, up to 4 digits
  lon: Float # guessed from 2 of 2 maps: N, fractional, up to 4 digits
}`);
    expect(sdl).toContain('\n  at: TodoAddressAt # guessed from 2 of 2 maps: M of 2 names\n');
  });

  test.each(['change', 'connection', 'input', 'item'])(
    'maps in an attribute %s get a type beside those that are generated',
    (name) => {
      const sdl = sdlOf([
        { ...itemsWith(name, [M({ a: S('x') })])[0], [`${name}Input`]: M({ b: S('x') }) },
        { ...itemsWith(name, [M({ a: S('x') })])[0], [`${name}Input`]: M({ b: S('x') }) },
      ]);
      expect(typeOf(sdl, name)).toMatch(/^Todo/);
      expect(typeOf(sdl, `${name}Input`)).toMatch(/^Todo/);
      expect(() => loadModel(sdl)).not.toThrow();
    },
  );
});

test('no value of an item is printed', () => {
  const items = Array.from({ length: 12 }, (_, index) => ({
    id: S(`secret${index}`),
    mail: S(`secret${index}@example.com`),
    nested: M({ secretless: S('secret'), list: L(S('secret'), N('987654321')) }),
    mixed: index % 2 === 0 ? S('secret') : N('987654321'),
  }));
  const sdl = sdlOf(items);
  expect(sdl.replaceAll('secretless', '')).not.toMatch(/secret|987654321|example\.com/);
});
