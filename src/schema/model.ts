import type { GraphQLOutputType, GraphQLSchema } from 'graphql';

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
  readonly fields: ReadonlyMap<string, FieldModel>;
}

/** What of a table type fires a subscription field. `change` is enter, update and leave of the filtered set. */
export type SubscriptionEvent = 'create' | 'update' | 'delete' | 'change';

/** One field of the Subscription type that a table type feeds. */
export interface SubscriptionField {
  readonly name: string;
  readonly type: TableType;
  /** One event for generated fields; a hand-written one may list several with `@aws_subscribe`. */
  readonly events: ReadonlySet<SubscriptionEvent>;
  /** Argument name → the field it is compared with by equality. Does not hold `filter`. */
  readonly arguments: ReadonlyMap<string, FieldModel>;
}

/** The completed API of one schema file. */
export interface Model {
  /** Completed and executable: every object type fed by images has its resolvers. */
  readonly schema: GraphQLSchema;
  /** Type name → table type. */
  readonly types: ReadonlyMap<string, TableType>;
  /** Table name as the schema writes it → the types that live in it (several only with `where`). */
  readonly tables: ReadonlyMap<string, readonly TableType[]>;
  /** Subscription field name → its source. */
  readonly subscriptions: ReadonlyMap<string, SubscriptionField>;
  /** The completed schema as SDL, directives included. */
  readonly sdl: string;
}
