import type { ObjectTypeDefinitionNode } from 'graphql';
import { isTypeDefinitionNode, print } from 'graphql';
import { parseObjectType } from './definitions.ts';
import { DIRECTIVES_DOCUMENT } from './directives.ts';
import type { Generated } from './filter-inputs.ts';
import { filterInputs } from './filter-inputs.ts';
import type { TableDraft } from './tables.ts';

/** The one field of a generated Query type, which GraphQL asks every schema to have. */
export const SERVICE_FIELD = 'service';

/** Name of the type `onChange…` delivers for a table type. */
export function changeTypeName(typeName: string): string {
  return `${typeName}Change`;
}

/** Name of the enum of what can happen to the set of items a filter selects. */
export const CHANGE_KIND = 'ChangeKind';

/** Generated output types, known by name before anything is generated. */
export function generatedOutputNames(tables: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([CHANGE_KIND, ...[...tables].map(changeTypeName)]);
}

/** Every type that the table types bring with them, in the order they are printed in. */
export function generatedTypes(tables: readonly TableDraft[]): readonly Generated[] {
  if (tables.length === 0) return [];
  const where = DIRECTIVES_DOCUMENT.definitions.filter(isTypeDefinitionNode);
  return [
    ...tables.map(({ name }) => changeType(name)),
    changeKind(),
    ...filterInputs(tables),
    ...where.map((node) => ({ name: node.name.value, sdl: print(node), origin: 'the directive @table' })),
  ];
}

function changeType(typeName: string): Generated {
  const name = changeTypeName(typeName);
  return {
    name,
    origin: `the type ${typeName}`,
    owner: typeName,
    sdl: `
"""One change of a set of ${typeName} items."""
type ${name} {
  kind: ${CHANGE_KIND}!
  """The item as it is now; null on LEAVE."""
  item: ${typeName}
  """The item as it was; null on ENTER, and on UPDATE where this subscriber could not have read it."""
  previous: ${typeName}
  """The fields an UPDATE changed."""
  updatedFields: [String!]
  """The same for every delivery of one change."""
  eventId: ID!
  """When the change was written, to the second."""
  at: AWSDateTime!
}`,
  };
}

function changeKind(): Generated {
  return {
    name: CHANGE_KIND,
    origin: 'the subscriptions to changes',
    sdl: `
"""What happened to a set of items."""
enum ${CHANGE_KIND} {
  """An item came into it: it was created, or an update made it match."""
  ENTER
  """An item in it was updated and still matches."""
  UPDATE
  """An item left it: it was deleted, or an update made it match no longer."""
  LEAVE
}`,
  };
}

/** The Query type of a schema whose author wrote none. */
export function queryType(name: string): ObjectTypeDefinitionNode {
  return parseObjectType(`
type ${name} {
  """The name of the service. Provisional: it gives way to the queries of the table types."""
  ${SERVICE_FIELD}: String
}`);
}
