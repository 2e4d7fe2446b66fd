import type { FieldDefinitionNode, InputValueDefinitionNode, TypeDefinitionNode } from 'graphql';
import { Kind, print } from 'graphql';
import { parseObjectType, parseType } from './definitions.ts';
import type { SchemaDocument } from './document.ts';
import type { Generated } from './filter-inputs.ts';
import { isAppSyncInput } from './filter-inputs.ts';
import { generatedTypes, queryType } from './generated-types.ts';
import type { Problems } from './problems.ts';
import { subscriptionFields } from './subscription-fields.ts';
import type { TableDraft } from './tables.ts';

/**
 * The user's types and ours: name → definition, what the user wrote first. A type of the user's that has a generated
 * one's name must be a part of it, as in a schema exported from AppSync, and is filled up to the whole.
 */
export function completeTypes(
  document: SchemaDocument,
  tables: readonly TableDraft[],
  problems: Problems,
): ReadonlyMap<string, TypeDefinitionNode> {
  const types = new Map(document.types);
  completeSubscription(document, tables, types, problems);
  if (!types.has(document.roots.query)) types.set(document.roots.query, queryType(document.roots.query));
  for (const generated of withoutRepeats(generatedTypes(tables), document, problems)) {
    const { name, origin } = generated;
    const definition = parseType(generated.sdl);
    const own = document.types.get(name);
    const isTable = tables.some((type) => type.name === name);
    const difference = own && (isTable ? 'marked @table' : differenceFrom(definition, own));
    if (own && difference) {
      problems.add(
        `${name} is generated for ${origin}; expected no other type of this name, got one ${difference}`,
        own.name,
      );
    }
    types.set(name, own && !difference ? filledUp(own, definition) : definition);
  }
  return types;
}

/** Two types can ask for the same name, as an enum `StringList` and a field of type `[String]` do. */
function withoutRepeats(
  generated: readonly Generated[],
  document: SchemaDocument,
  problems: Problems,
): readonly Generated[] {
  const byName = new Map<string, Generated>();
  for (const one of generated) {
    const other = byName.get(one.name);
    if (other) {
      problems.add(
        `expected ${one.name} to be generated once, got it for ${other.origin} and for ${one.origin}; rename one of them`,
        (document.types.get(one.owner ?? '') ?? document.types.get(other.owner ?? ''))?.name,
      );
    } else byName.set(one.name, one);
  }
  return [...byName.values()];
}

function completeSubscription(
  { roots, types: written }: SchemaDocument,
  tables: readonly TableDraft[],
  types: Map<string, TypeDefinitionNode>,
  problems: Problems,
): void {
  const name = roots.subscription;
  const own = written.get(name);
  if (own && own.kind !== Kind.OBJECT_TYPE_DEFINITION) {
    problems.add(`expected ${name} to be an object type, as it is the root of subscriptions`, own.name);
    return;
  }
  const ownFields = own?.fields ?? [];
  const ownNames = new Set(ownFields.map((field) => field.name.value));
  const added = tables.flatMap(subscriptionFields).filter((field) => !ownNames.has(field.name.value));
  const fields = [...ownFields, ...added];
  if (own) types.set(name, { ...own, fields });
  else if (fields.length > 0) types.set(name, { ...parseObjectType(`type ${name} { _: Boolean }`), fields });
}

/**
 * In what a type of the user's own differs from the generated one of its name; a part of it is no difference.
 * Nor is another operator input for a field: AppSync filters an enum or a timestamp by those of text and numbers.
 */
function differenceFrom(generated: TypeDefinitionNode, own: TypeDefinitionNode): string | undefined {
  if (generated.kind !== own.kind) return 'of another kind';
  const known = membersOf(generated);
  for (const [name, type] of membersOf(own)) {
    const expected = known.get(name);
    if (expected === undefined) return `with ${name}, which the generated one has not`;
    const isFilter = expected.endsWith('FilterInput') && expected !== generated.name.value;
    if (expected !== type && !(isFilter && isAppSyncInput(type))) {
      return `whose ${name} is ${type}, not ${expected}`;
    }
  }
  return undefined;
}

/** The generated definition, with what the user wrote of it as it was written. */
function filledUp(own: TypeDefinitionNode, generated: TypeDefinitionNode): TypeDefinitionNode {
  if (
    own.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION ||
    generated.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION
  ) {
    return generated;
  }
  const written = new Map(own.fields?.map((field) => [field.name.value, field]));
  return {
    ...generated,
    fields: (generated.fields ?? []).map((field) => written.get(field.name.value) ?? field),
  };
}

function membersOf(node: TypeDefinitionNode): ReadonlyMap<string, string> {
  switch (node.kind) {
    case Kind.ENUM_TYPE_DEFINITION:
      return new Map(node.values?.map((value) => [value.name.value, value.name.value]));
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_DEFINITION:
      return new Map(node.fields?.map((field) => [field.name.value, signature(field)]));
    default:
      return new Map();
  }
}

function signature(field: FieldDefinitionNode | InputValueDefinitionNode): string {
  const takesArguments = field.kind === Kind.FIELD_DEFINITION && (field.arguments?.length ?? 0) > 0;
  return `${print(field.type)}${takesArguments ? ' with arguments' : ''}`;
}
