import type { ASTNode, ConstDirectiveNode } from 'graphql';
import { buildASTSchema, GraphQLError, getDirectiveValues, isRequiredArgument, parse } from 'graphql';
import type { EntityCondition } from './model.ts';
import type { Problems } from './problems.ts';

/**
 * The directives a user's schema may use, as SDL. `@aws_subscribe` is AppSync's own.
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-data.html
 */
export const DIRECTIVES_SDL = `
"""
Items of this type are stored in a DynamoDB table: \`name\` is the table's (default: the type's own), \`key\` the
fields of its partition and sort key (default: those of the file's own \`Delete…Input\`, as exports have it, else the
first \`ID!\`, else the first non-null text or number),
\`where\` which of its items are of this type, when several types share the table, \`writer\` the text field that names
who wrote an item, which is set from the writer's token.
"""
directive @table(name: String, key: [String!], where: TableWhere, writer: String) on OBJECT

"""The name of the stored attribute, where it is not the field's own."""
directive @attribute(name: String!) on FIELD_DEFINITION

"""The field an argument of a subscription is compared with, where it is not the one of the same name."""
directive @matches(field: String!) on ARGUMENT_DEFINITION

"""The writes that fire a subscription: "create", "update" or "delete" and a type's name."""
directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION

"""A subscription that code feeds, by \`publish()\`, and no table."""
directive @published on FIELD_DEFINITION

"""A field that a resolver answers, where it would be read from an attribute or be answered by a table."""
directive @resolved on FIELD_DEFINITION

"""Items whose \`attribute\` is a text that \`equals\` or \`beginsWith\` the one given; one of the two."""
input TableWhere {
  attribute: String!
  equals: String
  beginsWith: String
}
`;

/** Parsed without locations: nothing in it is a place in the user's file. */
export const DIRECTIVES_DOCUMENT = parse(DIRECTIVES_SDL, { noLocation: true });

const directives = buildASTSchema(DIRECTIVES_DOCUMENT);

const USAGE = new Map([
  [
    'table',
    '@table(name: "…", key: ["…"], where: {attribute: "…", equals: "…" or beginsWith: "…"}, writer: "…"), each optional',
  ],
  ['attribute', '@attribute(name: "…")'],
  ['matches', '@matches(field: "…")'],
  ['aws_subscribe', '@aws_subscribe(mutations: ["…"])'],
]);

/** A node that directives can stand on. */
type Marked = ASTNode & { readonly directives?: ReadonlyArray<ConstDirectiveNode> | undefined };

/** The directive of that name on a node, if there is one. */
export function appliedDirective(node: Marked, name: string): ConstDirectiveNode | undefined {
  return node.directives?.find((directive) => directive.name.value === name);
}

/** What `@table` says; everything but the mark itself is optional. */
export interface TableArguments {
  readonly name?: string;
  readonly key?: readonly string[];
  readonly where?: EntityCondition;
  readonly writer?: string;
}

/** `undefined` when the type is not marked. A malformed argument is a problem and counts as not given. */
export function readTableDirective(node: Marked, problems: Problems): TableArguments | undefined {
  const applied = appliedDirective(node, 'table');
  if (!applied) return undefined;
  const values = argumentsOf(node, 'table', problems);
  const name = text(values?.['name']);
  const key = values?.['key'];
  const writer = text(values?.['writer']);
  const where = readWhere(values?.['where'], applied, problems);
  return {
    ...(name === undefined ? {} : { name }),
    ...(Array.isArray(key) ? { key: key.filter((each) => typeof each === 'string') } : {}),
    ...(where ? { where } : {}),
    ...(writer === undefined ? {} : { writer }),
  };
}

/** The stored name `@attribute` gives, or `undefined`. */
export function readAttributeDirective(node: Marked, problems: Problems): string | undefined {
  return text(argumentsOf(node, 'attribute', problems)?.['name']);
}

/** The field `@matches` gives, or `undefined`. */
export function readMatchesDirective(node: Marked, problems: Problems): string | undefined {
  return text(argumentsOf(node, 'matches', problems)?.['field']);
}

/** The mutations `@aws_subscribe` gives, or `undefined` when the field has none or they cannot be read. */
export function readSubscribeDirective(node: Marked, problems: Problems): readonly string[] | undefined {
  const mutations = argumentsOf(node, 'aws_subscribe', problems)?.['mutations'];
  return Array.isArray(mutations) ? mutations.filter((each) => typeof each === 'string') : undefined;
}

function readWhere(
  value: unknown,
  applied: ConstDirectiveNode,
  problems: Problems,
): EntityCondition | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const given = new Map<string, unknown>(Object.entries(value));
  const attribute = text(given.get('attribute'));
  const equals = text(given.get('equals'));
  const beginsWith = text(given.get('beginsWith'));
  if (attribute && equals !== undefined && beginsWith === undefined) return { attribute, equals };
  if (attribute && beginsWith && equals === undefined) return { attribute, beginsWith };
  problems.add(
    'expected @table(where:) to name an attribute and either equals or a beginsWith that is not empty, ' +
      `got attribute ${shown(attribute)}, equals ${shown(equals)}, beginsWith ${shown(beginsWith)}`,
    applied.arguments?.find((argument) => argument.name.value === 'where') ?? applied,
  );
  return undefined;
}

function argumentsOf(node: Marked, name: string, problems: Problems): ReturnType<typeof getDirectiveValues> {
  const definition = directives.getDirective(name);
  const given = new Set(appliedDirective(node, name)?.arguments?.map((argument) => argument.name.value));
  // Validation tells of an argument that is missing.
  if (!definition?.args.every((argument) => !isRequiredArgument(argument) || given.has(argument.name))) {
    return undefined;
  }
  try {
    return getDirectiveValues(definition, { directives: node.directives ?? [] });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    problems.addError(
      new GraphQLError(`expected ${USAGE.get(name)}: ${error.message}`, { nodes: error.nodes ?? node }),
    );
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function shown(value: string | undefined): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
