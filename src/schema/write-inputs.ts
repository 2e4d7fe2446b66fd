import type { TypeNode } from 'graphql';
import { Kind, print } from 'graphql';
import type { Generated } from './filter-inputs.ts';
import type { StoredField, StoredType } from './stored-types.ts';
import type { TableDraft } from './tables.ts';

/** The input of a mutation, or one inside it. */
export interface WriteInput extends Generated {
  readonly role: 'create' | 'update' | 'delete' | 'nested';
  /** The fields that an input of this name must have, whoever wrote it. */
  readonly required: readonly string[];
}

/** `CreateTodoInput`, `UpdateTodoInput`, `DeleteTodoInput`. */
export function writeInputName(action: 'create' | 'update' | 'delete', typeName: string): string {
  return `${action.charAt(0).toUpperCase()}${action.slice(1)}${typeName}Input`;
}

/** Name of the input made of an object type that is stored inside items: `SizeInput`. */
export function nestedInputName(typeName: string): string {
  return `${typeName}Input`;
}

/**
 * The inputs of all mutations. Create has every stored field with the type it has in the object type; update the key,
 * and every other field nullable; delete the key alone. Object types inside items become inputs of their own. The
 * attribute of `@table(where:)` is not the client's to choose: create writes an `equals` (a `beginsWith` it asks for),
 * and update leaves it alone unless it is part of the key.
 */
export function writeInputs(
  tables: readonly TableDraft[],
  nested: readonly StoredType[],
): readonly WriteInput[] {
  const inside = writable(nested);
  const has = (field: StoredField) => field.kind !== 'Object' || inside.has(field.typeName);
  const nestedInputs = nested
    .filter((type) => inside.has(type.name))
    .map((type) => writeInput('nested', type.name, [...type.fields.values()].filter(has).map(asStored), []));
  return [...tables.flatMap((type) => inputsOf(type, has)), ...nestedInputs];
}

function inputsOf(type: TableDraft, has: (field: StoredField) => boolean): readonly WriteInput[] {
  const keys: readonly string[] = type.keys ?? [];
  const isKey = (field: StoredField) => keys.includes(field.name);
  const written = (field: StoredField) => (isKey(field) ? asKey(field) : asStored(field));
  const fields = [...type.fields.values()].filter(has);
  const { where } = type;
  const isSet = (field: StoredField) => where !== undefined && field.attribute === where.attribute;
  const created = fields.filter((field) => !(isSet(field) && where && 'equals' in where));
  const updated = fields.filter((field) => isKey(field) || !isSet(field));
  // The server makes a key of type ID; no other.
  const asked = created.filter((field) => isKey(field) && field.typeName !== 'ID');
  return [
    writeInput('create', type.name, (created.length > 0 ? created : fields).map(written), names(asked)),
    writeInput(
      'update',
      type.name,
      updated.map((field) => (isKey(field) ? asKey(field) : asNullable(field))),
      keys,
    ),
    writeInput('delete', type.name, fields.filter(isKey).map(asKey), keys),
  ];
}

function writeInput(
  role: WriteInput['role'],
  typeName: string,
  fields: readonly string[],
  required: readonly string[],
): WriteInput {
  const name = role === 'nested' ? nestedInputName(typeName) : writeInputName(role, typeName);
  // None where no key could be made out, which is a problem of its own.
  const sdl = fields.length > 0 ? `input ${name} {\n  ${fields.join('\n  ')}\n}` : `input ${name}`;
  return { name, sdl, origin: `the type ${typeName}`, owner: typeName, role, required };
}

function asStored(field: StoredField): string {
  return `${field.name}: ${inputType(field.node.type, field)}`;
}

/** A key an export lets be null in the type is never null in an item. */
function asKey(field: StoredField): string {
  return `${asNullable(field)}!`;
}

function asNullable(field: StoredField): string {
  const { type } = field.node;
  return `${field.name}: ${inputType(type.kind === Kind.NON_NULL_TYPE ? type.type : type, field)}`;
}

/** The type of a field, its lists and non-nulls as they are, as an input has it. */
function inputType(type: TypeNode, field: StoredField): string {
  if (type.kind === Kind.NON_NULL_TYPE) return `${inputType(type.type, field)}!`;
  if (type.kind === Kind.LIST_TYPE) return `[${inputType(type.type, field)}]`;
  return field.kind === 'Object' ? nestedInputName(field.typeName) : print(type);
}

/** Names of the object types with something to write in them, however deep; no input is made of the others. */
function writable(nested: readonly StoredType[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const { name, fields } of nested) {
      const stored = [...fields.values()];
      if (stored.some((field) => field.kind !== 'Object' || found.has(field.typeName))) found.add(name);
    }
  }
  return found;
}

function names(fields: readonly StoredField[]): readonly string[] {
  return fields.map((field) => field.name);
}
