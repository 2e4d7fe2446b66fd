import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeAll, expect, test } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import { pino } from 'pino';
import { systemClock } from '../../src/adapters/clock.ts';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { createMemoryTables } from '../../src/adapters/memory/tables.ts';
import { createApi } from '../../src/api/api.ts';
import { apiKeyHash, createApiKeys } from '../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { createCounters } from '../../src/observe/counters.ts';
import { DEFAULT_SETTINGS, type RelayContext } from '../../src/relay/context.ts';
import { createDeliver } from '../../src/relay/deliver/deliver.ts';
import { open } from '../../src/relay/open.ts';
import { receive } from '../../src/relay/receive.ts';
import { loadModel } from '../../src/schema/load.ts';
import { createFakeConnections } from '../../src/testing/connections.ts';
import { requireConsistentReads } from '../../src/testing/consistent-reads.ts';
import { createEventSourceMapping } from '../../src/testing/event-source-mapping.ts';
import { injectFaults } from '../../src/testing/faults.ts';
import { createSeededRandom } from '../../src/testing/random.ts';
import { createRelayTable, useDynamoDB } from '../fixtures/dynamodb.ts';
import { KEY, TODO_SDL, todoRecord } from '../fixtures/relay.ts';

/**
 * The pipeline on the real registry, with everything around it going wrong at once: the relay table throttles, leaves
 * batches half done and times out; posts fail, are throttled, arrive and then fail; the function crashes before and
 * after its work; batches come again. The promises C2, C3 and C6 must hold all the same.
 */

const dynamodb = useDynamoDB();
beforeAll(() => createRelayTable(dynamodb.client, 'relay'));

interface Subscriber {
  readonly id: string;
  readonly filter: string;
  readonly wants: (priority: number) => boolean;
}

const FILTERS: readonly (readonly [string, (priority: number) => boolean])[] = [
  ['', () => true],
  ['(priority: 3)', (priority) => priority === 3],
  ['(filter: {priority: {ge: 5}})', (priority) => priority >= 5],
  ['(filter: {priority: {in: [1, 2]}})', (priority) => priority === 1 || priority === 2],
  ['(filter: {not: {priority: {eq: 3}}})', (priority) => priority !== 3],
];

