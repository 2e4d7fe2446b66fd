import type { AttributeValue } from 'aws-lambda';
import type { SeededRandom } from '../../../src/testing/random.ts';
import type { ItemImage } from './records.ts';

/** What a subscriber must see of an odd item. */
export type Seen =
  /** The field has exactly this value. */
  | { readonly field: string; readonly value: unknown }
  /** The field is null, and an error names it. */
  | { readonly misfit: string }
  /** A stand-in that says it was too large. */
  | 'too large';

/** An item that DynamoDB may hold and that trips what is written carelessly. */
export interface OddItem {
  readonly kind: string;
  readonly image: ItemImage;
  readonly seen: Seen;
}

type Make = (random: SeededRandom, secret: string) => Omit<OddItem, 'kind'>;

const digits = (random: SeededRandom, count: number) =>
  Array.from({ length: count }, () => String(1 + random.integer(9))).join('');
const bytes = (random: SeededRandom, count: number) =>
  Buffer.from(Array.from({ length: count }, () => random.integer(256))).toString('base64');
const nested = (levels: number, inner: AttributeValue, wrap: (value: AttributeValue) => AttributeValue) => {
  let value = inner;
  for (let level = 1; level < levels; level += 1) value = wrap(value);
  return value;
};
const one = (name: string, value: AttributeValue): ItemImage => Object.fromEntries([[name, value]]);
const kept = (field: string, value: AttributeValue, seen: unknown, attribute = field) => ({
  image: one(attribute, value),
  seen: { field, value: seen },
});
const misfit = (field: string, value: AttributeValue) => ({
  image: one(field, value),
  seen: { misfit: field },
});

const NUMBERS: readonly (readonly [kind: string, make: Make])[] = [
  ['38 digits', (random) => same('exact', digits(random, 38))],
  ['38 digits, negative', (random) => same('exact', `-${digits(random, 38)}`)],
  ['38 digits after the point', (random) => same('exact', `0.${digits(random, 38)}`)],
  ['the smallest number', () => kept('exact', { N: '1E-130' }, `0.${'0'.repeat(129)}1`)],
  [
    'the greatest number',
    () => kept('exact', { N: `9.${'9'.repeat(37)}E+125` }, '9'.repeat(38) + '0'.repeat(88)),
  ],
  ['an exponent', (random) => spelled(random, ['1E+2', '1e2', '100', '+100', '100.'], '100')],
  ['a bare point', (random) => spelled(random, ['.5', '+.5', '0.50', '5E-1'], '0.5')],
  ['minus nought', (random) => spelled(random, ['-0', '0', '0.00', '0E5'], '0')],
  ['beyond 2^53 as Int', (random) => misfit('whole', { N: `9${digits(random, 17)}` })],
  ['a fraction as Int', () => misfit('whole', { N: '1.5' })],
  ['a fraction finer than a double as Int', () => misfit('whole', { N: `1.${'0'.repeat(30)}1` })],
  ['a double', () => kept('double', { N: '0.1' }, 0.1)],
  ['the greatest as a double', () => kept('double', { N: '9.9E+125' }, 9.9e125)],
  ['a set of 38 digits each', (random) => list(random, 'numbers', 'NS', () => digits(random, 38))],
  ['NaN as text', (random) => same('text', random.pick(['NaN', 'Infinity', 'null', 'undefined', '1e999']))],
];

const TEXTS: readonly (readonly [kind: string, make: Make])[] = [
  ['an empty text', () => same('text', '')],
  ['null bytes', (_, secret) => same('text', `\u0000${secret}\u0000`)],
  ['a lone high surrogate', (_, secret) => same('text', `${secret}\ud83d`)],
  ['a lone low surrogate', (_, secret) => same('text', `\ude00${secret}`)],
  ['quotes, backslashes, line ends', (_, secret) => same('text', `"\\\n\r\t\u2028\u2029</${secret}>`)],
  ['emoji and scripts', (_, secret) => same('text', `👩‍👩‍👧‍👦 سلام ${secret} ฉัน 𝒳`)],
  ['400 KB of text', (_, secret) => ({ image: one('text', { S: big(secret, 400_000) }), seen: 'too large' })],
  ['400 KB of quotes', () => ({ image: one('text', { S: '"'.repeat(399_000) }), seen: 'too large' })],
  ['a map where a text is declared', (_, secret) => misfit('text', { M: { a: { S: secret } } })],
  ['a text where a number is declared', (_, secret) => misfit('exact', { S: secret })],
  ['a text where a boolean is declared', (_, secret) => misfit('flag', { S: secret })],
  ['a text where a list is declared', (_, secret) => misfit('texts', { S: secret })],
  ['a list of the wrong elements', () => misfit('texts', { L: [{ S: 'a' }, { BOOL: true }] })],
];

