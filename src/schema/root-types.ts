import type { FieldDefinitionNode, TypeDefinitionNode } from 'graphql';
import { Kind } from 'graphql';
import { parseObjectType } from './definitions.ts';
import type { RootNames, SchemaDocument } from './document.ts';
import type { OperationDraft } from './operations.ts';
import type { Problems } from './problems.ts';
import { subscriptionFields } from './subscription-fields.ts';
import type { TableDraft } from './tables.ts';

/** What each root type is the root of. */
const ROOTS: readonly (readonly [keyof RootNames, string])[] = [
  ['query', 'queries'],
  ['mutation', 'mutations'],
  ['subscription', 'subscriptions'],
];

/** Puts the root types into `types`: the fields the user wrote, as they are written, then the generated ones. */
export function completeRoots(
  document: SchemaDocument,
  tables: readonly TableDraft[],
  operations: readonly OperationDraft[],
  types: Map<string, TypeDefinitionNode>,
  problems: Problems,
): void {
  for (const [root, plural] of ROOTS) {
    const name = document.roots[root];
    const own = document.types.get(name);
    if (own && own.kind !== Kind.OBJECT_TYPE_DEFINITION) {
      problems.add(`expected ${name} to be an object type, as it is the root of ${plural}`, own.name);
      continue;
    }
    const ownFields = own?.fields ?? [];
    const ownNames = new Set(ownFields.map((field) => field.name.value));
    const added = generated(root).filter((field) => !ownNames.has(field.name.value));
    const fields = [...ownFields, ...added];
    if (own) types.set(name, { ...own, fields });
    else if (fields.length > 0)
      types.set(name, { ...parseObjectType(`type ${name} { _: Boolean }`), fields });
  }

  function generated(root: keyof RootNames): readonly FieldDefinitionNode[] {
    if (root === 'subscription') return tables.flatMap(subscriptionFields);
    return operations.filter((one) => one.root === root && !one.written).map((one) => one.node);
  }
}
