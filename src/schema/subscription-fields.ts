import type { FieldDefinitionNode } from 'graphql';
import { parseObjectType } from './definitions.ts';
import { filterInputName } from './filter-inputs.ts';
import { changeTypeName } from './generated-types.ts';
import type { TableDraft } from './tables.ts';

/** What fires the subscriptions of a type, as AppSync names it: create, update, delete. */
export function writesOf(typeName: string): readonly [string, string, string] {
  return [`create${typeName}`, `update${typeName}`, `delete${typeName}`];
}

/** The four subscriptions of a table type: AppSync's three, and the changes of a filtered set. */
export function subscriptionFields(type: TableDraft): readonly FieldDefinitionNode[] {
  const arguments_ = [...type.fields.values()]
    .filter((field) => field.listDepth === 0 && field.kind !== 'Object' && field.kind !== 'JSON')
    .map((field) => `${field.name}: ${field.typeName}`);
  const signature = [...arguments_, `filter: ${filterInputName(type.name)}`].join(', ');
  const [created, updated, deleted] = writesOf(type.name).map((write) => JSON.stringify(write));
  const sdl = `type Subscription {
"""Each ${type.name} that is created."""
onCreate${type.name}(${signature}): ${type.name} @aws_subscribe(mutations: [${created}])
"""Each ${type.name} that is updated, as it is afterwards."""
onUpdate${type.name}(${signature}): ${type.name} @aws_subscribe(mutations: [${updated}])
"""Each ${type.name} that is deleted, as it was."""
onDelete${type.name}(${signature}): ${type.name} @aws_subscribe(mutations: [${deleted}])
"""The set of ${type.name} items that the arguments and the filter select, live."""
onChange${type.name}(${signature}): ${changeTypeName(type.name)} @aws_subscribe(mutations: [${created}, ${updated}, ${deleted}])
}`;
  return parseObjectType(sdl).fields ?? [];
}
