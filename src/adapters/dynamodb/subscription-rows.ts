import type { Dialect } from '../../protocol/dialect.ts';
import type { Candidate, NewSubscription, SubscriptionOptions } from '../../relay/ports.ts';
import { type RegistryLimits, subscriptionEnd } from '../memory/registry-limits.ts';
import { accessText, parseAccess } from './access-text.ts';
import { batchWrite } from './batch.ts';
import { identityText, parseIdentity } from './identity-text.ts';
import {
  countedKey,
  dialectOf,
  numberOf,
  PLACE_PREFIX,
  parsePlaceSort,
  placeOf,
  placePartition,
  placeSort,
  type Row,
  type RowKey,
  SUBSCRIPTION_PREFIX,
  subscriptionKey,
  textOf,
  textsOf,
} from './rows.ts';
import type { Placement } from './shapes.ts';
import type { Expression, RelayTable } from './table.ts';

/** Holds where no row stands, or one that the time to live has yet to delete. */
export function absentOrExpired(nowSeconds: number): Expression {
  return { text: 'attribute_not_exists(#pk) OR #expiresAt <= :now', values: { ':now': nowSeconds } };
}

/** Holds where nothing is served under an id: no row, one past its end, or one whose credential has expired. */
export function absentOrUnserved(nowSeconds: number): Expression {
  const { text, values } = absentOrExpired(nowSeconds);
  return { text: `${text} OR #servedUntil <= :now`, ...(values && { values }) };
}

/**
 * The row of a subscription: it names every row kept under filter keys (`places`), the one that counts for its identity
 * (`counted`), and the nonce in their keys. Those end with the credential (`servedUntil`); this one lives as long as its
 * connection may, so that whoever ends it later knows whom to tell.
 */
export function subscriptionRow(
  subscription: NewSubscription,
  h: string,
  nonce: string,
  placements: readonly Placement[],
  limits: RegistryLimits,
): Row & RowKey {
  const { skipWriter, overflow, identity, access } = subscription.options ?? {};
  return {
    ...subscriptionKey(subscription.connectionId, h),
    nonce,
    clientId: subscription.clientId,
    field: subscription.field,
    table: subscription.table,
    document: subscription.document.hash,
    filter: subscription.filter,
    ...(skipWriter !== undefined && { skipWriter }),
    ...(overflow && { overflow }),
    ...(identity && { identity: identityText(identity) }),
    ...(access && { access: accessText(access) }),
    identityHash: subscription.subscriber.identityHash,
    ...(isCounted(subscription) && { counted: true }),
    places: placesOf(placements),
    servedUntil: subscription.expiresAt,
    expiresAt: subscriptionEnd(subscription, limits),
  };
}

/** Whether it has a row beside its connection's under the identity it speaks for. */
const isCounted = ({ subscriber }: NewSubscription): boolean => subscriber.maxSubscriptions !== undefined;

/** The row by which a subscription counts for its identity, for as long as it is served; none for one that does not. */
export function countedRows(subscription: NewSubscription, h: string, nonce: string): (Row & RowKey)[] {
  const { connectionId, expiresAt, subscriber } = subscription;
  if (!isCounted(subscription)) return [];
  return [{ ...countedKey(subscriber.identityHash, placeSort(connectionId, h, nonce)), expiresAt }];
}

function placesOf(placements: readonly Placement[]): string[] {
  return [...new Set(placements.map((placement) => placeOf(placement.filterKey, placement.shard)))];
}

/** Dialects as rows under filter keys name them. Rows of an earlier form have the whole name. */
const DIALECT_LETTERS = {
  'graphql-transport-ws': 't',
  apollo: 'o',
  appsync: 's',
} as const satisfies Readonly<Record<Dialect, string>>;

const DIALECT_OF_LETTER: ReadonlyMap<unknown, Dialect> = new Map([
  [DIALECT_LETTERS['graphql-transport-ws'], 'graphql-transport-ws'],
  [DIALECT_LETTERS.apollo, 'apollo'],
  [DIALECT_LETTERS.appsync, 'appsync'],
]);

/**
 * Rows under filter keys. Attribute names are one letter: every change that matches pays for them by the byte.
 * c client id · o field · d document · r rendering key, unless it is the document's · f filter, unless too long · p
 * dialect · s stage · a activatedAt · w skipWriter · v overflow · i identity · g granted access
 */
export function placeRows(
  subscription: NewSubscription,
  h: string,
  nonce: string,
  placements: readonly Placement[],
  maxInlineFilterBytes: number,
): (Row & RowKey)[] {
  const { skipWriter, overflow, identity, access } = subscription.options ?? {};
  const inline = Buffer.byteLength(subscription.filter, 'utf8') <= maxInlineFilterBytes;
  const same = {
    sk: placeSort(subscription.connectionId, h, nonce),
    c: subscription.clientId,
    o: subscription.field,
    d: subscription.document.hash,
    ...(subscription.renderingKey !== subscription.document.hash && { r: subscription.renderingKey }),
    ...(inline && { f: subscription.filter }),
    p: DIALECT_LETTERS[subscription.dialect],
    s: subscription.stage,
    a: subscription.activatedAt,
    ...(skipWriter !== undefined && { w: skipWriter }),
    ...(overflow && { v: overflow }),
    ...(identity && { i: identityText(identity) }),
    ...(access && { g: accessText(access) }),
    expiresAt: subscription.expiresAt,
  };
  return placesOf(placements).map((place) => ({ pk: placePartition(place), ...same }));
}

