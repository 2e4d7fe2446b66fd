import { DescribeTableCommand, DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { createDynamoDBRegistry } from '../../src/adapters/dynamodb/registry.ts';
import { relayTableDefinition, relayTableRequests } from '../../src/deploy/relay-table.ts';
import { filterKey } from '../../src/filter/keys.ts';
import type { Registry } from '../../src/relay/ports.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../src/testing/dynamodb-local.ts';
import { DynamoDBTable, type TableStep } from '../../src/testing/dynamodb-table.ts';
import { injectFaults } from '../../src/testing/faults.ts';
import {
  connectionOf,
  equal,
  FIELD,
  idsOf,
  LIFE_SECONDS,
  lookUp,
  lookupsOf,
  ownedRows,
  subscriptionOf,
  TABLE,
} from './registry-samples.ts';
import { jumpingClock, localWorld, scan } from './registry-worlds.ts';

const world = localWorld();
beforeAll(() => world.start());
afterAll(() => world.stop());

const shopping = equal({ title: '買い物' });

async function fresh() {
  const tableName = await world.createTable();
  const clock = jumpingClock();
  const another = () => createDynamoDBRegistry({ client: world.client(), tableName, clock });
  return { tableName, clock, another, registry: another() };
}

describe('registry on DynamoDB Local', () => {
  test('candidates under one key that fill more than 1 MB are read to the last page', async () => {
    const { registry, tableName } = await fresh();
    await registry.open(connectionOf('a'));
    await registry.subscribe(subscriptionOf('a', '1', { renderingKey: 'r'.repeat(4_000) }));
    const rows = (await scan(world.client(), tableName)).filter(({ pk }) => String(pk).startsWith('KEY#'));
    const copies = rows.flatMap((row) =>
      Array.from({ length: 300 }, (_, n) => ({ ...row, sk: String(row['sk']).replace(/^a/, `copy-${n}`) })),
    );
    for (let n = 0; n < copies.length; n += 25) {
      const puts = copies.slice(n, n + 25).map((Item) => ({ PutRequest: { Item } }));
      await world.client().send(new BatchWriteCommand({ RequestItems: { [tableName]: puts } }));
    }
    const found = await lookUp(registry, shopping);
    expect(new Set(found.map(({ connectionId }) => connectionId)).size).toBe(301);
  });

  test('a row that a subscription left behind does not borrow the long filter of the next of its id', async () => {
    const { registry, tableName } = await fresh();
    await registry.open(connectionOf('a'));
    await registry.subscribe(subscriptionOf('a', '1', { filter: 'f'.repeat(401) }));
    const left = (await scan(world.client(), tableName)).filter(({ pk }) => String(pk).startsWith('KEY#'));
    const puts = left.map((row) => ({
      PutRequest: { Item: { ...row, sk: String(row['sk']).replace(/#[^#]*$/, '#another-nonce') } },
    }));
    await world.client().send(new BatchWriteCommand({ RequestItems: { [tableName]: puts } }));
    expect(idsOf(await lookUp(registry, shopping))).toEqual(['a/1']);
  });

  test('the relay table is created as it is deployed: no index, paid by request, with a time to live', async () => {
    const tableName = await world.createTable();
    const { timeToLive } = relayTableRequests(tableName);
    expect(timeToLive.TimeToLiveSpecification).toEqual(relayTableDefinition.TimeToLiveSpecification);
    const set = await world.tableClient().send(new UpdateTimeToLiveCommand(timeToLive));
    expect(set.TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
    const { Table } = await world.tableClient().send(new DescribeTableCommand({ TableName: tableName }));
    expect(Table).toMatchObject({
      KeySchema: relayTableDefinition.KeySchema,
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    });
    expect(Table?.GlobalSecondaryIndexes ?? []).toEqual([]);
  });

  test('C1 active: a shard count that was raised is used by new rows, and finds the old ones too', async () => {
    const { registry, another, tableName } = await fresh();
    const connections = Array.from({ length: 40 }, (_, n) => `c${n}`);
    await Promise.all(connections.map((id) => registry.open(connectionOf(id))));
    const subscribe = (process: typeof registry, ids: readonly string[]) =>
      Promise.all(ids.map((id) => process.subscribe(subscriptionOf(id, '1'))));
    await subscribe(registry, connections.slice(0, 10));
    await world.client().send(
      new UpdateCommand({
        TableName: tableName,
        Key: { pk: `SHAPES#${TABLE}`, sk: `${FIELD}#title` },
        UpdateExpression: 'SET shards = :shards',
        ExpressionAttributeValues: { ':shards': 8 },
      }),
    );
    await subscribe(another(), connections.slice(10, 30));
    // This process still remembers one shard: its rows stand where eight are looked up.
    await subscribe(registry, connections.slice(30));
    expect(await lookupsOf(registry, shopping)).toEqual([
      { filterKey: filterKey(FIELD, shopping), shards: 8 },
    ]);
    expect(idsOf(await lookUp(registry, shopping))).toEqual(connections.map((id) => `${id}/1`).sort());
    const partitions = new Set((await scan(world.client(), tableName)).map(({ pk }) => String(pk)));
    expect([...partitions].filter((pk) => pk.startsWith('KEY#')).length).toBeGreaterThan(4);
    await Promise.all(connections.map((id) => registry.close(id)));
    expect(ownedRows(await scan(world.client(), tableName))).toEqual([]);
  });

  test('C8 secrets stay out: a row holds no more than the port was given, and every row has an end', async () => {
    const { registry, tableName } = await fresh();
    await registry.open(connectionOf('a'));
    await registry.initialise('a', { dialect: 'graphql-transport-ws' });
    await registry.subscribe(subscriptionOf('a', '1'));
    await registry.complete('a', 'unknown');
    await registry.updateStore('a', 0, new Map([['x', 1]]));
    await registry.lock('a', 1_000);
    await registry.savePlace({ eventId: 'e', done: [{ through: 'a', records: ['1'] }] });
    const rows = await scan(world.client(), tableName);
    for (const row of rows) expect(typeof row['expiresAt']).toBe('number');
    const kinds = rows.map(
      ({ pk, sk }) => `${String(pk).split('#')[0]} ${/^(META|CTX|LOCK|SUB|DOC)/.exec(String(sk))?.[0] ?? ''}`,
    );
    expect(kinds.sort()).toEqual([
      'CONN CTX',
      'CONN LOCK',
      'CONN META',
      'CONN SUB',
      'CONN SUB',
      'DOC DOC',
      'ID ',
      'KEY ',
      'LIVE ',
      'PLACE ',
      'SHAPES ',
    ]);
  });

  test('C8 secrets stay out: of an identity no more is kept than the port names, whatever else hangs on it', async () => {
    const { registry, tableName } = await fresh();
    const identity = {
      kind: 'jwt' as const,
      hash: 'h',
      claims: { provider: 'oidc' as const, issuer: 'i', subject: 's', email: 'jane@example.com' },
      token: 'eyJhbGciOi',
    };
    await registry.open(connectionOf('a', { identity }));
    const { identity: _, ...bare } = connectionOf('b');
    await registry.open(bare);
    await registry.initialise('b', { identity });
    await registry.subscribe(subscriptionOf('b', '1', { options: { identity } }));
    const kept = JSON.stringify(await scan(world.client(), tableName));
    expect(kept).toContain('issuer');
    expect(kept).not.toMatch(/email|jane|token|eyJ/);
  });

  test('a write that the SDK repeats, because its answer was lost, counts once', async () => {
    const { tableName, clock } = await fresh();
    const client = world.newClient();
    let repeated = /^(Put|Update|BatchWrite)/;
    client.middlewareStack.add(
      (next, context) => async (args) => {
        // The first answer never arrives; what it did stays done.
        if (repeated.test(context.commandName ?? '')) await next(args).catch(() => {});
        return next(args);
      },
      { step: 'initialize', name: 'lostAnswer', priority: 'low' },
    );
    const registry = createDynamoDBRegistry({ client, tableName, clock });
    await registry.open(connectionOf('a'));
    expect(await registry.initialise('a', { dialect: 'graphql-transport-ws' })).toBe('initialised');
    expect(await registry.initialise('a', { dialect: 'graphql-transport-ws' })).toBe('repeated');
    expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('active');
    expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('duplicate');
    expect(await registry.updateStore('a', 0, new Map([['x', 1]]))).toBe('written');
    expect(await registry.updateStore('a', 1, new Map([['x', 2]]))).toBe('written');
    expect(await registry.updateStore('a', 1, new Map([['x', 3]]))).toBe('conflict');
    const token = await registry.lock('a', 1_000);
    expect(token).toBeDefined();
    expect(await registry.lock('a', 1_000)).toBeUndefined();
    await registry.unlock('a', token ?? '');
    await registry.complete('a', '2');
    expect(await registry.subscribe(subscriptionOf('a', '2'))).toBe('completed');
    expect(idsOf(await lookUp(registry, shopping))).toEqual(['a/1']);
    repeated = /^(Put|Update|BatchWrite|Delete)/;
    await registry.complete('a', '1');
    expect(idsOf(await lookUp(registry, shopping))).toEqual([]);
    expect(await registry.close('a')).toBe(0);
    expect(ownedRows(await scan(world.client(), tableName))).toEqual([]);
  });

  test.each(['UpdateItem', 'BatchWriteItem', 'DeleteItem'] as const)(
    'a complete whose %s was done but never answered leaves no row to be found, and the id free',
    async (operation) => {
      const { tableName, clock } = await fresh();
      const client = world.newClient();
      const registry = createDynamoDBRegistry({ client, tableName, clock });
      await registry.open(connectionOf('a'));
      expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('active');
      const faults = injectFaults(client);
      faults.next('timeoutAfter', { operation });
      const outcome = await registry.complete('a', '1').catch((error: unknown) => error);
      // What only the mark's own answer told can be looked up again.
      if (operation === 'UpdateItem') expect(outcome).toBeUndefined();
      else expect(outcome).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
      expect(faults.counts.get('timeoutAfter')).toBe(1);
      expect(await lookUp(registry, shopping)).toEqual([]);
      expect(await registry.subscriptions('a')).toEqual([]);
      expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('active');
      expect(await registry.close('a')).toBe(1);
      expect(ownedRows(await scan(world.client(), tableName))).toEqual([]);
    },
  );

  test('a store that cannot be reached is REGISTRY_UNAVAILABLE, with the cause', async () => {
    const client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${await getPort()}`,
      region: LOCAL_REGION,
      credentials: LOCAL_CREDENTIALS,
      maxAttempts: 1,
    });
    const registry = createDynamoDBRegistry({
      client: DynamoDBDocumentClient.from(client),
      tableName: 'relay',
      clock: jumpingClock(),
    });
    const calls = [
      () => registry.open(connectionOf('a')),
      () => registry.connection('a'),
      () => registry.speak('a', 'apollo'),
      () => registry.readStore('a'),
      () => registry.updateStore('a', 0, new Map()),
      () => registry.lock('a', 1_000),
      () => registry.unlock('a', 'token'),
      () => registry.initialise('a', { dialect: 'graphql-transport-ws' }),
      () => registry.subscribe(subscriptionOf('a', '1')),
      () => registry.complete('a', '1'),
      () => registry.close('a'),
      () => registry.reap('a', []),
      () => registry.readPlace('e'),
      () => registry.savePlace({ eventId: 'e', done: [] }),
      () => registry.shapes(TABLE),
      () => registry.candidates([{ filterKey: 'k', shards: 4 }]),
      () => registry.document('h'),
      () => registry.subscriptions('a'),
      () => registry.live()[Symbol.asyncIterator]().next(),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        code: 'REGISTRY_UNAVAILABLE',
        message: expect.stringContaining('on relay table relay to succeed, got'),
        cause: expect.objectContaining({ message: expect.stringContaining('ECONNREFUSED') }),
      });
    }
    client.destroy();
  });
});

test('a filter key asked for twice is looked up in as many shards as the larger asks for, whichever comes first', async () => {
  const client = new DynamoDBTable({ tableName: 'relay' });
  const registry = createDynamoDBRegistry({ client, tableName: 'relay', clock: jumpingClock() });
  const ids = Array.from({ length: 20 }, (_, n) => `c${n}`);
  for (const id of ids) {
    await registry.open(connectionOf(id));
    await registry.subscribe(subscriptionOf(id, '1', { alternatives: [equal({})] }));
  }
  const key = filterKey(FIELD, equal({}));
  for (const shards of [
    [4, 1],
    [1, 4],
  ]) {
    const found = await registry.candidates(shards.map((count) => ({ filterKey: key, shards: count })));
    expect(idsOf((found.get(key) ?? []).flat())).toEqual(ids.map((id) => `${id}/1`).sort());
  }
});

describe('every live connection', () => {
  const MINUTE = 60_000;

  /** Runs of a sweep so many minutes apart, each of which comes to the first `reach` connections only. */
  async function visited(periodMinutes: number, reach: number, runs: number): Promise<number> {
    const clock = jumpingClock();
    const client = new DynamoDBTable({ tableName: 'relay' });
    const registry = createDynamoDBRegistry({ client, tableName: 'relay', clock });
    const expiresAt = clock.now() / 1_000 + 1_000_000;
    for (let n = 0; n < 256; n += 1) await registry.open(connectionOf(`c${n}`, { expiresAt }));
    const seen = new Set<string>();
    for (let run = 0; run < runs; run += 1) {
      let left = reach;
      for await (const { connectionId } of registry.live()) {
        seen.add(connectionId);
        left -= 1;
        if (left === 0) break;
      }
      clock.advance(periodMinutes * MINUTE);
    }
    return seen.size;
  }

  test.each([1, 2, 3, 4, 5, 6, 9])(
    'is come to by sweeps that each get through a quarter of all, %i minutes apart',
    async (minutes) => {
      expect(await visited(minutes, 64, 1)).toBe(64);
      expect(await visited(minutes, 64, 60)).toBe(256);
    },
  );
});

describe('C1 active: the shard count of a shape only grows', () => {
  const everything = { alternatives: [equal({})] };
  const ids = (from: number, count: number) => Array.from({ length: count }, (_, n) => `c${from + n}`);

  function stored() {
    const clock = jumpingClock();
    const client = new DynamoDBTable({ tableName: 'relay' });
    const process = (emptyShapeShards: number) =>
      createDynamoDBRegistry({ client, tableName: 'relay', clock, limits: { emptyShapeShards } });
    const subscribe = async (registry: Registry, connections: readonly string[]) => {
      const expiresAt = clock.now() / 1_000 + LIFE_SECONDS;
      for (const id of connections) {
        await registry.open(connectionOf(id, { expiresAt }));
        expect(await registry.subscribe(subscriptionOf(id, '1', { ...everything, expiresAt }))).toBe(
          'active',
        );
      }
    };
    const found = async () => idsOf(await lookUp(process(1), equal({})));
    return { client, clock, process, subscribe, found };
  }

  test('raised when a row that expired with fewer still stands', async () => {
    const { clock, process, subscribe, found } = stored();
    await subscribe(process(1), ids(0, 2));
    clock.advance(3 * LIFE_SECONDS * 1_000);
    await subscribe(process(8), ids(10, 20));
    expect(await found()).toEqual(
      ids(10, 20)
        .map((id) => `${id}/1`)
        .sort(),
    );
  });

  test('kept when a process that remembers fewer makes the shape last longer', async () => {
    const { client, clock, process, subscribe, found } = stored();
    const early = process(1);
    await subscribe(early, ids(0, 1));
    await client.send(
      new UpdateCommand({
        TableName: 'relay',
        Key: { pk: `SHAPES#${TABLE}`, sk: `${FIELD}#` },
        UpdateExpression: 'SET #shards = :shards',
        ExpressionAttributeNames: { '#shards': 'shards' },
        ExpressionAttributeValues: { ':shards': 8 },
      }),
    );
    clock.advance(LIFE_SECONDS * 900);
    await subscribe(process(1), ids(10, 20));
    clock.advance(LIFE_SECONDS * 200);
    await subscribe(early, ids(40, 1));
    const living = [...ids(10, 20), ...ids(40, 1)];
    expect(await found()).toEqual(living.map((id) => `${id}/1`).sort());
  });
});

describe('registry when requests fail half-way', () => {
  function failing(fails: (step: TableStep, nth: number) => 'apply' | 'unprocessed' | Error) {
    let nth = 0;
    const clock = jumpingClock();
    const client = new DynamoDBTable({
      tableName: 'relay',
      step: async (step) => {
        const outcome = fails(step, nth++);
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
    });
    const registry = createDynamoDBRegistry({ client, tableName: 'relay', clock, random: () => 0.5 });
    return { registry, client, clock };
  }

  test('C1 active: items that come back unprocessed are sent again until all are written', async () => {
    const { registry, client } = failing(({ operation }, nth) =>
      operation.startsWith('Batch') && nth % 3 !== 0 ? 'unprocessed' : 'apply',
    );
    await registry.open(connectionOf('a'));
    const alternatives = Array.from({ length: 16 }, (_, n) => equal({ title: `${n}` }));
    expect(await registry.subscribe(subscriptionOf('a', '1', { alternatives }))).toBe('active');
    expect(client.rows().filter(({ pk }) => String(pk).startsWith('KEY#'))).toHaveLength(16);
    await registry.close('a');
    expect(ownedRows(client.rows())).toEqual([]);
  });

  test('items that stay unprocessed end in REGISTRY_UNAVAILABLE after a bounded wait, and leave the id free', async () => {
    let throttled = false;
    const { registry, client, clock } = failing(({ pk }) =>
      throttled && pk.startsWith('KEY#') ? 'unprocessed' : 'apply',
    );
    await registry.open(connectionOf('a'));
    throttled = true;
    const began = clock.now();
    await expect(registry.subscribe(subscriptionOf('a', '1'))).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringContaining('1 items unprocessed after 10 tries'),
    });
    expect(clock.now() - began).toBeGreaterThan(1_000);
    expect(clock.now() - began).toBeLessThan(20_000);
    throttled = false;
    // Deleting the rows was throttled too, so the SUB row still names them: time, or close, takes both.
    await registry.close('a');
    expect(ownedRows(client.rows())).toEqual([]);
  });

  test.each([0, 1])(
    'a lock whose taking failed at request step %i is free again, and so is that of a closed connection',
    async (failsAt) => {
      let at = Number.NaN;
      const { registry, client } = failing(() => (at++ === failsAt ? new Error('reset by peer') : 'apply'));
      await registry.open(connectionOf('a'));
      at = 0;
      await expect(registry.lock('a', 1_000)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
      at = Number.NaN;
      const token = await registry.lock('a', 1_000);
      expect(token).toBeDefined();
      await registry.close('a');
      expect(ownedRows(client.rows())).toEqual([]);
    },
  );

  test('a store that could not be looked at after it was written stays as it was written: its connection is open', async () => {
    let at = Number.NaN;
    const { registry } = failing(() => (at++ === 2 ? new Error('reset by peer') : 'apply'));
    await registry.open(connectionOf('a'));
    await registry.updateStore('a', 0, new Map([['x', 1]]));
    at = 0;
    await expect(registry.updateStore('a', 1, new Map([['x', 2]]))).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
    });
    at = Number.NaN;
    expect(await registry.readStore('a')).toEqual({ version: 2, entries: new Map([['x', 2]]) });
  });

  test.each(Array.from({ length: 9 }, (_, n) => n))(
    'C1 active: a fault at request step %i of a subscribe leaves nothing half-visible',
    async (failsAt) => {
      let at = Number.NaN;
      const { registry, client } = failing(() => (at++ === failsAt ? new Error('reset by peer') : 'apply'));
      await registry.open(connectionOf('a'));
      at = 0;
      const outcome = await registry.subscribe(subscriptionOf('a', '1')).catch((error: unknown) => error);
      at = Number.NaN;
      if (outcome !== 'active') {
        expect(outcome).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
        expect(await registry.subscriptions('a')).toEqual([]);
        expect(client.rows().filter(({ pk }) => String(pk).startsWith('KEY#'))).toEqual([]);
        expect(await registry.subscribe(subscriptionOf('a', '1'))).toBe('active');
      }
      expect(idsOf(await lookUp(registry, shopping))).toEqual(['a/1']);
    },
  );

  test.each(['UpdateItem', 'BatchWriteItem', 'DeleteItem'])(
    'R6: a complete that another one overtook before its %s leaves the id to whoever comes next',
    async (held) => {
      const clock = jumpingClock();
      let between: (() => Promise<unknown>) | undefined;
      const client = new DynamoDBTable({
        tableName: 'relay',
        step: async ({ operation }) => {
          const run = operation === held ? between : undefined;
          if (run) {
            between = undefined;
            await run();
          }
          return 'apply';
        },
      });
      const registry = createDynamoDBRegistry({ client, tableName: 'relay', clock });
      await registry.open(connectionOf('a'));
      await registry.subscribe(subscriptionOf('a', '1', { filter: 'first' }));
      const outcomes: string[] = [];
      between = async () => {
        await registry.complete('a', '1');
        for (let tries = 0; tries < 2; tries += 1)
          outcomes.push(await registry.subscribe(subscriptionOf('a', '1', { filter: 'second' })));
      };
      await registry.complete('a', '1');
      // Before its mark it has ended nothing yet, and ends the one that came after. Once it has marked one, the other
      // complete was for the next subscribe, and the one after that is left alone.
      expect(outcomes).toEqual(held === 'UpdateItem' ? ['active', 'duplicate'] : ['completed', 'active']);
      const left = held === 'UpdateItem' ? [] : ['second'];
      expect((await lookUp(registry, shopping)).map(({ filter }) => filter)).toEqual(left);
      expect(await registry.subscriptions('a')).toHaveLength(left.length);
      await registry.close('a');
      expect(ownedRows(client.rows())).toEqual([]);
    },
  );

  test('a complete that could not be done leaves the subscription whole', async () => {
    let refused = false;
    const { registry } = failing(({ operation }) =>
      refused && operation === 'UpdateItem' ? new Error('reset by peer') : 'apply',
    );
    await registry.open(connectionOf('a'));
    await registry.subscribe(subscriptionOf('a', '1'));
    refused = true;
    await expect(registry.complete('a', '1')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(idsOf(await lookUp(registry, shopping))).toEqual(['a/1']);
    refused = false;
    await registry.complete('a', '1');
    expect(await lookUp(registry, shopping)).toEqual([]);
  });

  test.each(['BatchWriteItem', 'DeleteItem'])(
    'R5: what a complete that died at its %s has marked is listed no more, ends once, and is cleared by close',
    async (diesAt) => {
      let dying = false;
      const { registry, client } = failing(({ operation }) =>
        dying && operation === diesAt ? new Error('killed') : 'apply',
      );
      await registry.open(connectionOf('a'));
      await registry.subscribe(subscriptionOf('a', '1', { filter: 'f'.repeat(401) }));
      dying = true;
      await expect(registry.complete('a', '1')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
      dying = false;
      expect(client.rows().filter(({ nonce }) => nonce !== undefined)).toHaveLength(1);
      expect(await registry.subscriptions('a')).toEqual([]);
      // Its filter was too long for the row that a change finds, and is given for nobody who has ended.
      expect(await lookUp(registry, shopping)).toEqual([]);
      expect(await registry.close('a')).toBe(0);
      expect(ownedRows(client.rows())).toEqual([]);
    },
  );

  test('R5: a close that broke off half-way is finished by the next', async () => {
    for (let failsAt = 0; failsAt < 12; failsAt += 1) {
      let at = Number.NaN;
      const { registry, client } = failing(() => (at++ === failsAt ? new Error('reset by peer') : 'apply'));
      await registry.open(connectionOf('a'));
      const alternatives = [equal({ title: 'x' }), equal({ title: 'y' })];
      for (const id of ['1', '2']) await registry.subscribe(subscriptionOf('a', id, { alternatives }));
      at = 0;
      await registry.close('a').catch(() => {});
      at = Number.NaN;
      await registry.close('a');
      expect(ownedRows(client.rows())).toEqual([]);
    }
  });
});
