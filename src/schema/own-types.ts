import type { FieldDefinitionNode, InputValueDefinitionNode, TypeDefinitionNode, TypeNode } from 'graphql';
import { Kind, print } from 'graphql';
import { appliedDirective } from './directives.ts';
import { isAppSyncInput } from './filter-inputs.ts';
import { unwrap } from './stored-types.ts';

/** How the user's own definition is compared with the generated one of its name. */
interface Comparison {
  /** What can be null is the user's to say, and so are more fields that are marked `@resolved`. */
  readonly nullable: boolean;
}

/**
 * In what a type of the user's own differs from the generated one of its name; a part of it is no difference.
 * Nor is another operator input for a field: AppSync filters an enum or a timestamp by those of text and numbers.
 */
export function differenceFrom(
  generated: TypeDefinitionNode,
  own: TypeDefinitionNode,
  { nullable }: Comparison,
): string | undefined {
  if (generated.kind !== own.kind) return 'of another kind';
  const known = membersOf(generated, nullable);
  const resolved = nullable ? resolvedNames(own) : new Set<string>();
  for (const [name, type] of membersOf(own, nullable)) {
    const expected = known.get(name);
    if (resolved.has(name)) continue;
    if (expected === undefined) return `with ${name}, which the generated one has not`;
    const isFilter = expected.endsWith('FilterInput') && expected !== generated.name.value;
    if (expected !== type && !(isFilter && isAppSyncInput(type))) {
      return `whose ${name} is ${type}, not ${expected}`;
    }
  }
  return undefined;
}

/** The generated definition, with what the user wrote of it as it was written. */
export function filledUp(own: TypeDefinitionNode, generated: TypeDefinitionNode): TypeDefinitionNode {
  if (
    own.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION &&
    generated.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION
  ) {
    return { ...generated, fields: merged(own.fields ?? [], generated.fields ?? []) };
  }
  if (own.kind === Kind.OBJECT_TYPE_DEFINITION && generated.kind === Kind.OBJECT_TYPE_DEFINITION) {
    const fields = merged(own.fields ?? [], generated.fields ?? []);
    return { ...generated, directives: own.directives ?? [], fields };
  }
  return generated;
}

/** Generated fields in their order, the user's in the place of those of their names, and the user's others. */
function merged<T extends FieldDefinitionNode | InputValueDefinitionNode>(
  own: readonly T[],
  generated: readonly T[],
): readonly T[] {
  const written = new Map(own.map((field) => [field.name.value, field]));
  const inPlace = generated.map((field) => written.get(field.name.value) ?? field);
  const names = new Set(generated.map((field) => field.name.value));
  return [...inPlace, ...own.filter((field) => !names.has(field.name.value))];
}

function membersOf(node: TypeDefinitionNode, nullable: boolean): ReadonlyMap<string, string> {
  switch (node.kind) {
    case Kind.ENUM_TYPE_DEFINITION:
      return new Map(node.values?.map((value) => [value.name.value, value.name.value]));
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_DEFINITION:
      return new Map(node.fields?.map((field) => [field.name.value, signature(field, nullable)]));
    default:
      return new Map();
  }
}

function signature(field: FieldDefinitionNode | InputValueDefinitionNode, nullable: boolean): string {
  const takesArguments = field.kind === Kind.FIELD_DEFINITION && (field.arguments?.length ?? 0) > 0;
  return `${nullable ? withoutNonNull(field.type) : print(field.type)}${takesArguments ? ' with arguments' : ''}`;
}

function withoutNonNull(type: TypeNode): string {
  const { typeName, listDepth } = unwrap(type);
  return '['.repeat(listDepth) + typeName + ']'.repeat(listDepth);
}

function resolvedNames(node: TypeDefinitionNode): ReadonlySet<string> {
  if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) return new Set();
  const resolved = node.fields?.filter((field) => appliedDirective(field, 'resolved'));
  return new Set(resolved?.map((field) => field.name.value));
}
