import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Checkpoint } from '../../src/adapters/dynamodb-streams/checkpoints.ts';
import type { HeldLease, Lease } from '../../src/adapters/dynamodb-streams/leases.ts';
import { DYNAMODB_HOOK_MS } from '../fixtures/dynamodb.ts';
import { type LeaseStore, type LeaseWorld, localLeases, memoryLeases, modelLeases } from './leases-worlds.ts';

const STREAM = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Items/stream/2026-01-01T00:00:00.000';
const OTHER = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Items/stream/2026-02-01T00:00:00.000';
const A = { owner: 'worker-a', leaseMs: 10_000 };
const B = { owner: 'worker-b', leaseMs: 5_000 };
const BEGINNING = { kind: 'beginning' } satisfies Checkpoint;

const worlds: readonly (readonly [string, LeaseWorld])[] = [
  ['in memory', memoryLeases],
  ['on the table model', modelLeases],
  ['on DynamoDB Local', localLeases()],
];

describe.each(worlds)('leases %s', (_name, world) => {
  let store: LeaseStore;
  beforeAll(() => world.start(), DYNAMODB_HOOK_MS);
  afterAll(() => world.stop(), DYNAMODB_HOOK_MS);
  beforeEach(async () => {
    store = await world.open();
  }, DYNAMODB_HOOK_MS);

  const lease = async (shardId = 's1'): Promise<Lease> => {
    const found = (await store.leases.list(STREAM)).find((each) => each.shardId === shardId);
    if (!found) throw new Error(`expected a lease of ${shardId}`);
    return found;
  };
  const taken = async (
    by = A,
    seen: number | undefined = undefined,
    first: Checkpoint = BEGINNING,
    shardId = 's1',
  ): Promise<HeldLease> => {
    const held = await store.leases.take({ streamArn: STREAM, shardId, counter: seen }, by, first);
    if (!held) throw new Error('expected to take the lease');
    return held;
  };

  test('a stream nobody read has no leases, and a table no stream', async () => {
    expect(await store.leases.list(STREAM)).toEqual([]);
    expect(await store.leases.currentStream('Items')).toBeUndefined();
  });

  test.each<[string, Checkpoint]>([
    ['since', { kind: 'since', at: 1_767_225_600_123 }],
    ['beginning', BEGINNING],
    ['after', { kind: 'after', sequenceNumber: '800000000003126276362' }],
    ['end', { kind: 'end', at: 1_767_225_600_123 }],
  ])(
    'a checkpoint `%s` is read as it was written, by create and by its holder',
    async (_kind, checkpoint) => {
      expect(await store.leases.create(STREAM, 'made', checkpoint)).toBe(true);
      expect(await lease('made')).toEqual({
        streamArn: STREAM,
        shardId: 'made',
        counter: 0,
        leaseMs: 0,
        checkpoint,
      });
      const held = await taken();
      expect(await store.leases.checkpoint(held, checkpoint)).toBe(true);
      expect((await lease()).checkpoint).toEqual(checkpoint);
      expect((await lease()).counter).toBe(2);
    },
  );

  test('a row is created once, and what stands there stays', async () => {
    expect(await store.leases.create(STREAM, 's1', { kind: 'since', at: 5 })).toBe(true);
    expect(await store.another().create(STREAM, 's1', BEGINNING)).toBe(false);
    expect((await lease()).checkpoint).toEqual({ kind: 'since', at: 5 });
  });

  test('leases of one stream are not those of another, and a list of many is whole', async () => {
    const ids = Array.from({ length: 120 }, (_, n) => `shard-${n}`);
    await Promise.all(ids.map((id) => store.leases.create(STREAM, id, BEGINNING)));
    await store.leases.create(OTHER, 'elsewhere', BEGINNING);
    const listed = (await store.leases.list(STREAM)).map(({ shardId }) => shardId);
    expect(listed.sort()).toEqual([...ids].sort());
  });

  test('taking: the row says who, for how long, and where it begins', async () => {
    const held = await taken(A, undefined, { kind: 'since', at: 7 });
    expect(await lease()).toEqual({
      ...held,
      counter: 1,
      leaseMs: 10_000,
      checkpoint: { kind: 'since', at: 7 },
    });
  });

  test('of many that take the same lease one gets it', async () => {
    const tries = Array.from({ length: 8 }, (_, n) =>
      store
        .another()
        .take(
          { streamArn: STREAM, shardId: 's1', counter: undefined },
          { owner: `w${n}`, leaseMs: 1 },
          BEGINNING,
        ),
    );
    const winners = (await Promise.all(tries)).filter((held) => held !== undefined);
    expect(winners).toHaveLength(1);
    expect(await lease()).toMatchObject(winners[0] ?? {});
  });

  test('taking over keeps the checkpoint, and the one before has lost it', async () => {
    const first = await taken();
    await store.leases.checkpoint(first, { kind: 'after', sequenceNumber: '12' });
    const { counter } = await lease();
    const second = await taken(B, counter);
    expect(await lease()).toMatchObject({
      ...second,
      leaseMs: 5_000,
      checkpoint: { kind: 'after', sequenceNumber: '12' },
    });
    expect(await store.leases.renew(first)).toEqual({ kind: 'lost' });
    expect(await store.leases.checkpoint(first, { kind: 'after', sequenceNumber: '99' })).toBe(false);
    expect(await store.leases.release(first)).toBe(false);
    expect(await lease()).toMatchObject({ ...second, checkpoint: { kind: 'after', sequenceNumber: '12' } });
  });

  test.each<[string, (held: HeldLease) => Promise<unknown>]>([
    ['a renewal', (held) => store.leases.renew(held)],
    ['a checkpoint', (held) => store.leases.checkpoint(held, BEGINNING)],
    ['a release', (held) => store.leases.release(held)],
  ])('%s after the lease was seen defeats the take', async (_what, live) => {
    const held = await taken();
    const { counter } = await lease();
    await live(held);
    expect((await lease()).counter).toBe(counter + 1);
    expect(await store.leases.take({ ...held, counter }, B, BEGINNING)).toBeUndefined();
  });

  test('a take that expects no row fails where one is', async () => {
    await store.leases.create(STREAM, 's1', BEGINNING);
    expect(
      await store.leases.take({ streamArn: STREAM, shardId: 's1', counter: undefined }, A, BEGINNING),
    ).toBeUndefined();
  });

  test('a lease lost and taken back by the same worker is not that of its older loop', async () => {
    const old = await taken();
    await taken(B, 1);
    const again = await taken(A, 2);
    expect(again.token).not.toBe(old.token);
    expect(await store.leases.checkpoint(old, { kind: 'after', sequenceNumber: '1' })).toBe(false);
    expect(await store.leases.renew(old)).toEqual({ kind: 'lost' });
    expect(await store.leases.release(old)).toBe(false);
    expect(await store.leases.checkpoint(again, { kind: 'after', sequenceNumber: '2' })).toBe(true);
    expect((await lease()).checkpoint).toEqual({ kind: 'after', sequenceNumber: '2' });
  });

  test('the same owner without the token has nothing', async () => {
    const held = await taken();
    const forged = { ...held, token: 'guessed' };
    expect(await store.leases.renew(forged)).toEqual({ kind: 'lost' });
    expect(await store.leases.checkpoint(forged, BEGINNING)).toBe(false);
    expect(await store.leases.release(forged)).toBe(false);
  });

  test('a row that was removed under its holder is lost to it, and not made anew', async () => {
    const nobody = { streamArn: STREAM, shardId: 'gone', owner: 'worker-a', token: 't' };
    expect(await store.leases.renew(nobody)).toEqual({ kind: 'lost' });
    expect(await store.leases.checkpoint(nobody, BEGINNING)).toBe(false);
    expect(await store.leases.release(nobody)).toBe(false);
    expect(await store.leases.list(STREAM)).toEqual([]);
  });

  test('given back, a lease has no owner and can be taken at once', async () => {
    const held = await taken();
    expect(await store.leases.release(held)).toBe(true);
    const free = await lease();
    expect(free).toEqual({
      streamArn: STREAM,
      shardId: 's1',
      counter: 2,
      leaseMs: 10_000,
      checkpoint: BEGINNING,
    });
    expect(await store.another().take(free, B, BEGINNING)).toMatchObject({ owner: 'worker-b' });
  });

  test('the end of a shard gives the lease up in the same write', async () => {
    const held = await taken();
    await store.leases.ask(await lease(), 'worker-b');
    expect(await store.leases.checkpoint(held, { kind: 'end', at: 3 })).toBe(true);
    expect(await lease()).toEqual({
      streamArn: STREAM,
      shardId: 's1',
      counter: 2,
      leaseMs: 10_000,
      checkpoint: { kind: 'end', at: 3 },
    });
    expect(await store.leases.renew(held)).toEqual({ kind: 'lost' });
  });

  test('who is asked to hand over hears it at its next renewal, and asking is no sign of life', async () => {
    const held = await taken();
    expect(await store.leases.renew(held)).toEqual({ kind: 'held' });
    const seen = await lease();
    expect(await store.leases.ask(seen, 'worker-b')).toBe(true);
    expect(await lease()).toEqual({ ...seen, wanted: 'worker-b' });
    expect(await store.leases.renew(held)).toEqual({ kind: 'held', wanted: 'worker-b' });
  });

  test('the first who asks is the one; the same may ask again', async () => {
    await taken();
    const seen = await lease();
    expect(await store.leases.ask(seen, 'worker-b')).toBe(true);
    expect(await store.leases.ask(seen, 'worker-c')).toBe(false);
    expect(await store.leases.ask(seen, 'worker-b')).toBe(true);
    expect((await lease()).wanted).toBe('worker-b');
  });

  test('nobody is asked for a lease that changed hands or has none', async () => {
    const held = await taken();
    const seen = await lease();
    await taken(B, 1);
    expect(await store.leases.ask(seen, 'worker-c')).toBe(false);
    const { owner: _, token: __, ...free } = seen;
    expect(await store.leases.ask(free, 'worker-c')).toBe(false);
    expect(await store.leases.ask({ ...seen, ...held, shardId: 'none' }, 'worker-c')).toBe(false);
    expect((await lease()).wanted).toBeUndefined();
  });

  test('released, a lease is left to the one who asked; taken, the mark is gone', async () => {
    const held = await taken();
    await store.leases.ask(await lease(), 'worker-b');
    await store.leases.release(held);
    const left = await lease();
    expect(left).toMatchObject({ wanted: 'worker-b', leaseMs: 10_000 });
    expect(left.owner).toBeUndefined();
    await store.leases.take(left, B, BEGINNING);
    expect((await lease()).wanted).toBeUndefined();
  });

  test('only who asked takes the mark back', async () => {
    await taken();
    await store.leases.ask(await lease(), 'worker-b');
    await store.leases.withdraw(STREAM, 's1', 'worker-c');
    expect((await lease()).wanted).toBe('worker-b');
    await store.leases.withdraw(STREAM, 's1', 'worker-b');
    expect((await lease()).wanted).toBeUndefined();
    await store.leases.withdraw(STREAM, 'never', 'worker-b');
    expect(await store.leases.list(STREAM)).toHaveLength(1);
  });

  test('a row is forgotten only while nobody holds it and nobody touched it', async () => {
    const held = await taken();
    expect(await store.leases.forget(await lease())).toBe(false);
    const seen = await lease();
    await store.leases.checkpoint(held, { kind: 'end', at: 3 });
    expect(await store.leases.forget(seen)).toBe(false);
    expect(await store.leases.forget(await lease())).toBe(true);
    expect(await store.leases.list(STREAM)).toEqual([]);
  });

  test('all workers of a table move to one stream, whoever is first, and only forward', async () => {
    const [first, second] = await Promise.all([
      store.leases.moveStream('Items', undefined, STREAM),
      store.another().moveStream('Items', undefined, OTHER),
    ]);
    expect(first).toBe(second);
    expect(await store.leases.currentStream('Items')).toBe(first);
    expect(await store.leases.moveStream('Items', 'arn:some-other', 'arn:third')).toBe(first);
    expect(await store.leases.moveStream('Items', first, 'arn:third')).toBe('arn:third');
    expect(await store.leases.moveStream('Items', first, 'arn:fourth')).toBe('arn:third');
    // Of a table whose row is gone.
    expect(await store.leases.moveStream('Emptied', STREAM, OTHER)).toBe(OTHER);
    expect(await store.leases.currentStream('Emptied')).toBe(OTHER);
    expect(await store.leases.currentStream('Others')).toBeUndefined();
  });

  test('names may be any text', async () => {
    const shardId = '__proto__';
    expect(await store.leases.create(STREAM, shardId, BEGINNING)).toBe(true);
    await store.leases.moveStream('__proto__', undefined, STREAM);
    expect(await store.leases.currentStream('__proto__')).toBe(STREAM);
    expect((await lease(shardId)).shardId).toBe(shardId);
  });

  test('every lease row goes by itself when nobody writes it for a week', async () => {
    if (!store.rows) return;
    const held = await taken();
    await store.leases.checkpoint(held, { kind: 'after', sequenceNumber: '1' });
    const [row] = await store.rows();
    expect(row).toMatchObject({ pk: `LEASE#${STREAM}`, sk: 's1' });
    expect(row?.['expiresAt']).toBe(Date.UTC(2026, 0, 8) / 1_000);
  });
});
