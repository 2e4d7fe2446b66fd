import type { FieldDefinitionNode, ObjectTypeDefinitionNode, TypeNode } from 'graphql';
import { Kind, print } from 'graphql';
import { appliedDirective, readAttributeDirective } from './directives.ts';
import type { SchemaDocument } from './document.ts';
import type { FieldKind } from './model.ts';
import type { Problems } from './problems.ts';
import { KNOWN_SCALARS } from './scalars.ts';

/** A field whose value is a stored attribute. */
export interface StoredField {
  readonly name: string;
  readonly attribute: string;
  readonly kind: FieldKind;
  /** Name of the innermost type. */
  readonly typeName: string;
  readonly nonNull: boolean;
  /** 0 for `T`, 1 for `[T]`, 2 for `[[T]]`. */
  readonly listDepth: number;
  readonly node: FieldDefinitionNode;
}

/** An object type that is read from an item, or from a map inside one. */
export interface StoredType {
  readonly name: string;
  readonly node: ObjectTypeDefinitionNode;
  readonly fields: ReadonlyMap<string, StoredField>;
  /** Names of the fields that a resolver answers; none of them is among `fields`. */
  readonly resolved: ReadonlySet<string>;
}

/** Names a stored type's fields are read against. */
export interface TypeNames {
  readonly document: SchemaDocument;
  /** Object types marked `@table`. */
  readonly tables: ReadonlySet<string>;
  /** Pages of table types: `TodoConnection`. */
  readonly connections: ReadonlySet<string>;
  /** The other output types that Tablecast adds. */
  readonly generated: ReadonlySet<string>;
}

/** Longest attribute name DynamoDB takes, in UTF-8 bytes. */
const MAX_ATTRIBUTE_NAME_BYTES = 65_535;

/**
 * Reads an object type's fields. Those that take arguments, return (lists of) table types or pages of them, or are
 * marked `@resolved` are answered by resolvers; others that cannot be stored are problems and left out.
 */
export function readStoredType(
  node: ObjectTypeDefinitionNode,
  names: TypeNames,
  problems: Problems,
): StoredType {
  const fields = new Map<string, StoredField>();
  const resolved = new Set<string>();
  const attributes = new Map<string, string>();
  for (const field of node.fields ?? []) {
    if (isResolved(field, names)) {
      resolved.add(field.name.value);
      refuseAttribute(node.name.value, field, problems);
      continue;
    }
    const stored = readField(node.name.value, field, names, problems);
    if (!stored || fields.has(stored.name)) continue;
    fields.set(stored.name, stored);
    const other = attributes.get(stored.attribute);
    if (other !== undefined) {
      problems.add(
        `expected each field of ${node.name.value} to have an attribute of its own, ` +
          `got ${JSON.stringify(stored.attribute)} for both ${other} and ${stored.name}`,
        field,
      );
    }
    attributes.set(stored.attribute, stored.name);
  }
  return { name: node.name.value, node, fields, resolved };
}

/** The object types read from maps inside the given ones, however deep, each once. */
export function readNestedTypes(
  stored: readonly StoredType[],
  names: TypeNames,
  problems: Problems,
): readonly StoredType[] {
  const seen = new Set(stored.map((type) => type.name));
  const nested: StoredType[] = [];
  const queue = [...stored];
  for (let type = queue.pop(); type; type = queue.pop()) {
    for (const field of type.fields.values()) {
      const definition = names.document.types.get(field.typeName);
      if (definition?.kind !== Kind.OBJECT_TYPE_DEFINITION || seen.has(field.typeName)) continue;
      seen.add(field.typeName);
      const next = readStoredType(definition, names, problems);
      nested.push(next);
      queue.push(next);
    }
  }
  return nested;
}

function isResolved(node: FieldDefinitionNode, { tables, connections }: TypeNames): boolean {
  const { typeName } = unwrap(node.type);
  return (
    (node.arguments ?? []).length > 0 ||
    tables.has(typeName) ||
    connections.has(typeName) ||
    appliedDirective(node, 'resolved') !== undefined
  );
}

function refuseAttribute(owner: string, node: FieldDefinitionNode, problems: Problems): void {
  const applied = appliedDirective(node, 'attribute');
  if (!applied) return;
  problems.add(
    `${owner}.${node.name.value} is answered by a resolver; expected no @attribute on it, got ${print(applied)}`,
    applied,
  );
}

function readField(
  owner: string,
  node: FieldDefinitionNode,
  names: TypeNames,
  problems: Problems,
): StoredField | undefined {
  const { typeName, nonNull, listDepth } = unwrap(node.type);
  const attribute = readAttributeDirective(node, problems) ?? node.name.value;
  const kind = readKind(`${owner}.${node.name.value}`, typeName, node, names, problems);
  if (!kind) return undefined;
  const bytes = Buffer.byteLength(attribute);
  if (bytes === 0 || bytes > MAX_ATTRIBUTE_NAME_BYTES) {
    problems.add(
      `expected an attribute name of 1 to ${MAX_ATTRIBUTE_NAME_BYTES} bytes, got ${bytes} bytes`,
      node.directives?.find((directive) => directive.name.value === 'attribute') ?? node,
    );
  }
  return { name: node.name.value, attribute, kind, typeName, nonNull, listDepth, node };
}

/** `undefined` for a type whose values no attribute holds (a problem) and one that is not defined (validation says so). */
function readKind(
  path: string,
  typeName: string,
  node: FieldDefinitionNode,
  { document, generated }: TypeNames,
  problems: Problems,
): FieldKind | undefined {
  const scalar = KNOWN_SCALARS.get(typeName);
  if (scalar) return scalar;
  const expected = `${path}: expected a scalar, an enum or an object type stored inside the item, or @resolved`;
  if (generated.has(typeName)) {
    problems.add(`${expected}, got ${print(node.type)}, a type that Tablecast adds`, node.type);
    return undefined;
  }
  const definition = document.types.get(typeName);
  switch (definition?.kind) {
    case Kind.ENUM_TYPE_DEFINITION:
      return 'Enum';
    case Kind.OBJECT_TYPE_DEFINITION:
      if (!Object.values(document.roots).includes(typeName)) return 'Object';
      problems.add(`${expected}, got ${print(node.type)}, a root type`, node.type);
      return undefined;
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.UNION_TYPE_DEFINITION: {
      const got = definition.kind === Kind.UNION_TYPE_DEFINITION ? 'union' : 'interface';
      problems.add(`${expected}, got the ${got} ${typeName}, which is not stored`, node.type);
      return undefined;
    }
    default:
      return undefined;
  }
}

/** What is inside a type's `!` and `[]`. */
export function unwrap(type: TypeNode): { typeName: string; nonNull: boolean; listDepth: number } {
  let listDepth = 0;
  let inner = type;
  while (inner.kind !== Kind.NAMED_TYPE) {
    if (inner.kind === Kind.LIST_TYPE) listDepth++;
    inner = inner.type;
  }
  return { typeName: inner.name.value, nonNull: type.kind === Kind.NON_NULL_TYPE, listDepth };
}
