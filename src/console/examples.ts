import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import type { Example } from './page-info.ts';
import { plainValue, sampleItem, tableName } from './samples.ts';

/** Objects inside objects are selected this deep: enough for `item { author { name } }`. */
const SELECTION_DEPTH = 3;

type Field = GraphQLField<unknown, unknown>;

/**
 * Subscriptions to begin with, made from the completed schema: for each subscription field one that selects
 * everything, and for those with a `kind` (the `onChange…` fields) one with a filter too. Tables come in the
 * order of `tables`, and in each the `onChange…` fields first.
 * @throws GraphQLError when `sdl` is not a schema.
 */
export function subscriptionExamples(sdl: string, tables: readonly string[]): readonly Example[] {
  // The directives of a table schema may be used in the text without being defined in it.
  const schema = buildSchema(sdl, { assumeValidSDL: true });
  const fields = Object.values(schema.getSubscriptionType()?.getFields() ?? {});
  const rank = (field: Field) => {
    const table = tableOf(field);
    const place = table === undefined ? -1 : tables.indexOf(table);
    return (place < 0 ? tables.length : place) * 2 + (isChangeField(field) ? 0 : 1);
  };
  return fields.toSorted((a, b) => rank(a) - rank(b)).flatMap((field) => examplesOf(field));
}

function examplesOf(field: Field): readonly Example[] {
  const type = tableType(field);
  const sample = type && sampleItem(type);
  const example = (title: string, filter?: unknown): Example => ({
    title,
    field: field.name,
    document: document(field),
    variables: JSON.stringify(
      { ...requiredVariables(field), ...(filter !== undefined && { filter }) },
      null,
      2,
    ),
    ...(sample && { sample }),
  });
  const filter = isChangeField(field) ? sampleFilter(field) : undefined;
  return [example(field.name), ...(filter === undefined ? [] : [example(`${field.name}, filtered`, filter)])];
}

function document(field: Field): string {
  const args = field.args.filter((arg) => isRequiredArgument(arg) || arg.name === 'filter');
  const variables = args.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
  const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const type = getNamedType(field.type);
  const body = isObjectType(type) ? ` ${selection(type, '  ', SELECTION_DEPTH)}` : '';
  return `subscription${variables && ` (${variables})`} {\n  ${field.name}${passed && `(${passed})`}${body}\n}\n`;
}

function selection(type: GraphQLObjectType, indent: string, depth: number): string {
  const inner = `${indent}  `;
  const lines = Object.values(type.getFields()).flatMap((field) => {
    const named = getNamedType(field.type);
    if (field.args.some(isRequiredArgument)) return [];
    if (isLeafType(named)) return [inner + field.name];
    if (!isObjectType(named) || depth === 1) return [];
    return [`${inner}${field.name} ${selection(named, inner, depth - 1)}`];
  });
  // A type whose every field is out of reach still needs something selected.
  return `{\n${(lines.length > 0 ? lines : [`${inner}__typename`]).join('\n')}\n${indent}}`;
}

function requiredVariables(field: Field): Record<string, unknown> {
  const entries = field.args
    .filter(isRequiredArgument)
    .map((arg) => [arg.name, plainValue(arg.type)] as const);
  return Object.fromEntries(entries);
}

/** A filter that the field's own sample item passes. */
function sampleFilter(field: Field): unknown {
  const input = filterInput(field.args.find((arg) => arg.name === 'filter'));
  const fields = Object.values(tableType(field)?.getFields() ?? {}).filter(
    (candidate) => isLeafType(unwrapped(candidate)) && input?.getFields()[candidate.name],
  );
  const best = fields.find((candidate) => getNamedType(candidate.type).name === 'Boolean') ?? fields[0];
  return best && { [best.name]: { eq: plainValue(best.type) } };
}

function filterInput(arg: GraphQLArgument | undefined) {
  const type = arg && getNamedType(arg.type);
  return isInputObjectType(type) ? type : undefined;
}

function unwrapped({ type }: Field) {
  return isNonNullType(type) ? type.ofType : type;
}

function isChangeField(field: Field): boolean {
  const type = getNamedType(field.type);
  return isObjectType(type) && 'kind' in type.getFields() && 'item' in type.getFields();
}

function tableOf(field: Field): string | undefined {
  const type = tableType(field);
  return type && tableName(type);
}

/** The type whose items the field delivers: its own, or that of `item` for an `onChange…` field. */
function tableType(field: Field): GraphQLObjectType | undefined {
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return undefined;
  if (tableName(type) !== undefined) return type;
  const item = type.getFields()['item'];
  const inner = item && getNamedType(item.type);
  return isObjectType(inner) && tableName(inner) !== undefined ? inner : undefined;
}
