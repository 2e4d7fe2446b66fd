import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectionOf, LIFE_SECONDS, ownedRows, subscriptionOf } from './registry-samples.ts';
import { localWorld, memoryWorld, modelWorld } from './registry-worlds.ts';

const entries = (values: Readonly<Record<string, unknown>>) => new Map(Object.entries(values));

describe.each([
  ['memory', memoryWorld],
  ['DynamoDB on the table model', modelWorld],
  ['DynamoDB Local', localWorld()],
])('registry, what a connection stores: %s', (_, world) => {
  beforeAll(() => world.start());
  afterAll(() => world.stop());

  test('nothing at first, and then what was written, whatever the names and values are', async () => {
    const { registry, another } = await world.open();
    await registry.open(connectionOf('a'));
    expect(await registry.readStore('a')).toEqual({ version: 0, entries: new Map() });
    const written = new Map<string, unknown>([
      ['__proto__', { admin: true }],
      ['constructor', null],
      ['', '買い物 "x"'],
      ['nested', [{ n: 1.5, deep: { list: [true, null] } }]],
      ['number', -0.1],
    ]);
    expect(await registry.updateStore('a', 0, written)).toBe('written');
    expect(await another().readStore('a')).toEqual({ version: 1, entries: written });
    expect(Object.getPrototypeOf({})).not.toHaveProperty('admin');
    expect(await registry.updateStore('a', 1, entries({ only: 1 }))).toBe('written');
    expect(await another().readStore('a')).toEqual({ version: 2, entries: entries({ only: 1 }) });
    expect(await registry.updateStore('a', 2, new Map())).toBe('written');
    expect(await another().readStore('a')).toEqual({ version: 3, entries: new Map() });
  });

  test('what was read is a copy: changing it changes nothing that is stored', async () => {
    const { registry } = await world.open();
    await registry.open(connectionOf('a'));
    const list = ['x'];
    await registry.updateStore('a', 0, entries({ list }));
    list.push('y');
    const read = (await registry.readStore('a')).entries.get('list');
    if (Array.isArray(read)) read.push('z');
    expect((await registry.readStore('a')).entries).toEqual(entries({ list: ['x'] }));
  });

  test('of ten who write what they read at once exactly one is told so, and nothing of it is lost', async () => {
    const { registry, another } = await world.open();
    await registry.open(connectionOf('a'));
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) => another().updateStore('a', 0, entries({ n }))),
    );
    expect(outcomes.filter((outcome) => outcome === 'written')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'conflict')).toHaveLength(9);
    const { version, entries: read } = await registry.readStore('a');
    expect([version, read.get('n')]).toEqual([1, outcomes.indexOf('written')]);
  });

  test('a version that was passed, or never was, is a conflict', async () => {
    const { registry } = await world.open();
    await registry.open(connectionOf('a'));
    await registry.updateStore('a', 0, entries({ first: 1 }));
    await registry.updateStore('a', 1, entries({ second: 1 }));
    for (const version of [0, 1, 3, 99]) {
      expect(await registry.updateStore('a', version, entries({ lost: 1 }))).toBe('conflict');
    }
    expect(await registry.readStore('a')).toEqual({ version: 2, entries: entries({ second: 1 }) });
  });

  test('R5: on a connection that is unknown, closed or past its end nothing is stored and nothing left behind', async () => {
    const { registry, clock, rows } = await world.open();
    await registry.open(connectionOf('closed'));
    expect(await registry.updateStore('closed', 0, entries({ x: 1 }))).toBe('written');
    await registry.close('closed');
    expect(await registry.readStore('closed')).toEqual({ version: 0, entries: new Map() });
    for (const id of ['closed', 'unknown']) {
      for (const version of [0, 1]) {
        expect(await registry.updateStore(id, version, entries({ x: 1 }))).toBe('closed');
      }
    }
    await registry.open(connectionOf('old'));
    clock.advance(LIFE_SECONDS * 1_000);
    expect(await registry.updateStore('old', 0, entries({ x: 1 }))).toBe('closed');
    if (rows) {
      const stores = (await rows()).filter(({ sk }) => sk === 'CTX');
      expect(stores).toEqual([]);
    }
  });

  test('R8: it lives as long as its connection and no longer', async () => {
    const { registry, clock } = await world.open();
    await registry.open(connectionOf('a'));
    clock.advance(3_600_000);
    await registry.updateStore('a', 0, entries({ x: 1 }));
    clock.advance((LIFE_SECONDS - 3_600) * 1_000 - 1);
    expect((await registry.readStore('a')).version).toBe(1);
    clock.advance(1);
    expect(await registry.readStore('a')).toEqual({ version: 0, entries: new Map() });
  });

  test('a connection that stores and holds its lock closes with all it has, and its subscriptions alone are counted', async () => {
    const { registry, rows } = await world.open();
    await registry.open(connectionOf('a'));
    await registry.open(connectionOf('b'));
    await registry.updateStore('a', 0, entries({ x: 1 }));
    await registry.updateStore('b', 0, entries({ x: 2 }));
    await registry.lock('a', 30_000);
    await registry.subscribe(subscriptionOf('a', '1'));
    expect((await registry.subscriptions('a')).map(({ clientId }) => clientId)).toEqual(['1']);
    expect(await registry.close('a')).toBe(1);
    expect((await registry.readStore('b')).entries).toEqual(entries({ x: 2 }));
    await registry.close('b');
    if (rows) expect(ownedRows(await rows())).toEqual([]);
  });
});

