import type { GraphQLOutputType, GraphQLSchema } from 'graphql';
import type { ModelAccess, TypeAccess } from './access.ts';

/** How a field's values compare and encode. Every scalar that is not listed behaves as `String` does. */
export type FieldKind =
  | 'ID'
  | 'String'
  | 'Int'
  | 'Float'
  | 'Decimal'
  | 'Boolean'
  | 'Enum'
  | 'JSON'
  | 'Object';

/** One field of a table type. */
export interface FieldModel {
  /** Name in the API. */
  readonly name: string;
  /** Name of the stored attribute: the field's own, unless `@attribute(name:)` says another. */
  readonly attribute: string;
  readonly kind: FieldKind;
  /** True for `[T]`: only `contains`/`notContains`/`attributeExists` filter it, and no argument is made of it. */
  readonly list: boolean;
  readonly type: GraphQLOutputType;
}

/** Which items of a shared table are of this type: `@table(where: …)`. */
export type EntityCondition =
  | { readonly attribute: string; readonly equals: string }
  | { readonly attribute: string; readonly beginsWith: string };

/** An object type marked `@table`. */
export interface TableType {
  readonly name: string;
  /** Table name as the schema writes it (`@table(name:)`, by default the type's name). */
  readonly table: string;
  /** API names of the key fields: partition key, then sort key if there is one. */
  readonly keys: readonly [string] | readonly [string, string];
  readonly where?: EntityCondition;
  /** Stored fields alone: a field that a resolver answers is in `Model.resolvedFields`. */
  readonly fields: ReadonlyMap<string, FieldModel>;
  /** The field that names who wrote an item: `@table(writer: "updatedBy")`. */
  readonly writer?: FieldModel;
  /** Who may do what with its items. Absent where the schema has no rule at all: then whoever is let in may do anything. */
  readonly access?: TypeAccess;
}

/** What of a table type fires a subscription field. `change` is enter, update and leave of the filtered set. */
export type SubscriptionEvent = 'create' | 'update' | 'delete' | 'change';

/** One field of the Subscription type. */
export interface SubscriptionField {
  readonly name: string;
  /**
   * What is delivered. For a field that code feeds (`@published`), a table type in all but that no table holds it: its
   * `table` is `publish/` and the field's name, its `keys` are of no meaning, and it is not among `Model.types`.
   */
  readonly type: TableType;
  /** Who feeds it: the stream of a table, or `publish()`. */
  readonly source: 'table' | 'published';
  /** One event for generated fields; a hand-written one may list several with `@aws_subscribe`. */
  readonly events: ReadonlySet<SubscriptionEvent>;
  /** Argument name → the field it is compared with by equality. Does not hold `filter`. */
  readonly arguments: ReadonlyMap<string, FieldModel>;
}

/** What a generated field of Query or Mutation does. */
export type TableAction = 'get' | 'list' | 'create' | 'update' | 'delete';

/** One generated field of Query or Mutation: `getTodo`, `listTodos`, `createTodo`, `updateTodo`, `deleteTodo`. */
export interface TableOperation {
  readonly name: string;
  readonly action: TableAction;
  readonly type: TableType;
}

/** A field that only a resolver of the user's can answer. */
export interface ResolvedField {
  /** Name of the object type, which may be a root type. */
  readonly type: string;
  readonly field: string;
}

/** The completed API of one schema file. */
export interface Model {
  /**
   * Completed and executable: every object type fed by images has its resolvers. A field of such a type reads its
   * attribute from an image (a null-prototype object of attributes) and its own name from any other object.
   */
  readonly schema: GraphQLSchema;
  /**
   * Fields of Query that tables answer, by name: the generated ones, written out by the user or not. Those the user wrote
   * otherwise, or marked `@resolved`, are among `resolvedFields` instead.
   */
  readonly queries: ReadonlyMap<string, TableOperation>;
  /** The same of Mutation. */
  readonly mutations: ReadonlyMap<string, TableOperation>;
  /**
   * `Type.field` → fields that need a resolver: hand-written fields of Query and Mutation, and fields of stored types
   * that take arguments or return a table type or a page of one, or are marked `@resolved`; of other object types, which
   * are read by field name, those that take arguments or are marked.
   */
  readonly resolvedFields: ReadonlyMap<string, ResolvedField>;
  /** Type name → table type. */
  readonly types: ReadonlyMap<string, TableType>;
  /** Table name as the schema writes it → the types that live in it (several only with `where`). */
  readonly tables: ReadonlyMap<string, readonly TableType[]>;
  /** Subscription field name → its source. */
  readonly subscriptions: ReadonlyMap<string, SubscriptionField>;
  /** Absent where the schema has no rule at all. */
  readonly access?: ModelAccess;
  /** The completed schema as SDL, directives included. */
  readonly sdl: string;
}
