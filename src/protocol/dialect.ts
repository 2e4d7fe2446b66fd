/** The wire dialects a connection may speak, by the names their subprotocols have. */
export type Dialect = 'graphql-transport-ws';

/** Dialects in no order of preference: the client's offered order decides. */
export const DIALECTS: readonly Dialect[] = ['graphql-transport-ws'];
