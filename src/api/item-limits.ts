import type { Attribute, Image } from '../change/change.ts';
import { keyAttributesOf } from '../filter/dynamodb-expression.ts';
import type { TableType } from '../schema/model.ts';

/** Largest item DynamoDB stores: attribute names and values, in bytes. */
export const MAX_ITEM_BYTES = 400 * 1024;
/** Levels of lists and maps DynamoDB stores, the top-level attributes being level 1. */
const MAX_LEVELS = 32;
const MAX_PARTITION_KEY_BYTES = 2_048;
const MAX_SORT_KEY_BYTES = 1_024;
const MAX_NAME_BYTES = 65_535;

/**
 * What of a key DynamoDB would refuse, in words without any value; `undefined` for one it takes.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
export function keyProblem(type: TableType, key: Image): string | undefined {
  for (const [index, attribute] of keyAttributesOf(type).entries()) {
    const name = type.keys[index] ?? attribute;
    const value = key[attribute];
    if (!value) return `${type.name}.${name}: expected a value, as it is a key, got none`;
    const text = 'S' in value ? value.S : undefined;
    if (text === undefined) continue;
    const max = index === 0 ? MAX_PARTITION_KEY_BYTES : MAX_SORT_KEY_BYTES;
    const bytes = Buffer.byteLength(text);
    if (bytes === 0) return `${type.name}.${name}: expected text that is not empty, as it is a key, got ""`;
    if (bytes > max) return `${type.name}.${name}: expected a key of at most ${max} bytes, got ${bytes}`;
  }
  return undefined;
}

/** What of an item, or of attributes to be set, DynamoDB would refuse or the AWS SDK would lose; see `keyProblem`. */
export function imageProblem(type: TableType, image: Image): string | undefined {
  let bytes = 0;
  for (const [name, attribute] of Object.entries(image)) {
    const problem = nameProblem(name) ?? nestingProblem(attribute, 1);
    if (problem !== undefined) return `${type.name}: ${problem}`;
    bytes += Buffer.byteLength(name) + attributeBytes(attribute);
  }
  if (bytes > MAX_ITEM_BYTES) {
    return `${type.name}: expected an item of at most ${MAX_ITEM_BYTES} bytes, got about ${bytes}`;
  }
  return undefined;
}

function nameProblem(name: string): string | undefined {
  // The AWS SDK builds its requests in plain objects, where this name sets the prototype and is no property.
  if (name === '__proto__') return 'expected no attribute called __proto__, got one';
  const bytes = Buffer.byteLength(name);
  if (bytes > 0 && bytes <= MAX_NAME_BYTES) return undefined;
  return `expected attribute names of 1 to ${MAX_NAME_BYTES} bytes, got one of ${bytes}`;
}

function nestingProblem(attribute: Attribute, level: number): string | undefined {
  if (level > MAX_LEVELS) return `expected at most ${MAX_LEVELS} levels of nesting, got more`;
  if ('L' in attribute) {
    for (const element of attribute.L) {
      const problem = nestingProblem(element, level + 1);
      if (problem !== undefined) return problem;
    }
  } else if ('M' in attribute) {
    for (const [name, member] of Object.entries(attribute.M)) {
      const problem = nameProblem(name) ?? nestingProblem(member, level + 1);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

/**
 * Size of a value as DynamoDB counts it: text by UTF-8, a number by two digits a byte and one more, lists and maps by
 * 3 bytes and 1 an element.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
function attributeBytes(attribute: Attribute): number {
  if ('S' in attribute) return Buffer.byteLength(attribute.S);
  if ('N' in attribute) return numberBytes(attribute.N);
  if ('B' in attribute) return Buffer.byteLength(attribute.B, 'base64');
  if ('SS' in attribute) return sum(attribute.SS.map((text) => Buffer.byteLength(text)));
  if ('NS' in attribute) return sum(attribute.NS.map(numberBytes));
  if ('BS' in attribute) return sum(attribute.BS.map((base64) => Buffer.byteLength(base64, 'base64')));
  if ('L' in attribute) return 3 + sum(attribute.L.map((element) => 1 + attributeBytes(element)));
  if (!('M' in attribute)) return 1;
  const members = Object.entries(attribute.M);
  return 3 + sum(members.map(([name, member]) => 1 + Buffer.byteLength(name) + attributeBytes(member)));
}

function numberBytes(text: string): number {
  const digits = text.replace(/[-.]/g, '').replace(/^0+|0+$/g, '').length;
  return Math.ceil(digits / 2) + (text.startsWith('-') ? 2 : 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