/** A candidate whose filter may have to be fetched from `subscription`, if that still has the nonce. */
export interface FoundCandidate {
  readonly candidate: Omit<Candidate, 'filter'> & { readonly filter: string | undefined };
  readonly subscription: RowKey;
  readonly nonce: string;
}

/** Inverse of {@link placeRows}; nothing for a row that is not one. */
export function candidateOf(row: Row): FoundCandidate | undefined {
  const own = rowText(row);
  const place = parsePlaceSort(textOf(row, 'sk') ?? '');
  const clientId = textOf(row, 'c');
  const field = textOf(row, 'o');
  const documentHash = textOf(row, 'd');
  const renderingKey = row['r'] === undefined ? documentHash : textOf(row, 'r');
  const dialect = DIALECT_OF_LETTER.get(row['p']) ?? dialectOf(row, 'p');
  const stage = textOf(row, 's');
  const activatedAt = numberOf(row, 'a');
  const expiresAt = numberOf(row, 'expiresAt');
  if (
    !place ||
    own === undefined ||
    clientId === undefined ||
    field === undefined ||
    documentHash === undefined
  )
    return undefined;
  if (renderingKey === undefined || !dialect || stage === undefined || activatedAt === undefined)
    return undefined;
  if (expiresAt === undefined) return undefined;
  const options = optionsOf(row);
  const { connectionId, h, nonce } = place;
  return {
    candidate: {
      connectionId,
      clientId,
      field,
      documentHash,
      renderingKey,
      filter: textOf(row, 'f'),
      dialect,
      stage,
      activatedAt,
      expiresAt,
      ...(options && { options }),
      row: own,
    },
    subscription: subscriptionKey(connectionId, h),
    nonce,
  };
}

/** `Candidate.row`: a row under a filter key as one text, its place and its sort key. A place holds no blank. */
function rowText(row: Row): string | undefined {
  const pk = textOf(row, 'pk');
  const sk = textOf(row, 'sk');
  if (sk === undefined || !pk?.startsWith(PLACE_PREFIX)) return undefined;
  return `${pk.slice(PLACE_PREFIX.length)} ${sk}`;
}

/** Key of the row that a `Candidate.row` names, if it is one under a filter key and of this connection. */
export function ownPlaceKey(connectionId: string, text: string): RowKey | undefined {
  const [, place, sk] = /^([\w-]+#\d+) (.+)$/s.exec(text) ?? [];
  if (place === undefined || sk === undefined) return undefined;
  return parsePlaceSort(sk)?.connectionId === connectionId ? { pk: placePartition(place), sk } : undefined;
}

/**
 * Of a row of another release whose identity or rules cannot be read: nobody is served under such rules, whatever those of
 * the schema are, and is told to subscribe again (C5). Better than to render for nobody in particular what only its identity
 * may narrow.
 */
const UNREADABLE: SubscriptionOptions = { access: { rules: '' } };

function optionsOf(row: Row): SubscriptionOptions | undefined {
  const skipWriter = textOf(row, 'w');
  const latest = row['v'] === 'latest';
  const text = textOf(row, 'i');
  const identity = parseIdentity(text);
  if (text !== undefined && !identity) return UNREADABLE;
  const granted = textOf(row, 'g');
  const access = parseAccess(granted);
  if (granted !== undefined && !access) return UNREADABLE;
  if (skipWriter === undefined && !latest && !identity && !access) return undefined;
  return {
    ...(skipWriter !== undefined && { skipWriter }),
    ...(latest && { overflow: 'latest' }),
    ...(identity && { identity }),
    ...(access && { access }),
  };
}

/** Keys of the rows a SUB row names, those under filter keys first; none for a tombstone. */
export function placeKeys(connectionId: string, row: Row): RowKey[] {
  const nonce = textOf(row, 'nonce');
  const sk = textOf(row, 'sk');
  if (nonce === undefined || !sk?.startsWith(SUBSCRIPTION_PREFIX)) return [];
  const sort = placeSort(connectionId, sk.slice(SUBSCRIPTION_PREFIX.length), nonce);
  const identityHash = row['counted'] === true ? textOf(row, 'identityHash') : undefined;
  return [
    ...textsOf(row, 'places').map((place) => ({ pk: placePartition(place), sk: sort })),
    ...(identityHash === undefined ? [] : [countedKey(identityHash, sort)]),
  ];
}

/** Deletes the rows a SUB row names. Its nonce is never used again, so this cannot hit another subscription. */
export async function deletePlaces(table: RelayTable, connectionId: string, row: Row): Promise<void> {
  await batchWrite(table, { delete: placeKeys(connectionId, row) });
}
