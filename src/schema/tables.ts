import type { ObjectTypeDefinitionNode } from 'graphql';
import { Kind } from 'graphql';
import type { TableArguments } from './directives.ts';
import { appliedDirective, readTableDirective } from './directives.ts';
import type { SchemaDocument } from './document.ts';
import { readKeys } from './keys.ts';
import type { EntityCondition, TableType } from './model.ts';
import type { Problems } from './problems.ts';
import type { StoredType, TypeNames } from './stored-types.ts';
import { readStoredType } from './stored-types.ts';
import { readWriter } from './writer.ts';

/** A type marked `@table`, before the schema it belongs to is built. */
export interface TableDraft extends StoredType {
  readonly table: string;
  /** `undefined` when no key could be made out, which is a problem. */
  readonly keys: TableType['keys'] | undefined;
  readonly where?: EntityCondition;
  /** The field that names who wrote an item. */
  readonly writer?: string;
}

/** Fields that would clash with the generated `filter` argument and the operators inside it. */
const RESERVED_FIELDS: ReadonlySet<string> = new Set(['filter', 'and', 'or', 'not']);

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
const TABLE_NAME = /^[a-zA-Z0-9_.-]{1,255}$/;

/** Names of the object types marked `@table`. */
export function tableTypeNames(document: SchemaDocument): ReadonlySet<string> {
  return new Set(tableNodes(document).map((node) => node.name.value));
}

/** Reads every type marked `@table`; a file without one is a problem. */
export function readTables(names: TypeNames, problems: Problems): readonly TableDraft[] {
  const nodes = tableNodes(names.document);
  if (nodes.length === 0) problems.add('expected at least one object type marked @table, got none');
  return nodes.map((node) => readTable(node, names, problems));
}

function tableNodes(document: SchemaDocument): readonly ObjectTypeDefinitionNode[] {
  return [...document.types.values()].filter(
    (node): node is ObjectTypeDefinitionNode =>
      node.kind === Kind.OBJECT_TYPE_DEFINITION && appliedDirective(node, 'table') !== undefined,
  );
}

function readTable(node: ObjectTypeDefinitionNode, names: TypeNames, problems: Problems): TableDraft {
  const name = node.name.value;
  const given: TableArguments = readTableDirective(node, problems) ?? {};
  const table = given.name ?? name;
  const directive = appliedDirective(node, 'table');
  if (!TABLE_NAME.test(table)) {
    problems.add(
      `expected a table name of 1 to 255 letters, digits, "_", "-" and ".", got ${JSON.stringify(table)}`,
      directive,
    );
  }
  if (Object.values(names.document.roots).includes(name)) {
    problems.add(`expected @table on a type of items, got it on the root type ${name}`, directive);
  }
  const stored = readStoredType(node, names, problems);
  checkFieldNames(stored, problems);
  const keys = readKeys(stored, given.key, names.document, problems);
  const { where } = given;
  const writer = readWriter(
    stored,
    given.writer,
    { keys: keys ?? [], ...(where ? { where } : {}) },
    problems,
  );
  return { ...stored, table, keys, ...(where ? { where } : {}), ...(writer === undefined ? {} : { writer }) };
}

/** A type that has a filter input cannot have fields that are called as the input's own members. */
export function checkFieldNames(type: StoredType, problems: Problems): void {
  for (const field of type.fields.values()) {
    if (!RESERVED_FIELDS.has(field.name)) continue;
    problems.add(
      `${type.name}.${field.name}: expected a field name other than filter, and, or, not (filters use them); ` +
        `name it differently and keep the stored name with @attribute(name: ${JSON.stringify(field.attribute)})`,
      field.node,
    );
  }
}
