import type { Model, TableType } from '../schema/model.ts';

/** The part of the generated file that GraphQL knows nothing of: tables and the context of resolvers. */
export interface TableTypes {
  readonly imports: readonly string[];
  readonly content: string;
  /** Name of the context's type. */
  readonly context: string;
  /** Table type → the type of its items. */
  readonly objects: ReadonlyMap<string, string>;
}

/**
 * Types for `context.tables`, by the schema's own names: what is stored, and nothing that a resolver answers, is what
 * `get` resolves with and what a resolver may return for a table type.
 */
export function tableTypes(model: Model): TableTypes {
  const taken = new Set(Object.keys(model.schema.getTypeMap()));
  const free = (wanted: string): string => {
    let name = wanted;
    while (taken.has(name)) name = `${name}_`;
    taken.add(name);
    return name;
  };
  const objects = new Map([...model.types.keys()].map((name) => [name, free(`${name}Item`)]));
  const [context, tables, table] = [free('ResolverContext'), free('ResolverTables'), free('ResolverTable')];
  const content = [
    ...[...model.types.values()].map((type) => itemType(type, objects.get(type.name) ?? type.name)),
    TABLE.replace('NAME', table),
    `/** Type name → its table. */\nexport type ${tables} = {\n${[...model.types.values()]
      .map((type) => `  readonly ${type.name}: ${tableOf(type, model, table, objects)};`)
      .join('\n')}\n};`,
    `/** What every resolver gets as its third argument. */\nexport type ${context} = Omit<OperationContext, 'tables'> & { readonly tables: ${tables} };`,
  ].join('\n\n');
  return { imports: ["import type { OperationContext } from 'tablecast';"], content, context, objects };
}

function itemType(type: TableType, name: string): string {
  const fields = [...type.fields.keys()].map((field) => `'${field}'`).join(' | ');
  return `/** ${type.name} as it is stored. */\nexport type ${name} = Pick<${type.name}, '__typename' | ${fields}>;`;
}

const TABLE = `/** One table, for code. Reads of one operation are batched and remembered. */
export type NAME<Item, Key extends keyof Item, Create, Update, Filter> = {
  get(key: Pick<Item, Key>): Promise<Item | null>;
  list(request?: {
    readonly filter?: Filter;
    /** Default 100, at most 1,000. */
    readonly limit?: number;
    readonly nextToken?: string | null;
  }): Promise<{ readonly items: readonly Item[]; readonly nextToken: string | null }>;
  /** Throws when the item exists. */
  create(input: Create): Promise<Item>;
  /** Throws when the item is missing. Fields left out stay, null removes. */
  update(input: Update): Promise<Item>;
  /** Throws when the item is missing; resolves with the item as it was. */
  delete(key: Pick<Item, Key>): Promise<Item>;
};`;

function tableOf(
  { name, keys }: TableType,
  { schema }: Model,
  table: string,
  objects: ReadonlyMap<string, string>,
): string {
  const item = objects.get(name) ?? name;
  const key = keys.map((field) => `'${field}'`).join(' | ');
  // A mutation written by hand may have done away with the generated input.
  const input = (action: string) =>
    schema.getType(`${action}${name}Input`) ? `${action}${name}Input` : `Partial<${item}>`;
  return `${table}<${item}, ${key}, ${input('Create')}, ${input('Update')}, Table${name}FilterInput>`;
}
