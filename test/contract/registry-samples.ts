import type { Equalities } from '../../src/filter/expression.ts';
import { filterKey, hash128 } from '../../src/filter/keys.ts';
import type { Candidate, Lookup, NewConnection, NewSubscription, Registry } from '../../src/relay/ports.ts';
import type { TableRow } from '../../src/testing/dynamodb-table.ts';
import { START } from './registry-worlds.ts';

export const FIELD = 'onCreateTodo';
export const TABLE = 'Todos';

/** 2 h and 10 min: the longest life of a connection. */
export const LIFE_SECONDS = 7_800;

export function connectionOf(id: string, given: Partial<NewConnection> = {}): NewConnection {
  const connectedAt = given.connectedAt ?? START;
  return {
    id,
    stage: 'dev',
    dialect: 'graphql-transport-ws',
    identity: { kind: 'api-key', hash: hash128('key') },
    connectedAt,
    expiresAt: connectedAt / 1_000 + LIFE_SECONDS,
    ...given,
  };
}

export const equal = (values: Readonly<Record<string, string | boolean | null>>): Equalities =>
  new Map(Object.entries(values));

export function subscriptionOf(
  connectionId: string,
  clientId: string,
  given: Partial<NewSubscription> = {},
): NewSubscription {
  const text = 'subscription { onCreateTodo { id title } }';
  return {
    connectionId,
    clientId,
    field: FIELD,
    table: TABLE,
    alternatives: [equal({ title: '買い物' })],
    filter: '{"title":{"eq":"買い物"}}',
    document: { hash: hash128(text), text },
    renderingKey: hash128('id title'),
    dialect: 'graphql-transport-ws',
    stage: 'dev',
    activatedAt: START,
    expiresAt: START / 1_000 + LIFE_SECONDS,
    subscriber: { identityHash: hash128('key') },
    maxOnConnection: 100,
    ...given,
  };
}

/** What a change looks up: every shape in use that an item with these values can be found under. */
export async function lookUp(
  registry: Registry,
  item: Equalities,
  table = TABLE,
): Promise<readonly Candidate[]> {
  const lookups = await lookupsOf(registry, item, table);
  const found = await registry.candidates(lookups);
  return [...found.values()].flat(2);
}

/** Items of the tests have a value for every field; one that is not named is null. */
export async function lookupsOf(registry: Registry, item: Equalities, table = TABLE): Promise<Lookup[]> {
  const shapes = await registry.shapes(table);
  return shapes.map(({ field, names, shards }) => ({
    filterKey: filterKey(field, new Map(names.map((name) => [name, item.get(name) ?? null]))),
    shards,
  }));
}

export const idsOf = (candidates: readonly Candidate[]): string[] =>
  candidates.map(({ connectionId, clientId }) => `${connectionId}/${clientId}`).sort();

/** Rows that belong to a connection: all but shared ones, and marks of whatever kind, which time takes away. */
export const ownedRows = (rows: readonly TableRow[]): TableRow[] =>
  rows.filter(
    ({ pk, sk, closed, tombstone }) =>
      !/^(DOC|SHAPES|VERSION)#/.test(String(pk)) && closed !== true && tombstone !== true && sk !== 'REVOKED',
  );
