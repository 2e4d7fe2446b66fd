import type { FieldDefinitionNode } from 'graphql';
import { Kind } from 'graphql';
import type { SchemaDocument } from './document.ts';

/** Fields the user wrote of a root type, by name; none when it is not written or is no object type. */
export function fieldsOf(
  document: SchemaDocument,
  typeName: string,
): ReadonlyMap<string, FieldDefinitionNode> {
  const definition = document.types.get(typeName);
  if (definition?.kind !== Kind.OBJECT_TYPE_DEFINITION) return new Map();
  return new Map(definition.fields?.map((field) => [field.name.value, field]));
}
