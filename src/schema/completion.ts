import type { TypeDefinitionNode } from 'graphql';
import { parseType } from './definitions.ts';
import type { SchemaDocument } from './document.ts';
import type { Generated } from './filter-inputs.ts';
import { connectionTypes, subscriptionTypes } from './generated-types.ts';
import type { OperationDraft } from './operations.ts';
import { inputDifferences } from './own-inputs.ts';
import { differenceFrom, filledUp } from './own-types.ts';
import type { Problems } from './problems.ts';
import { completeRoots } from './root-types.ts';
import type { StoredType } from './stored-types.ts';
import type { TableDraft } from './tables.ts';
import { writeInputs } from './write-inputs.ts';

/** What a file's types are completed from. */
export interface Sources {
  readonly document: SchemaDocument;
  readonly tables: readonly TableDraft[];
  /** Object types inside the items of tables. */
  readonly nested: readonly StoredType[];
  /** Published types that subscriptions filter. */
  readonly filtered: readonly StoredType[];
  readonly operations: readonly OperationDraft[];
}

/**
 * The user's types and ours: name → definition, what the user wrote first. A type of the user's that has a generated
 * one's name must be a part of it, as in a schema exported from AppSync, and is filled up to the whole; the inputs of
 * mutations are kept as they are written.
 */
export function completeTypes(sources: Sources, problems: Problems): ReadonlyMap<string, TypeDefinitionNode> {
  const { document, tables, nested, filtered, operations } = sources;
  const types = new Map(document.types);
  completeRoots(document, tables, operations, types, problems);
  const inputs = writeInputs(tables, nested);
  const generated = withoutRepeats(
    [...connectionTypes(tables), ...inputs, ...subscriptionTypes(tables, filtered)],
    document,
    problems,
  );
  const definitions = new Map(generated.map((one) => [one.name, parseType(one.sdl)]));
  const differences = inputDifferences(inputs, definitions, document, operations);
  for (const one of generated) {
    const definition = definitions.get(one.name);
    const own = document.types.get(one.name);
    if (!definition) continue;
    if (!own) {
      types.set(one.name, definition);
      continue;
    }
    const isInput = inputs.some((input) => input === one);
    const difference = isInput ? differences.get(one.name) : ofType(one, definition, own);
    if (difference) {
      problems.add(
        `${one.name} is generated for ${one.origin}; expected no other type of this name, got one ${difference}`,
        own.name,
      );
    }
    if (!isInput) types.set(one.name, difference ? definition : filledUp(own, definition));
  }
  return types;

  function ofType(one: Generated, definition: TypeDefinitionNode, own: TypeDefinitionNode) {
    if (tables.some((type) => type.name === one.name)) return 'marked @table';
    return differenceFrom(definition, own, { nullable: one.nullable === true });
  }
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
