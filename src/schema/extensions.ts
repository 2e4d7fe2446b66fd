import type { ObjectTypeDefinitionNode, TypeDefinitionNode, TypeExtensionNode } from 'graphql';
import { Kind } from 'graphql';

/**
 * A definition with an extension's parts behind its own, each node keeping its place in the file;
 * `undefined` when the two are of different kinds.
 */
export function foldExtension(
  definition: TypeDefinitionNode,
  extension: TypeExtensionNode,
): TypeDefinitionNode | undefined {
  const directives = joined(definition.directives, extension.directives);
  if (definition.kind === Kind.OBJECT_TYPE_DEFINITION && extension.kind === Kind.OBJECT_TYPE_EXTENSION) {
    const interfaces = joined(definition.interfaces, extension.interfaces);
    return { ...definition, directives, interfaces, fields: joined(definition.fields, extension.fields) };
  }
  if (
    definition.kind === Kind.INTERFACE_TYPE_DEFINITION &&
    extension.kind === Kind.INTERFACE_TYPE_EXTENSION
  ) {
    const interfaces = joined(definition.interfaces, extension.interfaces);
    return { ...definition, directives, interfaces, fields: joined(definition.fields, extension.fields) };
  }
  if (
    definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION &&
    extension.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION
  ) {
    return { ...definition, directives, fields: joined(definition.fields, extension.fields) };
  }
  if (definition.kind === Kind.ENUM_TYPE_DEFINITION && extension.kind === Kind.ENUM_TYPE_EXTENSION) {
    return { ...definition, directives, values: joined(definition.values, extension.values) };
  }
  if (definition.kind === Kind.UNION_TYPE_DEFINITION && extension.kind === Kind.UNION_TYPE_EXTENSION) {
    return { ...definition, directives, types: joined(definition.types, extension.types) };
  }
  return undefined;
}

/** `extend type Subscription` where no such type is written: the root types are there without being written. */
export function rootFromExtension(extension: TypeExtensionNode): ObjectTypeDefinitionNode | undefined {
  if (extension.kind !== Kind.OBJECT_TYPE_EXTENSION) return undefined;
  return { ...extension, kind: Kind.OBJECT_TYPE_DEFINITION };
}

function joined<T>(own: readonly T[] | undefined, more: readonly T[] | undefined): readonly T[] {
  return [...(own ?? []), ...(more ?? [])];
}
