import { kindOf } from '../errors.ts';
import { normaliseDecimal } from '../filter/decimal.ts';
import type { Attribute, Image } from './change.ts';
import { isPlainObject } from './plain-object.ts';

/** An image, or in words what was expected and what came; the words hold no attribute values. */
export type ReadImage =
  | { readonly ok: true; readonly image: Image }
  | { readonly ok: false; readonly detail: string };

/**
 * How deep values may nest, the top-level attributes being level 1. DynamoDB stores 32 levels (measured on
 * DynamoDB Local: 31 lists around a string are taken, 32 refused); twice that never refuses an image that was
 * legal to write, and keeps the recursion far from the end of the stack.
 */
const MAX_LEVELS = 64;

const NUMBER = 'the text of a number of at most 38 digits';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Attribute names may be 64 KB; a message shows this many characters of one. */
const SHOWN_NAME_LENGTH = 64;

/**
 * Normalises one image (`Keys`, `NewImage`, `OldImage`) of a stream record, as Lambda or the SDK gives it, and checks
 * every value in it. Never throws for plain data, however deep or wrong.
 *
 * The AWS SDK's JSON deserialiser (@smithy/core 3.41) hands out an attribute called `__proto__` as an own property
 * whose value is `undefined`: its value is lost before it gets here. Such an attribute is left out, as if it were not
 * stored; anything else undefined is an error.
 */
export function readImage(value: unknown): ReadImage {
  if (!isPlainObject(value)) {
    return { ok: false, detail: `expected an object of attribute values, got ${kindOf(value)}` };
  }
  const image: Record<string, Attribute> = Object.create(null);
  for (const name of Object.keys(value)) {
    if (isLostByTheSdk(name, value[name])) continue;
    const attribute = readAttribute(value[name], 1);
    if (typeof attribute === 'string') {
      return { ok: false, detail: `attribute ${shown(name)}: ${attribute}` };
    }
    image[name] = attribute;
  }
  return { ok: true, image };
}

/** The attribute, or in words what is wrong with it. */
function readAttribute(value: unknown, level: number): Attribute | string {
  if (level > MAX_LEVELS) return `expected at most ${MAX_LEVELS} levels of nesting, got more`;
  if (!isPlainObject(value)) return misfit('an attribute value (an object)', value, level);
  const members = Object.keys(value);
  const type = members[0];
  if (type === undefined || members.length > 1) {
    return `expected exactly one data type, got ${members.length}${at(level)}`;
  }
  const content = value[type];
  switch (type) {
    case 'S':
      return typeof content === 'string' ? { S: content } : misfit('S to be a string', content, level);
    case 'N': {
      const number = readNumber(content);
      return number === undefined ? misfit(`N to be ${NUMBER}`, content, level) : { N: number };
    }
    case 'BOOL':
      return typeof content === 'boolean'
        ? { BOOL: content }
        : misfit('BOOL to be a boolean', content, level);
    case 'NULL':
      return content === true ? { NULL: true } : misfit('NULL to be true', content, level);
    case 'B': {
      const base64 = readBinary(content);
      return base64 === undefined ? misfit('B to be bytes or base64 text', content, level) : { B: base64 };
    }
    case 'SS': {
      const strings = readSet(content, (one) => (typeof one === 'string' ? one : undefined));
      return strings ? { SS: strings } : misfit('SS to be a list of strings', content, level);
    }
    case 'NS': {
      const numbers = readSet(content, readNumber);
      return numbers ? { NS: numbers } : misfit(`NS to be a list, each ${NUMBER}`, content, level);
    }
    case 'BS': {
      const binaries = readSet(content, readBinary);
      return binaries ? { BS: binaries } : misfit('BS to be a list of bytes or base64 texts', content, level);
    }
    case 'L':
      return readList(content, level);
    case 'M':
      return readMap(content, level);
    default:
      return `expected one of the data types S, N, B, BOOL, NULL, SS, NS, BS, L, M, got another${at(level)}`;
  }
}

function readList(content: unknown, level: number): Attribute | string {
  if (!Array.isArray(content)) return misfit('L to be a list', content, level);
  const list: Attribute[] = [];
  // By index, so that a hole is seen as the undefined it is.
  for (let index = 0; index < content.length; index += 1) {
    const element = readAttribute(content[index], level + 1);
    if (typeof element === 'string') return element;
    list.push(element);
  }
  return { L: list };
}

function readMap(content: unknown, level: number): Attribute | string {
  if (!isPlainObject(content)) return misfit('M to be an object of attribute values', content, level);
  const map: Record<string, Attribute> = Object.create(null);
  for (const name of Object.keys(content)) {
    if (isLostByTheSdk(name, content[name])) continue;
    const member = readAttribute(content[name], level + 1);
    if (typeof member === 'string') return member;
    map[name] = member;
  }
  return { M: map };
}

function readSet(content: unknown, readOne: (one: unknown) => string | undefined): string[] | undefined {
  if (!Array.isArray(content)) return undefined;
  const set: string[] = [];
  for (let index = 0; index < content.length; index += 1) {
    const one = readOne(content[index]);
    if (one === undefined) return undefined;
    set.push(one);
  }
  return set;
}

/** Lambda gives base64 text, the SDK bytes. */
function readBinary(content: unknown): string | undefined {
  if (typeof content === 'string') {
    return content.length % 4 === 0 && BASE64.test(content) ? content : undefined;
  }
  if (!ArrayBuffer.isView(content)) return undefined;
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('base64');
}

/**
 * One text for one number, as DynamoDB gives top-level numbers. Nested ones come from DynamoDB Local as each writer
 * spelled them: `+5`, `.5`, `5.`, `1E+2`, `0.10`.
 */
function readNumber(content: unknown): string | undefined {
  return typeof content === 'string' ? normaliseDecimal(content) : undefined;
}

function isLostByTheSdk(name: string, content: unknown): boolean {
  return content === undefined && name === '__proto__';
}

function misfit(expected: string, came: unknown, level: number): string {
  // A string that will not do is told by its kind alone: it may be somebody's data.
  const got = typeof came === 'string' ? 'other text' : came === false ? 'false' : kindOf(came);
  return `expected ${expected}, got ${got}${at(level)}`;
}

function at(level: number): string {
  return level === 1 ? '' : ` at nesting level ${level}`;
}

function shown(name: string): string {
  return JSON.stringify(name.length > SHOWN_NAME_LENGTH ? `${name.slice(0, SHOWN_NAME_LENGTH)}…` : name);
}