test.each([1, 2, 3])(
  'C2 C3 C6 with faults everywhere (seed %i): nothing lost, nothing leaked, first deliveries in order',
  async (seed) => {
    const { client } = dynamodb;
    const random = createSeededRandom(seed);
    const connections = createFakeConnections({
      requestTimeoutMs: 100,
      faults: {
        seed,
        rate: 0.08,
        outcomes: [
          'throttled',
          'internalError',
          'errorAfterDelivery',
          'reset',
          'resetAfterDelivery',
          'hangAfterDelivery',
        ],
      },
    });
    const model = loadModel(TODO_SDL);
    const logger = pino({ level: 'silent' });
    const context: RelayContext = {
      model,
      registry: createDynamoDBRegistry({
        client: DynamoDBDocumentClient.from(client),
        tableName: 'relay',
        clock: systemClock,
      }),
      transport: connections.transport,
      clock: systemClock,
      metrics: createCounters(),
      logger,
      authenticator: createAuthenticator({
        mode: 'required',
        apiKeys: createApiKeys([{ hash: apiKeyHash(KEY) }]),
        clock: systemClock,
      }),
      api: createApi({
        model,
        tables: createMemoryTables(),
        publish: async () => ({ eventId: '', matched: 0, sent: 0 }),
        logger,
        clock: systemClock,
        pageSecret: 'page-secret-of-tests',
      }),
      hooks: {},
      // Enough attempts that no client is taken for a slow one: ending it would be right, and another test's matter.
      settings: { ...DEFAULT_SETTINGS, failedAttempts: 8, throttledAttempts: 8, deadlineMarginMs: 1_000 },
      random: () => random.next() * 0.1,
    };
    const subscribers = await subscribe(context, connections, seed);
    const reads = requireConsistentReads(client);
    const faults = injectFaults(client, {
      seed,
      rates: {
        throttling: 0.01,
        provisionedThroughput: 0.01,
        unprocessed: 0.2,
        timeoutBefore: 0.01,
        internalError: 0.01,
      },
    });
    try {
      const deliver = createDeliver(context);
      const mapping = createEventSourceMapping<DynamoDBRecord>({
        handler: async ({ Records }, lambda) => {
          const { failedFrom } = await deliver(Records, {
            remainingMs: () => lambda.getRemainingTimeInMillis(),
          });
          return {
            batchItemFailures: failedFrom ? [{ itemIdentifier: failedFrom.sequenceNumber ?? '' }] : [],
          };
        },
        // Never reached; without it a defect would be retried for ever.
        settings: {
          batchSize: 20,
          bisectBatchOnFunctionError: true,
          reportBatchItemFailures: true,
          maximumRetryAttempts: 500,
        },
        faults: { seed, crashBefore: 0.05, crashAfter: 0.05, throttle: 0.05, redeliver: 0.1 },
        retryDelayMs: () => 1,
      });
      const { records, versions } = changes(random);
      mapping.push(records);
      const report = await mapping.drain();

      expect(report.done).toBe(records.length);
      expect(report.discarded).toEqual([]);
      expect(reads.violations).toEqual([]);
      // The faults did happen, else this proves nothing.
      expect(report.retries + report.redelivered).toBeGreaterThan(0);
      expect([...faults.counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
      let repeats = 0;
      for (const { id, wants } of subscribers) {
        const first = new Map<string, string>();
        for (const frame of connections.frames(id)) {
          const { type, payload } = JSON.parse(frame);
          expect(type).toBe('next');
          const text = JSON.stringify(payload.data);
          const known = first.get(payload.extensions.eventId);
          if (known === undefined) first.set(payload.extensions.eventId, text);
          else {
            expect(text).toBe(known);
            repeats += 1;
          }
        }
        const got = new Map<string, number[]>();
        for (const text of first.values()) {
          const { id: item, priority } = JSON.parse(text).onCreateTodo;
          got.set(item, [...(got.get(item) ?? []), priority]);
        }
        const wanted = new Map([...versions].map(([item, list]) => [item, list.filter(wants)]));
        expect(got).toEqual(new Map([...wanted].filter(([, list]) => list.length > 0)));
      }
      expect(repeats).toBeGreaterThan(0);
    } finally {
      faults.remove();
      reads.remove();
    }
  },
  90_000,
);

async function subscribe(
  context: RelayContext,
  connections: ReturnType<typeof createFakeConnections>,
  seed: number,
): Promise<Subscriber[]> {
  return Promise.all(
    Array.from({ length: 20 }, async (_, index): Promise<Subscriber> => {
      const id = `s${seed}-${index}=`;
      const [filter, wants] = FILTERS[index % FILTERS.length] ?? ['', () => true];
      connections.open(id);
      await open(context, {
        connectionId: id,
        stage: 'test',
        connectedAt: Date.now(),
        headers: new Map([['x-api-key', KEY]]),
        query: new Map(),
      });
      await receive(context, { connectionId: id, body: '{"type":"connection_init"}' });
      const query = `subscription { onCreateTodo${filter} { id priority } }`;
      const body = JSON.stringify({ type: 'subscribe', id: '1', payload: { query } });
      expect(await receive(context, { connectionId: id, body })).toBeUndefined();
      return { id, filter, wants };
    }),
  );
}

/** 200 creations of 10 items: each item's versions in commit order, items mixed. */
function changes(random: ReturnType<typeof createSeededRandom>) {
  const versions = new Map<string, number[]>();
  const records: DynamoDBRecord[] = [];
  for (let n = 0; n < 200; n++) {
    const item = `item-${random.integer(10)}`;
    const priority = random.integer(8);
    versions.set(item, [...(versions.get(item) ?? []), priority]);
    records.push(
      todoRecord(Date.now(), {
        newImage: { id: { S: item }, title: { S: `v${n}` }, priority: { N: String(priority) } },
      }),
    );
  }
  return { records, versions };
}
