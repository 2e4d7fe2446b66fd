import { QueryCommand, type QueryCommandInput, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb';
import type { FanOutStore, Token } from '../../relay/fan-out/ports.ts';
import type { Clock } from '../../relay/ports.ts';
import { batchWrite } from './batch.ts';
import type { DocumentClient } from './document-client.ts';
import { isLive, numberOf, type RowKey, secondsOf, textOf } from './rows.ts';
import { get, putAlways, type RelayTable, request } from './table.ts';

export interface DynamoDBFanOutStoreOptions {
  readonly client: DocumentClient;
  /** The relay table. */
  readonly tableName: string;
  readonly clock: Clock;
  /** In [0, 1): jitter of the pauses between tries. Default `Math.random`. */
  readonly random?: () => number;
}

const tokensPartition = (table: string): string => `FANOUT#${table}`;

/** Epoch seconds have ten digits until the year 2286: as texts they are in the order of time. */
const timeText = (seconds: number): string => String(seconds).padStart(10, '0');

const payloadKey = (hash: string): RowKey => ({ pk: `PAYLOAD#${hash}`, sk: 'PAYLOAD' });

/**
 * {@link FanOutStore} on the relay table. Tokens are a row each, by their end: one Query of one row finds one that has not
 * ended, however many there are, and putting and removing one costs 1 WRU, however many there are (a set in one item
 * would be rewritten whole each time). Requests, without retries: `outstanding` 1 Query (1 RRU) a table · `laneCounts`
 * 1 Query a table (1 RRU for about 40 tokens) · `add` and `remove` 1 BatchWriteItem for 25 · `putPayload` 1 PutItem, 1 WRU a KB · `payload` 1 GetItem.
 */
export function createDynamoDBFanOutStore(options: DynamoDBFanOutStoreOptions): FanOutStore {
  const { client, tableName, clock, random = Math.random } = options;
  const table: RelayTable = { client, name: tableName, clock, random };
  return {
    async outstanding(tables) {
      const found = await Promise.all(tables.map((name) => firstLanes(table, name)));
      return found.find((lanes) => lanes !== undefined);
    },

    async laneCounts(tables) {
      const found = await Promise.all(tables.map((name) => allLanes(table, name)));
      return new Set(found.flat());
    },

    add: (tokens) =>
      batchWrite(table, {
        put: keysOf(tokens).map(({ key, token: { lanes, expiresAt } }) => ({ ...key, lanes, expiresAt })),
      }),

    remove: (tokens) => batchWrite(table, { delete: keysOf(tokens).map(({ key }) => key) }),

    putPayload: (hash, text, expiresAt) => putAlways(table, { ...payloadKey(hash), text, expiresAt }),

    async payload(hash) {
      const row = await get(table, payloadKey(hash));
      return isLive(row, clock.now()) ? textOf(row, 'text') : undefined;
    },
  };
}

function keysOf(tokens: readonly Token[]): { readonly key: RowKey; readonly token: Token }[] {
  return tokens.flatMap((token) =>
    token.tables.map((name) => ({
      key: { pk: tokensPartition(name), sk: `${timeText(token.expiresAt)}#${token.id}` },
      token,
    })),
  );
}

/** Lanes of the token that ends first of those that have not ended. */
async function firstLanes(table: RelayTable, name: string): Promise<number | undefined> {
  const { Items } = await liveTokens(table, name, { Limit: 1 });
  const [row] = Items ?? [];
  return row && numberOf(row, 'lanes');
}

/** Lanes of each token that has not ended. */
async function allLanes(table: RelayTable, name: string): Promise<number[]> {
  const lanes: number[] = [];
  let start: QueryCommandOutput['LastEvaluatedKey'];
  do {
    const page = await liveTokens(table, name, start && { ExclusiveStartKey: start });
    for (const row of page.Items ?? []) lanes.push(numberOf(row, 'lanes') ?? 0);
    start = page.LastEvaluatedKey;
  } while (start);
  return lanes;
}

function liveTokens(
  table: RelayTable,
  name: string,
  page: Pick<QueryCommandInput, 'ExclusiveStartKey' | 'Limit'> = {},
): Promise<QueryCommandOutput> {
  return request(table, 'Query', () =>
    table.client.send(
      new QueryCommand({
        TableName: table.name,
        ConsistentRead: true,
        KeyConditionExpression: '#pk = :pk AND #sk > :ended',
        ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
        // A row is live while its end is greater than now: '$' comes behind the '#' of those that end this very second.
        ExpressionAttributeValues: {
          ':pk': tokensPartition(name),
          ':ended': `${timeText(secondsOf(table.clock.now()))}$`,
        },
        ...page,
      }),
    ),
  );
}
