import type { GraphQLSchema } from 'graphql';
import { isObjectType } from 'graphql';
import type {
  FieldModel,
  Model,
  ResolvedField,
  SubscriptionField,
  TableOperation,
  TableType,
} from './model.ts';
import type { OperationDraft } from './operations.ts';
import type { SchemaRules } from './rules/read.ts';
import type { SubscriptionDraft } from './subscriptions.ts';
import type { TableDraft } from './tables.ts';

/** What a valid schema file was read into. */
interface Parts {
  readonly schema: GraphQLSchema;
  readonly tables: readonly TableDraft[];
  readonly operations: readonly OperationDraft[];
  readonly subscriptions: readonly SubscriptionDraft[];
  readonly resolved: readonly ResolvedField[];
  /** Absent where the file has no rule at all. */
  readonly rules: SchemaRules | undefined;
  readonly sdl: string;
}

/** The model of a valid file: drafts with the types of the schema that was built of them. */
export function assembleModel(parts: Parts): Model {
  const { schema, tables, rules, sdl } = parts;
  const types = new Map(tables.map((draft) => [draft.name, tableType(draft, schema, rules)]));
  const byTable = new Map<string, TableType[]>();
  for (const type of types.values()) {
    const sharing = byTable.get(type.table);
    if (sharing) sharing.push(type);
    else byTable.set(type.table, [type]);
  }
  const operations = (root: OperationDraft['root']) =>
    parts.operations
      .filter((draft) => draft.root === root)
      .map((draft) => [draft.name, tableOperation(draft, types)] as const);
  const subscriptions = parts.subscriptions.map((draft) => {
    const type =
      draft.source === 'published' ? tableType(draft.type, schema, rules) : known(types, draft.type.name);
    return [draft.name, subscriptionField(draft, type)] as const;
  });
  return {
    schema,
    queries: new Map(operations('query')),
    mutations: new Map(operations('mutation')),
    resolvedFields: new Map(parts.resolved.map((each) => [`${each.type}.${each.field}`, each])),
    types,
    tables: byTable,
    subscriptions: new Map(subscriptions),
    ...(rules && { access: rules.model }),
    sdl,
  };
}

function tableType(draft: TableDraft, schema: GraphQLSchema, rules: SchemaRules | undefined): TableType {
  const object = schema.getType(draft.name);
  if (!isObjectType(object) || !draft.keys) throw missing(draft.name);
  const fields = new Map<string, FieldModel>();
  for (const [name, { type }] of Object.entries(object.getFields())) {
    if (draft.resolved.has(name)) continue;
    const stored = draft.fields.get(name);
    if (!stored) throw missing(`${draft.name}.${name}`);
    const { attribute, kind, listDepth } = stored;
    fields.set(name, { name, attribute, kind, list: listDepth > 0, type });
  }
  const { name, table, keys, where } = draft;
  const writer = draft.writer === undefined ? undefined : known(fields, draft.writer);
  const access = rules && known(rules.types, name);
  return {
    name,
    table,
    keys,
    fields,
    ...(where && { where }),
    ...(writer && { writer }),
    ...(access && { access }),
  };
}

function tableOperation(
  { name, action, type }: OperationDraft,
  types: ReadonlyMap<string, TableType>,
): TableOperation {
  return { name, action, type: known(types, type.name) };
}

function subscriptionField(draft: SubscriptionDraft, type: TableType): SubscriptionField {
  const compared = new Map<string, FieldModel>();
  for (const [argument, fieldName] of draft.arguments) compared.set(argument, known(type.fields, fieldName));
  return { name: draft.name, type, source: draft.source, events: draft.events, arguments: compared };
}

function known<T>(entries: ReadonlyMap<string, T>, name: string): T {
  const entry = entries.get(name);
  if (entry === undefined) throw missing(name);
  return entry;
}

/** A fault of ours: a file whose parts do not fit has been refused before. */
function missing(path: string): TypeError {
  return new TypeError(`expected ${path} in the completed schema, got nothing`);
}
