import type { DefinitionNode, DocumentNode, SchemaDefinitionNode } from 'graphql';
import { Kind, print } from 'graphql';

/**
 * A document's definitions as SDL, a blank line between them, the directives on types, fields and arguments
 * included (graphql-js's `printSchema` leaves those out). A `schema { … }` that says only what the names of the root
 * types say by themselves is left out.
 * @see https://spec.graphql.org/October2021/#sec-Root-Operation-Types.Default-Root-Operation-Type-Names
 */
export function printDefinitions(document: DocumentNode): string {
  const printed = document.definitions.filter((definition) => !isUsualSchema(definition));
  return `${printed.map((definition) => print(definition)).join('\n\n')}\n`;
}

function isUsualSchema(definition: DefinitionNode): boolean {
  return (
    definition.kind === Kind.SCHEMA_DEFINITION &&
    !definition.description &&
    (definition.directives ?? []).length === 0 &&
    definition.operationTypes.every(isUsualRoot)
  );
}

function isUsualRoot({ operation, type }: SchemaDefinitionNode['operationTypes'][number]): boolean {
  return type.name.value === operation.charAt(0).toUpperCase() + operation.slice(1);
}
