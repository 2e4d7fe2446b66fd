import { describe, expect, test } from '@jest/globals';
import { revokeConnection, revokeMatching } from '../../../src/relay/revoke.ts';
import { JANE } from './keepalive-context.ts';
import { JOE, NOTHING, revokeWorld } from './revoke-world.ts';

describe('S10 revoking an identity', () => {
  test.each([
    ['graphql-transport-ws', [{ message: expect.any(String), extensions: { code: 'REVOKED' } }]],
    ['apollo', { message: expect.any(String), extensions: { code: 'REVOKED' } }],
    [
      'appsync',
      {
        errors: [
          {
            errorType: 'SubscriptionRevokedError',
            errorCode: 403,
            message: expect.any(String),
            extensions: { code: 'REVOKED' },
          },
        ],
      },
    ],
  ] as const)(
    'every operation is told in its dialect, and then the socket is closed: %s',
    async (dialect, payload) => {
      const world = revokeWorld();
      await world.open('a', { dialect, identity: JANE, operations: { '1': true, '2': true } });
      await world.open('b', { identity: JOE, operations: { '1': true } });
      expect(await world.revokeJane()).toEqual({ ...NOTHING, connections: 1, operations: 2, closed: 1 });
      expect(world.frames('a')).toEqual(['1', '2'].map((id) => ({ type: 'error', id, payload })));
      expect(world.connections.isOpen('a')).toBe(false);
      expect(await world.idsOn('a')).toEqual([]);
      expect(world.connections.isOpen('b')).toBe(true);
      expect(await world.idsOn('b')).toEqual(['1']);
      expect(world.counters.take().get('ended.REVOKED')).toBe(2);
      expect(JSON.stringify(world.logs)).not.toContain('jane');
    },
  );

  test('no client is disconnected while it holds a subscription: graphql-ws would come back at once, again and again', async () => {
    const held: string[][] = [];
    const world = revokeWorld({
      wrapTransport: (transport) => ({
        ...transport,
        async disconnect(target) {
          const left = await world.registry.subscriptions(target.connectionId);
          held.push(left.map(({ clientId }) => clientId));
          return transport.disconnect(target);
        },
      }),
    });
    await world.open('a', { identity: JANE, operations: { '1': true } });
    // Somebody else's, on her connection: it goes with it, and is told as well.
    await world.subscribe('a', 'of joe', { subscriber: { identityHash: 'joe' } });
    await world.revokeJane();
    expect(held).toEqual([[]]);
    expect(world.frames('a').map(({ id }) => id)).toEqual(['1', 'of joe']);
  });

  test('on a connection of somebody else its own operations end, and no more', async () => {
    const world = revokeWorld();
    await world.open('a', { identity: JOE, operations: { '1': true } });
    await world.subscribe('a', 'hers');
    expect(await world.revokeJane()).toEqual({ ...NOTHING, connections: 1, operations: 1, closed: 0 });
    expect(world.frames('a').map(({ id }) => id)).toEqual(['hers']);
    expect(world.connections.isOpen('a')).toBe(true);
    expect(await world.idsOn('a')).toEqual(['1']);
  });

  test('one that is not counted is found on connections of others by looking everywhere', async () => {
    const world = revokeWorld();
    await world.open('a', { identity: JOE, operations: { '1': true } });
    await world.subscribe('a', 'hers', { subscriber: { identityHash: 'jane' } });
    expect(await world.revokeJane()).toMatchObject({ operations: 0 });
    expect(await world.revokeJane({}, true)).toMatchObject({ operations: 1, closed: 0 });
    expect(await world.idsOn('a')).toEqual(['1']);
  });

  test('the mark stands before anything is looked for: who subscribes meanwhile is refused', async () => {
    const outcomes: string[] = [];
    const world = revokeWorld({
      wrapRegistry: (registry) => ({
        ...registry,
        async *connectionsOf(hash) {
          outcomes.push(await world.subscribe('a', 'meanwhile'));
          yield* registry.connectionsOf(hash);
        },
      }),
    });
    await world.open('a', { identity: JOE });
    await world.revokeJane();
    expect(outcomes).toEqual(['revoked']);
    const now = Math.floor(world.clock.now() / 1_000);
    const issuedAt = { identityHash: 'jane', maxSubscriptions: 100 };
    // As far as clocks may differ, a credential issued since is taken for one issued before.
    expect(await world.subscribe('a', '2', { subscriber: { ...issuedAt, issuedAt: now + 5 } })).toBe(
      'revoked',
    );
    expect(await world.subscribe('a', '2', { subscriber: { ...issuedAt, issuedAt: now + 6 } })).toBe(
      'active',
    );
  });

  test('run again it finds nothing more, and a dry run counts and does nothing', async () => {
    const world = revokeWorld();
    await world.open('a', { identity: JANE, operations: { '1': true } });
    const found = { ...NOTHING, connections: 1, operations: 1, closed: 1 };
    expect(await world.revokeJane({ dryRun: true })).toEqual(found);
    expect(world.frames('a')).toEqual([]);
    expect(await world.idsOn('a')).toEqual(['1']);
    expect(await world.subscribe('a', '2')).toBe('active');
    expect(await world.revokeJane()).toEqual({ ...found, operations: 2 });
    expect(await world.revokeJane()).toEqual({ ...found, connections: 0, operations: 0, closed: 0 });
  });

  test('a client that can be neither told nor disconnected is served no more', async () => {
    const world = revokeWorld({
      wrapTransport: (transport) => ({
        post: async (target, frame) =>
          target.connectionId === 'a' ? { kind: 'throttled' } : transport.post(target, frame),
        disconnect: async () => ({ kind: 'throttled' }),
      }),
    });
    await world.open('a', { identity: JANE, operations: { '1': true, '2': true } });
    await world.open('b', { identity: JANE, operations: { '1': true } });
    expect(await world.revokeJane()).toEqual({
      ...NOTHING,
      connections: 2,
      operations: 3,
      untold: 2,
      closed: 2,
      undisconnected: 2,
    });
    expect(await world.idsOn('a')).toEqual([]);
    expect(await world.clock.run(world.registry.connection('a'))).toMatchObject({ closed: true });
  });

  test('nor one that keeps its connection, where nothing else would remove its rows', async () => {
    const world = revokeWorld({
      wrapTransport: (transport) => ({
        post: async (target, frame) =>
          target.connectionId === 'a' ? { kind: 'throttled' } : transport.post(target, frame),
        disconnect: async () => ({ kind: 'throttled' }),
      }),
    });
    await world.open('a', { identity: JOE, operations: { '1': true } });
    await world.subscribe('a', 'hers');
    expect(await world.revokeJane()).toEqual({
      ...NOTHING,
      connections: 1,
      operations: 1,
      closed: 0,
      untold: 1,
    });
    expect(await world.idsOn('a')).toEqual(['1']);
  });

  test('a socket that was closed already is no socket left open', async () => {
    const world = revokeWorld({
      wrapTransport: (transport) => ({ ...transport, disconnect: async () => ({ kind: 'gone' }) }),
    });
    await world.open('a', { identity: JANE });
    expect(await world.revokeJane()).toMatchObject({ closed: 1, undisconnected: 0 });
  });

  test('one that cannot be read keeps the others from nothing, and is counted; the fault is told in the end', async () => {
    const world = revokeWorld({
      wrapRegistry: (registry) => ({
        ...registry,
        subscriptions: async (id) => {
          if (id === 'a') throw new Error('the table burns');
          return registry.subscriptions(id);
        },
      }),
    });
    for (const id of ['a', 'b', 'c']) await world.open(id, { identity: JANE, operations: { '1': true } });
    const reports: object[] = [];
    const revoking = world.revokeJane({ onProgress: (report) => reports.push({ ...report }) });
    await expect(revoking).rejects.toThrow('the table burns');
    expect(reports.at(-1)).toMatchObject({ connections: 3, failed: 1, closed: 2 });
    expect(world.connections.isOpen('a')).toBe(true);
  });

  test('the gateway of a stage is asked once whether it is at work, and not at all when nothing is to end', async () => {
    const asked: string[] = [];
    const world = revokeWorld({
      wrapTransport: (transport) => ({
        ...transport,
        post: async (target, frame) => {
          if (target.connectionId === 'AAAAAAAAAAAAAAA=') asked.push(target.stage);
          return transport.post(target, frame);
        },
      }),
    });
    const equalities = new Map([['room', '2']]);
    for (const id of ['a', 'b', 'c']) await world.open(id, { identity: JANE, operations: { '1': true } });
    await world.clock.run(revokeMatching(world.context, { field: 'onCreateTodo', equalities }));
    expect(asked).toEqual([]);
    await world.revokeJane({ dryRun: true });
    expect(asked).toEqual([]);
    expect(
      world.logs.filter(({ event, connections }) => event === 'revocation' && connections === 3),
    ).toHaveLength(1);
    await world.revokeJane();
    expect(asked).toHaveLength(1);
  });

  test('where @connections does not answer at all nothing is ended but the mark stands, and another run goes on', async () => {
    const world = revokeWorld();
    await world.open('a', { identity: JANE, operations: { '1': true } });
    world.connections.outage('forbidden');
    await expect(world.revokeJane()).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' });
    expect(await world.idsOn('a')).toEqual(['1']);
    expect(await world.subscribe('a', '2')).toBe('revoked');
    world.connections.outage(undefined);
    expect(await world.revokeJane()).toMatchObject({ operations: 1, closed: 1 });
  });

  test('broken off it begins no other connection, and says so', async () => {
    const world = revokeWorld();
    for (let n = 0; n < 40; n += 1) await world.open(`c${n}`, { identity: JANE, operations: { '1': true } });
    const ending = new AbortController();
    const { connections, stopped } = await world.revokeJane({
      signal: ending.signal,
      onProgress: (report) => report.connections === 3 && ending.abort(),
    });
    expect(stopped).toBe(true);
    expect(connections).toBeGreaterThanOrEqual(3);
    expect(connections).toBeLessThan(40);
    expect(await world.revokeJane()).toMatchObject({ connections: 40 - connections, stopped: false });
  });
});

test('S10 revoking a connection ends all on it and closes it; one that is unknown is nothing', async () => {
  const world = revokeWorld();
  await world.open('a', { identity: JANE, operations: { '1': true } });
  await world.open('b', { identity: JANE, operations: { '1': true } });
  const revoke = (id: string) => world.clock.run(revokeConnection(world.context, id));
  expect(await revoke('a')).toEqual({ ...NOTHING, connections: 1, operations: 1, closed: 1 });
  expect(world.connections.isOpen('a')).toBe(false);
  expect(await world.idsOn('b')).toEqual(['1']);
  expect(await revoke('unknown')).toEqual({ ...NOTHING, connections: 1, operations: 0, closed: 0 });
});
