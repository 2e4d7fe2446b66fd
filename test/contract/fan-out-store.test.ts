import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createDynamoDBFanOutStore } from '../../src/adapters/dynamodb/fan-out-store.ts';
import { createMemoryFanOutStore } from '../../src/adapters/memory/fan-out-store.ts';
import type { FanOutStore, Token } from '../../src/relay/fan-out/ports.ts';
import { createVirtualClock, type VirtualClock } from '../../src/testing/clock.ts';
import { countRequests } from '../../src/testing/request-counts.ts';
import { createRelayTable, useDynamoDB } from '../fixtures/dynamodb.ts';

const TABLE = 'relay';
const dynamodb = useDynamoDB();

beforeAll(() => createRelayTable(dynamodb.client, TABLE));

/** Of an own clock; the rows of the tests before are of tables with other names. */
type Make = (clock: VirtualClock) => FanOutStore;

const STORES: readonly (readonly [name: string, make: Make])[] = [
  ['memory', (clock) => createMemoryFanOutStore({ clock })],
  [
    'DynamoDB',
    (clock) =>
      createDynamoDBFanOutStore({
        client: DynamoDBDocumentClient.from(dynamodb.newClient(), {
          marshallOptions: { removeUndefinedValues: true },
        }),
        tableName: TABLE,
        clock,
      }),
  ],
];

let named = 0;
const newName = () => {
  named += 1;
  return `T${named}`;
};

describe.each(STORES)('FanOutStore on %s', (_, make) => {
  test('C3 tells of a table that has a token, for as long as it has one', async () => {
    const clock = createVirtualClock();
    const store = make(clock);
    const [one, other] = [newName(), newName()];
    const end = clock.now() / 1_000 + 100;
    const tokens = Array.from({ length: 60 }, (_, n): Token => {
      return { id: `${one}-${n}`, tables: [one], lanes: 7, expiresAt: end };
    });
    expect(await store.outstanding([one, other])).toBeUndefined();
    await store.add(tokens);
    expect(await store.outstanding([one])).toBe(7);
    expect(await store.outstanding([other, one])).toBe(7);
    expect(await store.outstanding([other])).toBeUndefined();
    await store.remove(tokens.slice(1));
    expect(await store.outstanding([one])).toBe(7);
    await store.remove(tokens);
    expect(await store.outstanding([one])).toBeUndefined();
    await store.remove(tokens);
  });

  test('tells every number of lanes that is in use, over all pages, and none that has ended', async () => {
    const clock = createVirtualClock();
    const store = make(clock);
    const [one, other] = [newName(), newName()];
    const now = clock.now() / 1_000;
    expect(await store.laneCounts([one, other])).toEqual(new Set());
    // Their ids make more than the 1 MB of a page.
    const tokens = Array.from({ length: 1_300 }, (_, n): Token => {
      return {
        id: `${one}-${n}-${'x'.repeat(900)}`,
        tables: [one],
        lanes: n === 1_299 ? 9 : 7,
        expiresAt: now + 100 + n,
      };
    });
    await store.add(tokens);
    await store.add([{ id: `${one}-ends`, tables: [one], lanes: 3, expiresAt: now + 1 }]);
    await store.add([{ id: `${other}-a`, tables: [other], lanes: 5, expiresAt: now + 100 }]);
    await clock.advance(2_000);
    expect(await store.laneCounts([one])).toEqual(new Set([7, 9]));
    expect(await store.laneCounts([other, one])).toEqual(new Set([5, 7, 9]));
    await store.remove(tokens);
    expect(await store.laneCounts([one])).toEqual(new Set());
  }, 60_000);

  test('a token is of each of its tables, and ends by itself in the very second it says', async () => {
    const clock = createVirtualClock();
    const store = make(clock);
    const tables = [newName(), newName()];
    const end = clock.now() / 1_000 + 10;
    await store.add([{ id: `${tables[0]}-x`, tables, lanes: 3, expiresAt: end }]);
    for (const table of tables) expect(await store.outstanding([table])).toBe(3);
    await clock.advance(9_999);
    expect(await store.outstanding(tables)).toBe(3);
    await clock.advance(1);
    expect(await store.outstanding(tables)).toBeUndefined();
  });

  test('one that has ended and was not removed hides none that has not', async () => {
    const clock = createVirtualClock();
    const store = make(clock);
    const table = newName();
    const now = clock.now() / 1_000;
    await store.add([
      { id: `${table}-a`, tables: [table], lanes: 1, expiresAt: now + 1 },
      { id: `${table}-b`, tables: [table], lanes: 2, expiresAt: now + 50 },
    ]);
    await clock.advance(2_000);
    expect(await store.outstanding([table])).toBe(2);
  });

  test('keeps a payload of 128 KB until it ends', async () => {
    const clock = createVirtualClock();
    const store = make(clock);
    const text = `{"x":"${'ä\uFFFF'.repeat(26_000)}"}`;
    expect(await store.payload('none')).toBeUndefined();
    await store.putPayload('h', text, clock.now() / 1_000 + 10);
    expect(await store.payload('h')).toBe(text);
    await clock.advance(10_000);
    expect(await store.payload('h')).toBeUndefined();
  });
});

test('on DynamoDB a look costs one request and one read unit, however many tokens there are', async () => {
  const clock = createVirtualClock();
  const client = dynamodb.newClient();
  const counts = countRequests(client);
  const store = createDynamoDBFanOutStore({
    client: DynamoDBDocumentClient.from(client),
    tableName: TABLE,
    clock,
  });
  const table = newName();
  const end = clock.now() / 1_000 + 100;
  await store.add(
    Array.from({ length: 500 }, (_, n) => ({
      id: `${table}-${n}`,
      tables: [table],
      lanes: 1,
      expiresAt: end,
    })),
  );
  counts.reset();
  await store.outstanding([table]);
  expect(counts.total).toEqual({ requests: 1, readUnits: 1, writeUnits: 0 });
});
