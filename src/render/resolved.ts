import { type DocumentNode, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import type { Model } from '../schema/model.ts';

/** Whether any field of a stored document (fragments inlined) is one that a resolver answers. */
export function selectsResolvedField({ schema, resolvedFields }: Model, document: DocumentNode): boolean {
  if (resolvedFields.size === 0) return false;
  const types = new TypeInfo(schema);
  let found = false;
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: ({ name }) => {
        found ||= resolvedFields.has(`${types.getParentType()?.name}.${name.value}`);
      },
    }),
  );
  return found;
}
