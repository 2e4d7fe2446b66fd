import type { Attribute, Image } from '../../../src/change/change.ts';
import type { Condition, Expression, Value } from '../../../src/filter/expression.ts';
import type { FieldModel, TableType } from '../../../src/schema/model.ts';

/**
 * A slow, obvious evaluator of filters, written without the parts it is to check: text by its UTF-8 bytes, numbers as
 * integers in units of 1E-170.
 */
export function matches(expression: Expression, image: Image, type: TableType): boolean {
  if (expression.kind === 'not') return !matches(expression.of, image, type);
  if (expression.kind === 'and')
    return expression.of.filter((part) => !matches(part, image, type)).length === 0;
  if (expression.kind === 'or') return expression.of.filter((part) => matches(part, image, type)).length > 0;
  const field = type.fields.get(expression.field);
  if (!field) throw new Error(`expected a field of ${type.name}, came ${expression.field}`);
  const entry = Object.entries(image).find(([name]) => name === field.attribute);
  return conditionHolds(expression, field, entry?.[1]);
}

function conditionHolds(
  { operator, values }: Condition,
  field: FieldModel,
  attribute: Attribute | undefined,
): boolean {
  const some = (holds: (value: Value) => boolean) => values.some(holds);
  if (operator === 'attributeExists') return some((wanted) => wanted === (attribute !== undefined));
  if (operator === 'eq' || operator === 'in') return some((value) => equals(field, attribute, value));
  if (operator === 'ne') return !some((value) => equals(field, attribute, value));
  if (operator === 'contains') return some((value) => contains(field, attribute, value));
  if (operator === 'notContains') return !some((value) => contains(field, attribute, value));
  if (operator === 'hasElement') return some((value) => hasElement(field, attribute, value));
  const seen = comparable(field, attribute);
  const operands = values.map((value) => comparable(field, literal(field, value)));
  const [first, second] = operands;
  if (seen === undefined || first === undefined) return false;
  if (operator === 'beginsWith') {
    return isText(field) && typeof seen === 'string' && seen.startsWith(String(first));
  }
  if (operator === 'lt') return seen < first;
  if (operator === 'le') return seen <= first;
  if (operator === 'gt') return seen > first;
  if (operator === 'ge') return seen >= first;
  return second !== undefined && first <= seen && seen <= second;
}

function equals(field: FieldModel, attribute: Attribute | undefined, value: Value): boolean {
  if (value === null) return attribute === undefined || Object.keys(attribute)[0] === 'NULL';
  if (attribute === undefined) return false;
  if (typeof value === 'boolean') return 'BOOL' in attribute && attribute.BOOL === value;
  const seen = comparable(field, attribute);
  return seen !== undefined && seen === comparable(field, literal(field, value));
}

function contains(field: FieldModel, attribute: Attribute | undefined, value: Value): boolean {
  if (attribute === undefined) return false;
  if ('SS' in attribute) return attribute.SS.some((text) => equals(field, { S: text }, value));
  if ('NS' in attribute) return attribute.NS.some((number) => equals(field, { N: number }, value));
  if ('BS' in attribute) return attribute.BS.some((base64) => equals(field, { B: base64 }, value));
  if ('L' in attribute) return attribute.L.some((element) => equals(field, element, value));
  if (!isText(field) || !isTextual(attribute)) return false;
  const [seen, part] = [comparable(field, attribute), comparable(field, literal(field, value))];
  // UTF-8 in hexadecimal, of which a byte is two digits.
  for (let at = 0; typeof seen === 'string' && at <= seen.length; at += 2) {
    if (seen.slice(at).startsWith(String(part))) return true;
  }
  return false;
}

/** An element equals the value; or the attribute does, which is no list. */
function hasElement(field: FieldModel, attribute: Attribute | undefined, value: Value): boolean {
  if (attribute === undefined || value === null) return false;
  const isList = ['SS', 'NS', 'BS', 'L'].some((type) => Object.hasOwn(attribute, type));
  return isList ? contains(field, attribute, value) : equals(field, attribute, value);
}

function isText({ kind }: FieldModel): boolean {
  return kind === 'ID' || kind === 'String' || kind === 'Enum';
}

function isTextual(attribute: Attribute): boolean {
  return 'S' in attribute || 'N' in attribute || 'B' in attribute;
}

function literal(field: FieldModel, value: Value): Attribute {
  if (value === null) return { NULL: true };
  if (typeof value === 'boolean') return { BOOL: value };
  return isText(field) ? { S: value } : { N: value };
}

/** Text as hexadecimal UTF-8, numbers as integers; both compare by `<`. */
function comparable(field: FieldModel, attribute: Attribute | undefined): string | bigint | undefined {
  if (attribute === undefined) return undefined;
  if (isText(field)) {
    if ('S' in attribute) return Buffer.from(attribute.S, 'utf8').toString('hex');
    if ('B' in attribute) return Buffer.from(attribute.B, 'utf8').toString('hex');
    return 'N' in attribute
      ? Buffer.from(decimalText(scaled(attribute.N)), 'utf8').toString('hex')
      : undefined;
  }
  const numeric = field.kind === 'Int' || field.kind === 'Float' || field.kind === 'Decimal';
  return numeric && 'N' in attribute ? scaled(attribute.N) : undefined;
}

const SCALE = 170;

/** A decimal number as a whole number of 1E-170: below what any DynamoDB number has. */
export function scaled(number: string): bigint {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const magnitude =
    BigInt(`${whole}${fraction}` || '0') * 10n ** BigInt(SCALE - fraction.length + Number(exponent));
  return mantissa.startsWith('-') ? -magnitude : magnitude;
}

/** The plain decimal text of a number of 1E-170. */
export function decimalText(units: bigint): string {
  if (units < 0n) return `-${decimalText(-units)}`;
  const digits = units.toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  return digits.slice(0, -SCALE) + (fraction === '' ? '' : `.${fraction}`);
}