describe.each([
  ['memory', memoryWorld],
  ['DynamoDB on the table model', modelWorld],
  ['DynamoDB Local', localWorld()],
])('registry, the lock of a connection: %s', (_, world) => {
  beforeAll(() => world.start());
  afterAll(() => world.stop());

  test('of ten who want it at once exactly one has it, and the next once it was given back', async () => {
    const { registry, another } = await world.open();
    await registry.open(connectionOf('a'));
    const tokens = await Promise.all(Array.from({ length: 10 }, () => another().lock('a', 30_000)));
    const [token, ...more] = tokens.filter((each) => each !== undefined);
    expect(more).toEqual([]);
    expect(await registry.lock('a', 30_000)).toBeUndefined();
    await another().unlock('a', token ?? '');
    const next = await registry.lock('a', 30_000);
    expect(next).toBeDefined();
    expect(next).not.toBe(token);
  });

  test('it is of one connection: another has its own', async () => {
    const { registry } = await world.open();
    await registry.open(connectionOf('a'));
    await registry.open(connectionOf('b'));
    expect(await registry.lock('a', 30_000)).toBeDefined();
    expect(await registry.lock('b', 30_000)).toBeDefined();
  });

  test('whose holder never came back, it is free to the millisecond after its time, and not before', async () => {
    const { registry, clock } = await world.open();
    await registry.open(connectionOf('a'));
    await registry.lock('a', 30_500);
    clock.advance(30_499);
    expect(await registry.lock('a', 30_000)).toBeUndefined();
    clock.advance(1);
    expect(await registry.lock('a', 30_000)).toBeDefined();
  });

  test('giving back what has run out and was taken by another takes it from nobody', async () => {
    const { registry, clock } = await world.open();
    await registry.open(connectionOf('a'));
    const late = await registry.lock('a', 1_000);
    clock.advance(1_000);
    const token = await registry.lock('a', 30_000);
    await registry.unlock('a', late ?? '');
    expect(await registry.lock('a', 30_000)).toBeUndefined();
    await registry.unlock('a', token ?? '');
    await registry.unlock('a', token ?? '');
    expect(await registry.lock('a', 30_000)).toBeDefined();
  });

  test('R5: on a connection that is unknown, closed or past its end nobody gets it, and nothing is left behind', async () => {
    const { registry, clock, rows } = await world.open();
    await registry.open(connectionOf('closed'));
    const token = await registry.lock('closed', 30_000);
    await registry.close('closed');
    expect(await registry.lock('closed', 30_000)).toBeUndefined();
    await registry.unlock('closed', token ?? '');
    expect(await registry.lock('unknown', 30_000)).toBeUndefined();
    if (rows) expect(ownedRows(await rows())).toEqual([]);
    await registry.open(connectionOf('old'));
    clock.advance(LIFE_SECONDS * 1_000);
    expect(await registry.lock('old', 30_000)).toBeUndefined();
    if (rows) expect((await rows()).filter(({ sk }) => sk === 'LOCK')).toEqual([]);
  });
});
