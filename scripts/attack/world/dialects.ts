import type { Dialect } from '../../../src/protocol/dialect.ts';

/** Frames of each dialect as JSON values, by what they ask. */
export interface DialectFrames {
  init(payload?: unknown): object;
  start(
    id: string,
    query: string,
    extensions?: Readonly<Record<string, unknown>>,
    variables?: object,
  ): object;
  stop(id: string): object;
  readonly ping: object;
  readonly terminate: object;
}

const older = (start: DialectFrames['start']): DialectFrames => ({
  init: (payload) => ({ type: 'connection_init', ...(payload !== undefined && { payload }) }),
  start,
  stop: (id) => ({ type: 'stop', id }),
  ping: { type: 'ping' },
  terminate: { type: 'connection_terminate', payload: null },
});

export const DIALECT_FRAMES: Readonly<Record<Dialect, DialectFrames>> = {
  'graphql-transport-ws': {
    ...older((id, query, extensions, variables) => ({
      type: 'subscribe',
      id,
      payload: { query, ...(variables && { variables }), ...(extensions && { extensions }) },
    })),
    stop: (id) => ({ type: 'complete', id }),
  },
  apollo: older((id, query, extensions, variables) => ({
    type: 'start',
    id,
    payload: { query, ...(variables && { variables }), ...(extensions && { extensions }) },
  })),
  appsync: older((id, query, extensions, variables) => ({
    type: 'start',
    id,
    payload: {
      data: JSON.stringify({ query, ...(variables && { variables }) }),
      ...(extensions && { extensions }),
    },
  })),
};

export const DIALECTS: readonly Dialect[] = ['graphql-transport-ws', 'apollo', 'appsync'];
