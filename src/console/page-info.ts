/** What the page asks its server for at `/info.json`. */
export interface PageInfo {
  /** WebSocket URL of the gateway. */
  readonly ws: string;
  /** Sent as `x-api-key` in the connection params: a browser can set no header on a WebSocket. */
  readonly apiKey: string;
  /**
   * Present where the schema has rules, so that it matters who one is: whom the page speaks as if its address does not
   * say. Empty: whoever has the API key.
   */
  readonly person?: string;
  readonly region: string;
  /** DynamoDB endpoint. */
  readonly dynamodb: string;
  readonly tables: readonly string[];
  /** Ready to run, the one to begin with first. Empty only when the schema has no subscription field. */
  readonly examples: readonly PageExample[];
}

/** One subscription to begin with, and what to type elsewhere to see it work. */
export interface PageExample extends Example {
  /** One shell line: connects, subscribes and stays. */
  readonly wscat: string;
  /** One shell line: writes an item of the example's type. Absent when no table type feeds the field. */
  readonly putItem?: string;
}

/** A subscription the page offers to start with. */
export interface Example {
  readonly title: string;
  /** Subscription field, such as `onChangeTodo`. */
  readonly field: string;
  readonly document: string;
  /** JSON text, an object. */
  readonly variables: string;
  /** Absent when no table type feeds the field. */
  readonly sample?: SampleItem;
}

/** An item that fits a table type, in DynamoDB JSON. */
export interface SampleItem {
  readonly table: string;
  /** Stored attribute name → attribute value. Null prototype: the names are the user's. */
  readonly item: Readonly<Record<string, SampleAttribute>>;
}

/** Attribute values a sample is made of. */
export type SampleAttribute =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly L: readonly SampleAttribute[] }
  | { readonly M: Readonly<Record<string, SampleAttribute>> };