const OTHERS: readonly (readonly [kind: string, make: Make])[] = [
  ['binary', (random) => binary(bytes(random, 1 + random.integer(60)))],
  ['empty binary', () => binary('')],
  ['a set of binaries', (random) => list(random, 'binaries', 'BS', () => bytes(random, 9))],
  ['a set of texts', (random, secret) => list(random, 'texts', 'SS', (n) => `${secret}${n}`)],
  ['an empty set', () => kept('texts', { SS: [] }, [])],
  ['a set that holds an empty text', () => kept('texts', { SS: [''] }, [''])],
  ['booleans', (random) => boolean(random.chance(0.5))],
  ['NULL', () => kept('text', { NULL: true }, null)],
  ['an empty map', () => kept('json', { M: {} }, '{}')],
  ['an empty list', () => kept('json', { L: [] }, '[]')],
  ['a list of every type', () => everyType()],
  [
    '20 000 elements',
    () => kept('json', { L: Array(20_000).fill({ N: '7' }) }, `[${Array(20_000).fill(7)}]`),
  ],
  ['lists 32 deep', () => deepLists(31)],
  ['maps 60 deep', () => deepMaps(60)],
  [
    '__proto__ in a map',
    (_, secret) => kept('json', { M: one('__proto__', { S: secret }) }, `{"__proto__":"${secret}"}`),
  ],
  ['an attribute __proto__', (_, secret) => kept('proto', { S: secret }, secret, '__proto__')],
  [
    'an attribute __proto__ that is a map',
    (_, secret) => ({
      image: one('__proto__', { M: one('text', { S: secret }) }),
      seen: { misfit: 'proto' },
    }),
  ],
  ['an attribute constructor', (_, secret) => kept('maker', { S: secret }, secret, 'constructor')],
  [
    'attributes called like methods',
    (_, secret) => ({
      image: Object.fromEntries(
        ['toString', 'hasOwnProperty', 'then', 'toJSON'].map((n) => [n, { S: secret }]),
      ),
      seen: { field: 'text', value: null },
    }),
  ],
  ['an attribute without a name', (_, secret) => ({ image: one('', { S: secret }), seen: ABSENT })],
  ['a name of 60 KB', (_, secret) => ({ image: one('n'.repeat(60_000), { S: secret }), seen: ABSENT })],
  ['no attributes but the key', () => ({ image: {}, seen: ABSENT })],
];

const ABSENT: Seen = { field: 'text', value: null };

/** Every kind there is. */
export const ODD_KINDS = [...NUMBERS, ...TEXTS, ...OTHERS];

/** One of a kind, by its place in {@link ODD_KINDS}. `secret` is put wherever the kind has room for a text. */
export function oddItem(place: number, random: SeededRandom, secret: string): OddItem {
  const entry = ODD_KINDS[place % ODD_KINDS.length];
  if (!entry) throw new RangeError(`expected a place from 0, got ${place}`);
  const [kind, make] = entry;
  return { kind, ...make(random, secret) };
}

function same(field: 'text' | 'exact', text: string) {
  return kept(field, field === 'text' ? { S: text } : { N: text }, text);
}

function spelled(random: SeededRandom, spellings: readonly string[], canonical: string) {
  return kept('exact', { N: random.pick(spellings) }, canonical);
}

function binary(base64: string) {
  return kept('binary', { B: base64 }, base64);
}

function boolean(value: boolean) {
  return kept('flag', { BOOL: value }, value);
}

function list(random: SeededRandom, field: string, type: 'SS' | 'NS' | 'BS', element: (n: number) => string) {
  const elements = Array.from({ length: 1 + random.integer(5) }, (_, n) => element(n));
  return kept(field, setOf(type, elements), elements);
}

function everyType() {
  const L: AttributeValue[] = [
    { S: 'ä' },
    { N: '-12.50' },
    { BOOL: false },
    { NULL: true },
    { B: 'AAEC' },
    { SS: ['a', 'b'] },
    { NS: ['1', '2E1'] },
    { BS: ['/w=='] },
    { L: [{ M: {} }] },
  ];
  return kept('json', { L }, '["ä",-12.5,false,null,"AAEC",["a","b"],[1,20],["/w=="],[{}]]');
}

function deepLists(levels: number) {
  const value = nested(levels, { L: [] }, (inner) => ({ L: [inner] }));
  return kept('json', value, '['.repeat(levels) + ']'.repeat(levels));
}

function deepMaps(levels: number) {
  const value = nested(levels, { M: {} }, (inner) => ({ M: { m: inner } }));
  return kept('json', value, `${'{"m":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`);
}

function big(secret: string, length: number): string {
  return secret.padEnd(length, 'あ'.repeat(1_000));
}

function setOf(type: 'SS' | 'NS' | 'BS', elements: string[]): AttributeValue {
  if (type === 'SS') return { SS: elements };
  return type === 'NS' ? { NS: elements } : { BS: elements };
}
