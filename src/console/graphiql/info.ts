/** What GraphiQL asks its server for at `/graphiql/info.json`. */
export interface GraphiQLInfo {
  /** Put into the header editor as `x-api-key`, or a token of the person's in its place. */
  readonly apiKey: string;
  /** See `PageInfo.person`. */
  readonly person?: string;
  /** What a browser that was never here before begins with; at least one. */
  readonly tabs: readonly GraphiQLTab[];
}

/** One tab, as it is opened. */
export interface GraphiQLTab {
  readonly query: string;
  /** JSON text, an object. */
  readonly variables: string;
}
