import { isTypeDefinitionNode, print } from 'graphql';
import { DIRECTIVES_DOCUMENT } from './directives.ts';
import type { Generated } from './filter-inputs.ts';
import { filterInputs } from './filter-inputs.ts';
import type { StoredType } from './stored-types.ts';
import type { TableDraft } from './tables.ts';

/** Name of the type `onChange…` delivers for a table type. */
export function changeTypeName(typeName: string): string {
  return `${typeName}Change`;
}

/** Name of the type of a page of items. */
export function connectionTypeName(typeName: string): string {
  return `${typeName}Connection`;
}

/** Name of the enum of what can happen to the set of items a filter selects. */
export const CHANGE_KIND = 'ChangeKind';

/** Names of the pages of table types. */
export function connectionNames(tables: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...tables].map(connectionTypeName));
}

/** The other generated output types, known by name before anything is generated. */
export function generatedOutputNames(tables: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([CHANGE_KIND, ...[...tables].map(changeTypeName)]);
}

/** Pages of items, as AppSync has them. */
export function connectionTypes(tables: readonly TableDraft[]): readonly Generated[] {
  return tables.map(({ name: typeName }) => ({
    name: connectionTypeName(typeName),
    origin: `the type ${typeName}`,
    owner: typeName,
    nullable: true as const,
    sdl: `
"""A page of ${typeName} items."""
type ${connectionTypeName(typeName)} {
  items: [${typeName}]
  """What the next page is asked for by; null on the last."""
  nextToken: String
}`,
  }));
}

/** What subscriptions deliver and filter by, in the order it is printed in; `filtered` has a filter input beside the tables. */
export function subscriptionTypes(
  tables: readonly TableDraft[],
  filtered: readonly StoredType[],
): readonly Generated[] {
  if (tables.length === 0) return [];
  const where = DIRECTIVES_DOCUMENT.definitions.filter(isTypeDefinitionNode);
  return [
    ...tables.map(({ name }) => changeType(name)),
    changeKind(),
    ...filterInputs([...tables, ...filtered]),
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
