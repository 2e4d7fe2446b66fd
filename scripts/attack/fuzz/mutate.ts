import type { SeededRandom } from '../../../src/testing/random.ts';
import { ALL_FRAMES, OPERATIONS } from './corpus.ts';

/** Names that reach into what every object inherits, where somebody reads them without looking. */
export const PROTOTYPE_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
];

const nested = (depth: number): unknown => {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

/** Values nobody expects in the place of another. */
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  7,
  1e308,
  0.1,
  2 ** 53,
  '',
  ' ',
  '0',
  '\u0000',
  '\ud800',
  '\udfff\ud800',
  '\u202e\ufeffe\u0301',
  'x'.repeat(257),
  'あ'.repeat(86),
  '💥'.repeat(3_000),
  [],
  {},
  [null],
  [[]],
  { '': '' },
  nested(20),
  nested(31),
  nested(40),
  ...PROTOTYPE_NAMES,
  'connection_init',
  'subscribe',
  'start',
  'complete',
  'stop',
  'ping',
  'connection_ack',
  'next',
  'ka',
];

/** Bits of GraphQL, and of what is none. */
const PIECES = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '!',
  ':',
  '@',
  '$',
  '...',
  '"',
  '"""',
  '\\',
  '#',
  '&',
  '|',
  '=',
  ',',
  '\ufeff',
  '\u0000',
  'subscription',
  'mutation',
  'query',
  'fragment F on Todo { id ...F }',
  '__typename',
  '__schema { types { name } }',
  '@skip(if: true)',
  '@include(if: $t)',
  'id: id',
  'onCreateTodo { id }',
  '...on Todo{'.repeat(40),
  '{a'.repeat(500),
  'and: [{}]',
  'in: []',
  '1e999',
  '-0',
  'null',
  '$'.repeat(50),
];

/** One frame: random bytes, JSON that is no message, or a message with something wrong in it. Now and then a right one. */
export function hostileFrame(random: SeededRandom, frames: readonly object[]): string {
  const kind = random.integer(100);
  if (kind < 4) return noise(random);
  if (kind < 7) return JSON.stringify(random.pick(VALUES)) ?? 'undefined';
  if (kind < 8) return '['.repeat(1 + random.integer(14_000));
  const frame = structuredClone(random.chance(0.8) ? random.pick(frames) : random.pick(ALL_FRAMES));
  for (let left = random.integer(3); left > 0; left -= 1) mutateTree(random, frame);
  const text = JSON.stringify(frame);
  if (kind < 85) return text;
  if (kind < 90) return duplicated(random, text);
  return mutateText(random, text);
}

/** A request as it is sent over HTTP, with something wrong in it. */
export function hostileBody(random: SeededRandom): string {
  const body = structuredClone(random.pick(OPERATIONS));
  for (let left = random.integer(3); left > 0; left -= 1) mutateTree(random, body);
  const text = random.chance(0.05) ? JSON.stringify([body]) : JSON.stringify(body);
  return random.chance(0.15) ? mutateText(random, text) : text;
}

/** Changes one place of a JSON tree: another value, another name, a name more, or none. */
function mutateTree(random: SeededRandom, root: object): void {
  const places: (readonly [holder: object, key: string])[] = [];
  const walk = (holder: object) => {
    for (const [key, value] of Object.entries(holder)) {
      places.push([holder, key]);
      if (typeof value === 'object' && value !== null) walk(value);
    }
  };
  walk(root);
  if (places.length === 0) return;
  const [holder, key] = random.pick(places);
  const value: unknown = Reflect.get(holder, key);
  switch (random.integer(7)) {
    case 0:
      Reflect.deleteProperty(holder, key);
      break;
    case 1:
      own(holder, random.pick(PROTOTYPE_NAMES), freshValue(random));
      break;
    case 2:
      Reflect.deleteProperty(holder, key);
      own(holder, random.chance(0.5) ? random.pick(PROTOTYPE_NAMES) : `${key}x`, value);
      break;
    case 3:
      if (typeof value === 'string') own(holder, key, pieced(random, value));
      else own(holder, key, freshValue(random));
      break;
    case 4:
      own(holder, key, [value, structuredClone(value)]);
      break;
    case 5:
      own(holder, key, typeof value === 'string' ? Number.parseFloat(value) || 0 : random.integer(10));
      break;
    default:
      own(holder, key, freshValue(random));
  }
}

/** One of its own: the next change may be made inside it, and what others get must not change with it. */
function freshValue(random: SeededRandom): unknown {
  return structuredClone(random.pick(VALUES));
}

/** Sets an own property whatever its name: assigning to `__proto__` would do something else. */
function own(holder: object, key: string, value: unknown): void {
  Reflect.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function pieced(random: SeededRandom, text: string): string {
  const at = random.integer(text.length + 1);
  const cut = random.chance(0.3) ? random.integer(8) : 0;
  return text.slice(0, at) + (random.chance(0.8) ? random.pick(PIECES) : '') + text.slice(at + cut);
}

/** A key that comes twice: the last one counts, in JSON.parse and so everywhere. */
function duplicated(random: SeededRandom, text: string): string {
  const name = random.pick(['id', 'type', 'payload', '__proto__', 'query']);
  return text.replace(/\}$/, `,${JSON.stringify(name)}:${JSON.stringify(random.pick(VALUES))}}`);
}

function mutateText(random: SeededRandom, text: string): string {
  const at = random.integer(text.length + 1);
  switch (random.integer(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text + text;
    case 2:
      return text.slice(0, at) + String.fromCharCode(random.integer(0x1_0000)) + text.slice(at + 1);
    case 3:
      return ` \n\ufeff${text}`;
    default:
      return text.slice(0, at) + text.slice(at + 1 + random.integer(5));
  }
}

function noise(random: SeededRandom): string {
  const length = random.integer(random.chance(0.1) ? 40_000 : 60);
  return Array.from({ length }, () =>
    String.fromCharCode(random.integer(random.chance(0.5) ? 0x80 : 0x1_0000)),
  ).join('');
}
