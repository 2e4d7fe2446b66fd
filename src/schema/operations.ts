import type { FieldDefinitionNode, InputValueDefinitionNode, TypeNode } from 'graphql';
import { parseObjectType } from './definitions.ts';
import { appliedDirective } from './directives.ts';
import type { SchemaDocument } from './document.ts';
import { filterInputName } from './filter-inputs.ts';
import { connectionTypeName } from './generated-types.ts';
import type { TableAction } from './model.ts';
import { fieldsOf } from './root-fields.ts';
import { unwrap } from './stored-types.ts';
import { writesOf } from './subscription-fields.ts';
import type { TableDraft } from './tables.ts';
import { writeInputName } from './write-inputs.ts';

/** A field of Query or Mutation that the tables answer, before the schema it belongs to is built. */
export interface OperationDraft {
  readonly name: string;
  readonly root: 'query' | 'mutation';
  readonly action: TableAction;
  readonly type: TableDraft;
  /** The field as it is generated. */
  readonly node: FieldDefinitionNode;
  /** True when the user wrote the field too, as an export has it; what they wrote is kept. */
  readonly written: boolean;
}

/**
 * The queries and mutations of the table types, without those that the user wrote otherwise: a hand-written field of a
 * generated name wins, and is the tables' to answer only while it has the generated arguments (or, of a list, some of
 * them) and return type, nullable or not, and is not marked `@resolved`.
 */
export function readOperations(
  document: SchemaDocument,
  tables: readonly TableDraft[],
): readonly OperationDraft[] {
  const own = {
    query: fieldsOf(document, document.roots.query),
    mutation: fieldsOf(document, document.roots.mutation),
  };
  return tables.flatMap(operationsOf).flatMap((operation) => {
    const written = own[operation.root].get(operation.name);
    const plurals = operation.action === 'list' ? otherPlurals(operation, own.query) : [];
    if (!written) return [{ ...operation, written: false }, ...plurals];
    return isSame(written, operation) ? [{ ...operation, written: true }, ...plurals] : plurals;
  });
}

/** Lists the user wrote by another plural than the plain `s`, as newer exports have them: `listCategories`, `listMetadata`. */
function otherPlurals(
  list: Unwritten,
  own: ReadonlyMap<string, FieldDefinitionNode>,
): readonly OperationDraft[] {
  const { name } = list.type;
  const plurals = [name, `${name}S`, `${name}es`, ...(name.endsWith('y') ? [`${name.slice(0, -1)}ies`] : [])];
  return plurals.flatMap((plural) => {
    const written = own.get(`list${plural}`);
    return written && isSame(written, list) ? { ...list, name: written.name.value, written: true } : [];
  });
}

type Unwritten = Omit<OperationDraft, 'written'>;

/** Names and types as AppSync's import of a table makes them; the plural is a plain `s`. */
function operationsOf(type: TableDraft): readonly Unwritten[] {
  const { name } = type;
  const [create, update, remove] = writesOf(name);
  const keys = (type.keys ?? []).map((key) => `${key}: ${type.fields.get(key)?.typeName ?? 'ID'}!`);
  const get = `get${name}${keys.length > 0 ? `(${keys.join(', ')})` : ''}: ${name}`;
  const list = `list${name}s(filter: ${filterInputName(name)}, limit: Int, nextToken: String): ${connectionTypeName(name)}`;
  const input = (action: 'create' | 'update' | 'delete') => `input: ${writeInputName(action, name)}!`;
  return [
    operation('query', 'get', get, `One ${name} by its key; null when there is none.`),
    operation('query', 'list', list, `A page of the ${name} items that the filter selects.`),
    operation(
      'mutation',
      'create',
      `${create}(${input('create')}): ${name}`,
      `Creates a ${name}; an error when one of its key is there.`,
    ),
    operation(
      'mutation',
      'update',
      `${update}(${input('update')}): ${name}`,
      `Updates a ${name} that is there: fields left out stay, null takes a field away.`,
    ),
    operation(
      'mutation',
      'delete',
      `${remove}(${input('delete')}): ${name}`,
      `Deletes a ${name} that is there; the answer is the item as it was.`,
    ),
  ];

  function operation(
    root: OperationDraft['root'],
    action: TableAction,
    signature: string,
    description: string,
  ): Unwritten {
    const [node] = parseObjectType(`type Root { "${description}" ${signature} }`).fields ?? [];
    if (!node) throw new TypeError(`expected the SDL of a field, got ${signature}`);
    return { name: node.name.value, root, action, type, node };
  }
}

function isSame(own: FieldDefinitionNode, { action, node }: Unwritten): boolean {
  if (appliedDirective(own, 'resolved') || !isSameType(own.type, node.type)) return false;
  const written = own.arguments ?? [];
  const generated = node.arguments ?? [];
  const isKnown = (argument: InputValueDefinitionNode) =>
    generated.some((one) => one.name.value === argument.name.value && isSameType(one.type, argument.type));
  return written.every(isKnown) && (action === 'list' || written.length === generated.length);
}

/** The same but for what may be null. */
function isSameType(one: TypeNode, other: TypeNode): boolean {
  const [a, b] = [unwrap(one), unwrap(other)];
  return a.typeName === b.typeName && a.listDepth === b.listDepth;
}
