import type { ObjectTypeDefinitionNode, TypeDefinitionNode } from 'graphql';
import { isTypeDefinitionNode, Kind, parse } from 'graphql';

/** One generated type, parsed without locations: nothing in it is a place in the user's file. */
export function parseType(sdl: string): TypeDefinitionNode {
  const [definition] = parse(sdl, { noLocation: true }).definitions.filter(isTypeDefinitionNode);
  if (!definition) throw new TypeError(`expected the SDL of a type, got ${sdl}`);
  return definition;
}

/** The same, of an object type. */
export function parseObjectType(sdl: string): ObjectTypeDefinitionNode {
  const definition = parseType(sdl);
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) {
    throw new TypeError(`expected the SDL of an object type, got ${definition.kind}`);
  }
  return definition;
}
