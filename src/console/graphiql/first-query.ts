import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

/**
 * A query that runs as it stands: the first page of the first table that has a list, leaf fields alone; `{ __typename }`
 * for a schema without one.
 * @param sdl completed schema
 * @throws GraphQLError when `sdl` is not a schema
 */
export function firstQuery(sdl: string): string {
  // The directives of a table schema may be used in the text without being defined in it.
  const schema = buildSchema(sdl, { assumeValidSDL: true });
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
  for (const field of fields) {
    const item = itemOf(field);
    if (!item) continue;
    const leaves = leafNames(item).map((name) => `      ${name}\n`);
    const limit = field.args.some(({ name }) => name === 'limit') ? '(limit: 10)' : '';
    return `query ${titled(field.name)} {\n  ${field.name}${limit} {\n    items {\n${leaves.join('')}    }\n  }\n}\n`;
  }
  return 'query First {\n  __typename\n}\n';
}

function titled(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Type of the items of a field that answers with a page of them and needs no argument. */
function itemOf(field: GraphQLField<unknown, unknown>): GraphQLObjectType | undefined {
  const page = getNamedType(field.type);
  if (!isObjectType(page) || field.args.some(isRequiredArgument)) return undefined;
  const items = page.getFields()['items'];
  if (!items || !isListType(getNullableType(items.type))) return undefined;
  const item = getNamedType(items.type);
  return isObjectType(item) ? item : undefined;
}

function leafNames(type: GraphQLObjectType): readonly string[] {
  const names = Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)) && !field.args.some(isRequiredArgument))
    .map(({ name }) => name);
  return names.length > 0 ? names : ['__typename'];
}
