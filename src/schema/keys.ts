import { Kind, print } from 'graphql';
import { appliedDirective } from './directives.ts';
import type { SchemaDocument } from './document.ts';
import type { FieldKind, TableType } from './model.ts';
import type { Problems } from './problems.ts';
import { fieldsOf } from './root-fields.ts';
import type { StoredField, StoredType } from './stored-types.ts';
import { unwrap } from './stored-types.ts';
import { writeInputName } from './write-inputs.ts';

/** Kinds whose values DynamoDB takes in a key: text and numbers. */
const KEY_KINDS: ReadonlySet<FieldKind> = new Set<FieldKind>([
  'ID',
  'String',
  'Enum',
  'Int',
  'Float',
  'Decimal',
]);

/**
 * The key fields of a table type: those `@table(key:)` names; else, as an export has them, the fields of the file's own
 * `Delete…Input`; else the first of type `ID!`; else the first that can be a partition key. `undefined` when there is
 * none, which is a problem.
 */
export function readKeys(
  type: StoredType,
  given: readonly string[] | undefined,
  document: SchemaDocument,
  problems: Problems,
): TableType['keys'] | undefined {
  if (given) return givenKeys(type, given, problems);
  return exportedKeys(type, document) ?? defaultKeys(type, problems);
}

/**
 * AppSync makes `Delete…Input` of the key alone, and the arguments of `get…` in the key's order. Nothing is told by an
 * input whose mutation the user wrote otherwise, or whose fields cannot be a key. That they can be null in the type is
 * no hindrance: exports have that.
 */
function exportedKeys(type: StoredType, document: SchemaDocument): TableType['keys'] | undefined {
  const { name } = type;
  const input = document.types.get(writeInputName('delete', name));
  if (input?.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) return undefined;
  const mutation = fieldsOf(document, document.roots.mutation).get(`delete${name}`);
  if (mutation && (appliedDirective(mutation, 'resolved') || unwrap(mutation.type).typeName !== name)) {
    return undefined;
  }
  const names = new Set(input.fields?.map((field) => field.name.value));
  const get = fieldsOf(document, document.roots.query).get(`get${name}`);
  const asked =
    get?.arguments?.map((argument) => argument.name.value).filter((each) => names.has(each)) ?? [];
  const [partition, sort, ...more] = new Set([...asked, ...names]);
  const fields = [...names].map((each) => type.fields.get(each));
  if (partition === undefined || more.length > 0 || !fields.every((field) => field && canHoldKey(field))) {
    return undefined;
  }
  return sort === undefined ? [partition] : [partition, sort];
}

function canBeKey(field: StoredField): boolean {
  return field.nonNull && canHoldKey(field);
}

function canHoldKey(field: StoredField): boolean {
  return field.listDepth === 0 && KEY_KINDS.has(field.kind);
}

function defaultKeys(type: StoredType, problems: Problems): TableType['keys'] | undefined {
  const possible = [...type.fields.values()].filter(canBeKey);
  const key = possible.find((field) => field.typeName === 'ID') ?? possible[0];
  if (key) return [key.name];
  problems.add(
    `${type.name}: expected a non-null text or number field to be the key, such as id: ID!, got none; ` +
      'or name the key fields by @table(key: ["…"])',
    type.node.name,
  );
  return undefined;
}

function givenKeys(
  type: StoredType,
  given: readonly string[],
  problems: Problems,
): TableType['keys'] | undefined {
  const directive = appliedDirective(type.node, 'table');
  const place = directive?.arguments?.find((argument) => argument.name.value === 'key') ?? directive;
  const fields = new Set<string>();
  for (const name of given) {
    const field = type.fields.get(name);
    if (!field) {
      const known = [...type.fields.keys()].join(', ');
      problems.add(`expected @table(key:) to name fields of ${type.name} (${known}), got ${name}`, place);
    } else if (!canBeKey(field)) {
      problems.add(
        `expected the key field ${type.name}.${name} to be a non-null text or number, got ${print(field.node.type)}`,
        field.node.type,
      );
    }
    fields.add(name);
  }
  const [partition, sort, ...more] = fields;
  if (partition === undefined || more.length > 0 || fields.size < given.length) {
    problems.add(
      'expected @table(key:) to name a partition key and at most one sort key, ' +
        `got ${given.length === 0 ? 'none' : given.join(', ')}`,
      place,
    );
  }
  if (partition === undefined) return undefined;
  return sort === undefined ? [partition] : [partition, sort];
}
