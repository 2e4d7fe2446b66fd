import type { GraphQLSchema } from 'graphql';
import { isObjectType } from 'graphql';
import type { FieldModel, Model, SubscriptionField, TableType } from './model.ts';
import type { SubscriptionDraft } from './subscriptions.ts';
import type { TableDraft } from './tables.ts';

/** What a valid schema file was read into. */
interface Parts {
  readonly schema: GraphQLSchema;
  readonly tables: readonly TableDraft[];
  readonly subscriptions: readonly SubscriptionDraft[];
  readonly sdl: string;
}

/** The model of a valid file: drafts with the types of the schema that was built of them. */
export function assembleModel({ schema, tables, subscriptions, sdl }: Parts): Model {
  const types = new Map(tables.map((draft) => [draft.name, tableType(draft, schema)]));
  const byTable = new Map<string, TableType[]>();
  for (const type of types.values()) {
    const sharing = byTable.get(type.table);
    if (sharing) sharing.push(type);
    else byTable.set(type.table, [type]);
  }
  const fields = subscriptions.map((draft) => [draft.name, subscriptionField(draft, types)] as const);
  return { schema, types, tables: byTable, subscriptions: new Map(fields), sdl };
}

function tableType(draft: TableDraft, schema: GraphQLSchema): TableType {
  const object = schema.getType(draft.name);
  if (!isObjectType(object) || !draft.keys) throw missing(draft.name);
  const fields = new Map<string, FieldModel>();
  for (const [name, { type }] of Object.entries(object.getFields())) {
    const stored = draft.fields.get(name);
    if (!stored) throw missing(`${draft.name}.${name}`);
    const { attribute, kind, listDepth } = stored;
    fields.set(name, { name, attribute, kind, list: listDepth > 0, type });
  }
  const { name, table, keys, where } = draft;
  return { name, table, keys, fields, ...(where ? { where } : {}) };
}

function subscriptionField(
  draft: SubscriptionDraft,
  types: ReadonlyMap<string, TableType>,
): SubscriptionField {
  const type = types.get(draft.type.name);
  if (!type) throw missing(draft.type.name);
  const compared = new Map<string, FieldModel>();
  for (const [argument, fieldName] of draft.arguments) {
    const field = type.fields.get(fieldName);
    if (!field) throw missing(`${type.name}.${fieldName}`);
    compared.set(argument, field);
  }
  return { name: draft.name, type, events: draft.events, arguments: compared };
}

/** A fault of ours: a file whose parts do not fit has been refused before. */
function missing(path: string): TypeError {
  return new TypeError(`expected ${path} in the completed schema, got nothing`);
}
