import type { FieldDefinitionNode, InputValueDefinitionNode } from 'graphql';
import { Kind } from 'graphql';
import { appliedDirective } from './directives.ts';
import type { SchemaDocument } from './document.ts';
import type { Problems } from './problems.ts';

/**
 * A directive where it has no effect would be believed to have one: each such use is a problem, but where the
 * directive's definition does not allow it at all, which validation tells.
 */
export function checkPlacement(
  document: SchemaDocument,
  stored: ReadonlySet<string>,
  problems: Problems,
): void {
  for (const [name, definition] of document.types) {
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION
    ) {
      continue;
    }
    const isSubscription = name === document.roots.subscription;
    const isInterface = definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
    for (const field of definition.fields ?? []) {
      if (!stored.has(name)) {
        refuse(field, 'attribute', 'a field of a type marked @table, or of one stored inside it', problems);
      }
      if (isSubscription || isInterface) {
        refuse(field, 'resolved', 'a field of an object type that resolvers or items answer', problems);
      }
      if (isSubscription) continue;
      for (const source of ['aws_subscribe', 'published']) {
        refuse(field, source, `a field of ${document.roots.subscription}`, problems);
      }
      for (const argument of field.arguments ?? []) {
        refuse(argument, 'matches', `an argument of a field of ${document.roots.subscription}`, problems);
      }
    }
  }
}

function refuse(
  node: FieldDefinitionNode | InputValueDefinitionNode,
  directive: string,
  expected: string,
  problems: Problems,
): void {
  const applied = appliedDirective(node, directive);
  if (applied) problems.add(`expected @${directive} on ${expected}, got it on ${node.name.value}`, applied);
}
