import { Kind } from 'graphql';
import { appliedDirective } from './directives.ts';
import type { SchemaDocument } from './document.ts';
import type { ResolvedField } from './model.ts';
import type { OperationDraft } from './operations.ts';
import { fieldsOf } from './root-fields.ts';
import type { StoredType } from './stored-types.ts';

/**
 * The fields only a resolver can answer, in the order of the file: of Query and Mutation those that no table answers;
 * of stored types those that are read from no attribute; of other object types, whose fields are read by name from
 * what a resolver returned, those that take arguments or are marked `@resolved`.
 */
export function resolvedFields(
  document: SchemaDocument,
  stored: readonly StoredType[],
  operations: readonly OperationDraft[],
): readonly ResolvedField[] {
  const { query, mutation, subscription } = document.roots;
  const answered = new Map([
    [query, namesOf(operations, 'query')],
    [mutation, namesOf(operations, 'mutation')],
  ]);
  const storedTypes = new Map(stored.map((type) => [type.name, type]));
  return [...document.types].flatMap(([type, definition]) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || type === subscription) return [];
    const fields = [...fieldsOf(document, type)].filter(([field, node]) => {
      const byTable = answered.get(type);
      if (byTable) return !byTable.has(field);
      const storedType = storedTypes.get(type);
      if (storedType) return storedType.resolved.has(field);
      return (node.arguments ?? []).length > 0 || appliedDirective(node, 'resolved') !== undefined;
    });
    return fields.map(([field]) => ({ type, field }));
  });
}

function namesOf(operations: readonly OperationDraft[], root: OperationDraft['root']): ReadonlySet<string> {
  return new Set(operations.filter((each) => each.root === root).map((each) => each.name));
}
