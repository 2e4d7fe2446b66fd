import {
  type ASTNode,
  type ConstDirectiveNode,
  type ConstValueNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { SampleAttribute, SampleItem } from './page-info.ts';

/** A value for a scalar as the API sees it. Any scalar that is not here takes text. */
const SCALAR_SAMPLES = new Map<string, string | number | boolean>([
  ['ID', 'demo-1'],
  ['Int', 1],
  ['Float', 1.5],
  ['Boolean', false],
  ['Decimal', '1.50'],
  ['AWSDate', '2025-04-01'],
  ['AWSTime', '09:30:00Z'],
  ['AWSDateTime', '2025-04-01T09:30:00Z'],
  ['AWSTimestamp', 1743499800],
  ['AWSEmail', 'hanako@example.com'],
  ['AWSURL', 'https://example.com/'],
  ['AWSPhone', '+81312345678'],
  ['AWSIPAddress', '192.0.2.1'],
  ['AWSJSON', '{}'],
]);

/** Japanese, so that the first write shows whether UTF-8 survives every hop. */
const SAMPLE_TEXT = 'こんにちは';

/** Nested objects that cannot be left out are filled this deep; a type that needs itself has no sample. */
const NESTING = 4;

/** Name of the table whose items are of this type; undefined for a type without `@table`. */
export function tableName(type: GraphQLObjectType): string | undefined {
  const table = directive(type.astNode, 'table');
  return table && textOf(argument(table, 'name'), type.name);
}

/** An item of a `@table` type: every attribute of a leaf type, and of the others those that may not be missing. */
export function sampleItem(type: GraphQLObjectType): SampleItem | undefined {
  const table = tableName(type);
  if (table === undefined) return undefined;
  const item = attributes(type, NESTING);
  const entity = entityAttribute(type);
  if (entity) item[entity.name] = { S: entity.value };
  return { table, item };
}

/** A value for a variable, as JSON: of the named type, in a list where one is asked for. */
export function plainValue(type: GraphQLType): unknown {
  if (isNonNullType(type)) return plainValue(type.ofType);
  if (isListType(type)) return [plainValue(type.ofType)];
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues()[0]?.name;
  return SCALAR_SAMPLES.get(named.name) ?? SAMPLE_TEXT;
}

function attributes(type: GraphQLObjectType, depth: number) {
  const item: Record<string, SampleAttribute> = Object.create(null);
  for (const field of Object.values(type.getFields())) {
    const value = attribute(field.type, depth);
    if (value) item[storedName(field)] = value;
  }
  return item;
}

function attribute(type: GraphQLType, depth: number): SampleAttribute | undefined {
  const required = isNonNullType(type);
  const inner = required ? type.ofType : type;
  if (isListType(inner)) return required ? { L: [] } : undefined;
  if (isObjectType(inner)) {
    return required && depth > 0 ? { M: attributes(inner, depth - 1) } : undefined;
  }
  const value = plainValue(inner);
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number' || getNamedType(inner).name === 'Decimal') return { N: String(value) };
  return { S: String(value) };
}

function storedName(field: GraphQLField<unknown, unknown>): string {
  const stored = directive(field.astNode, 'attribute');
  return stored ? textOf(argument(stored, 'name'), field.name) : field.name;
}

/** What `@table(where: …)` says tells this type's items from the others of its table. */
function entityAttribute(type: GraphQLObjectType): { name: string; value: string } | undefined {
  const table = directive(type.astNode, 'table');
  const where = table && argument(table, 'where');
  if (where?.kind !== 'ObjectValue') return undefined;
  const part = (key: string) => textOf(where.fields.find((field) => field.name.value === key)?.value, '');
  const name = part('attribute');
  return name ? { name, value: part('equals') || part('beginsWith') } : undefined;
}

type Directed = ASTNode & { readonly directives?: readonly ConstDirectiveNode[] };

function directive(node: Directed | null | undefined, name: string): ConstDirectiveNode | undefined {
  return node?.directives?.find((candidate) => candidate.name.value === name);
}

function argument(node: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  return node.arguments?.find((candidate) => candidate.name.value === name)?.value;
}

function textOf(value: ConstValueNode | undefined, otherwise: string): string {
  return value?.kind === 'StringValue' ? value.value : otherwise;
}
