import type { FieldDefinitionNode } from 'graphql';
import { Kind, print } from 'graphql';
import { appliedDirective } from './directives.ts';
import { FILTER_ARGUMENT } from './filter-inputs.ts';
import type { Problems } from './problems.ts';
import { fieldsOf } from './root-fields.ts';
import type { StoredType, TypeNames } from './stored-types.ts';
import { readStoredType, unwrap } from './stored-types.ts';
import { checkFieldNames } from './tables.ts';

/** What a subscription field that code feeds delivers. */
export interface Payload {
  readonly type: StoredType;
  /** True when subscribers may filter it. */
  readonly filtered: boolean;
}

/**
 * Subscription field marked `@published` → the type of its payloads: an object type that is in no table, read as a
 * stored one. A field whose payload cannot be read is a problem and left out.
 */
export function readPayloads(names: TypeNames, problems: Problems): ReadonlyMap<string, Payload> {
  const payloads = new Map<string, Payload>();
  for (const [name, node] of fieldsOf(names.document, names.document.roots.subscription)) {
    const applied = appliedDirective(node, 'published');
    if (!applied) continue;
    if (appliedDirective(node, 'aws_subscribe')) {
      problems.add(
        `subscription ${name}: expected one source, @published or @aws_subscribe, got both`,
        applied,
      );
    }
    const type = readPayload(node, names, problems);
    if (!type) continue;
    const filtered = node.arguments?.some((argument) => argument.name.value === FILTER_ARGUMENT) === true;
    if (filtered) checkFieldNames(type, problems);
    payloads.set(name, { type, filtered });
  }
  return payloads;
}

function readPayload(
  node: FieldDefinitionNode,
  names: TypeNames,
  problems: Problems,
): StoredType | undefined {
  const { document, tables, connections, generated } = names;
  const { typeName } = unwrap(node.type);
  const definition = document.types.get(typeName);
  const isOther =
    tables.has(typeName) ||
    connections.has(typeName) ||
    generated.has(typeName) ||
    Object.values(document.roots).includes(typeName);
  if (!isOther && definition?.kind === Kind.OBJECT_TYPE_DEFINITION) {
    return readStoredType(definition, names, problems);
  }
  problems.add(
    `subscription ${node.name.value} is @published; expected it to return an object type that no table holds, ` +
      `got ${print(node.type)}${tables.has(typeName) ? ', whose source is @aws_subscribe' : ''}`,
    node.type,
  );
  return undefined;
}
