import type { InputObjectTypeDefinitionNode, InputValueDefinitionNode, TypeDefinitionNode } from 'graphql';
import { Kind, print, visit } from 'graphql';
import type { SchemaDocument } from './document.ts';
import type { OperationDraft } from './operations.ts';
import { unwrap } from './stored-types.ts';
import type { WriteInput } from './write-inputs.ts';

type Inputs = ReadonlyMap<string, InputObjectTypeDefinitionNode>;

/** What the user's own inputs are compared with. */
interface InputNames {
  /** The user's types. */
  readonly types: ReadonlyMap<string, TypeDefinitionNode>;
  /** Inputs generated of the object types inside items, by name. */
  readonly nested: Inputs;
}

/**
 * Name → in what the user's own input of a mutation differs from the generated one, of which it must be a part: fewer
 * fields, nullable or not as the user likes, and inputs of other names for the object types inside. What is a part is
 * kept as it is written, not filled up: an export leaves `id` out of `CreateTodoInput` so that the server makes it.
 * Where the user wrote the mutation otherwise too, its input is the user's altogether.
 * @param definitions the generated definitions by name
 */
export function inputDifferences(
  inputs: readonly WriteInput[],
  definitions: ReadonlyMap<string, TypeDefinitionNode>,
  document: SchemaDocument,
  operations: readonly OperationDraft[],
): ReadonlyMap<string, string> {
  const generated = inputDefinitions(inputs, definitions);
  const nested = inputDefinitions(
    inputs.filter((input) => input.role === 'nested'),
    definitions,
  );
  const used = usedInputs(operations, generated, document);
  const differences = new Map<string, string>();
  for (const input of inputs) {
    const own = document.types.get(input.name);
    const definition = generated.get(input.name);
    if (!own || !definition || !used.has(input.name)) continue;
    const difference =
      partDifference(definition, own, { types: document.types, nested }, new Set()) ?? missingKey(input, own);
    if (difference) differences.set(input.name, difference);
  }
  return differences;
}

function inputDefinitions(
  inputs: readonly WriteInput[],
  definitions: ReadonlyMap<string, TypeDefinitionNode>,
): Inputs {
  return new Map(
    inputs.flatMap(({ name }) => {
      const definition = definitions.get(name);
      return definition?.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ? [[name, definition] as const] : [];
    }),
  );
}

/** Names of the inputs of those mutations that tables answer, and of the generated ones inside them. */
function usedInputs(
  operations: readonly OperationDraft[],
  generated: Inputs,
  { types }: SchemaDocument,
): ReadonlySet<string> {
  const used = new Set<string>();
  const queue = operations.flatMap(({ node }) => namesIn(node));
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const definition = generated.get(name);
    if (!definition || used.has(name)) continue;
    used.add(name);
    if (!types.has(name)) queue.push(...namesIn(definition));
  }
  return used;
}

function namesIn(node: OperationDraft['node'] | InputObjectTypeDefinitionNode): readonly string[] {
  const names: string[] = [];
  visit(node, { [Kind.NAMED_TYPE]: ({ name }) => void names.push(name.value) });
  return names;
}

function missingKey(input: WriteInput, own: TypeDefinitionNode): string | undefined {
  if (own.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) return undefined;
  const fields = new Set(own.fields?.map((field) => field.name.value));
  const missing = input.required.find((name) => !fields.has(name));
  if (missing === undefined) return undefined;
  const reason = input.role === 'create' ? ', and the server makes keys of type ID alone' : '';
  return `without the key field ${missing}${reason}`;
}

function partDifference(
  generated: InputObjectTypeDefinitionNode,
  own: TypeDefinitionNode,
  names: InputNames,
  compared: Set<string>,
): string | undefined {
  if (own.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) return 'of another kind';
  const pair = `${generated.name.value} ${own.name.value}`;
  if (compared.has(pair)) return undefined;
  compared.add(pair);
  const known = new Map(generated.fields?.map((field) => [field.name.value, field]));
  for (const field of own.fields ?? []) {
    const name = field.name.value;
    const expected = known.get(name);
    if (!expected) return `with ${name}, which the generated one has not`;
    const difference = fieldDifference(expected, field, names, compared);
    if (difference) return difference;
  }
  return undefined;
}

function fieldDifference(
  expected: InputValueDefinitionNode,
  own: InputValueDefinitionNode,
  names: InputNames,
  compared: Set<string>,
): string | undefined {
  const [one, other] = [unwrap(expected.type), unwrap(own.type)];
  const nested = names.nested.get(one.typeName);
  const inside = nested && names.types.get(other.typeName);
  if (nested && inside && one.listDepth === other.listDepth) {
    const difference = partDifference(nested, inside, names, compared);
    return difference && `whose ${own.name.value} is of the type ${other.typeName}, one ${difference}`;
  }
  if (one.typeName === other.typeName && one.listDepth === other.listDepth) return undefined;
  return `whose ${own.name.value} is ${print(own.type)}, not ${print(expected.type)}`;
}
