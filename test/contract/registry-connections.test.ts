import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hash128 } from '../../src/filter/keys.ts';
import type { Identity, LiveConnection, Registry } from '../../src/relay/ports.ts';
import { connectionOf, LIFE_SECONDS, ownedRows } from './registry-samples.ts';
import { everyWorld, START } from './registry-worlds.ts';

async function liveOf(registry: Registry): Promise<LiveConnection[]> {
  const found: LiveConnection[] = [];
  for await (const connection of registry.live()) found.push(connection);
  return found.sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
}

describe.each(everyWorld())('registry, connections: %s', (_, world) => {
  beforeAll(() => world.start());
  afterAll(() => world.stop());

  test('what was opened is found as it was given, not initialised and not closed', async () => {
    const { registry } = await world.open();
    await registry.open(connectionOf('L0SM9cOFvHcCIhw='));
    expect(await registry.connection('L0SM9cOFvHcCIhw=')).toEqual({
      ...connectionOf('L0SM9cOFvHcCIhw='),
      initialised: false,
      confirmSubscriptions: false,
      strictOrdering: false,
      closed: false,
    });
    expect(await registry.connection('unknown')).toBeUndefined();
  });

  test('of ten inits at once exactly one is told so, and the others that it was repeated', async () => {
    const { registry } = await world.open();
    await registry.open(connectionOf('a'));
    const init = { dialect: 'graphql-transport-ws', confirmSubscriptions: true } as const;
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => registry.initialise('a', init)));
    expect(outcomes.filter((outcome) => outcome === 'initialised')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'repeated')).toHaveLength(9);
    expect(await registry.connection('a')).toMatchObject({ initialised: true, confirmSubscriptions: true });
    expect(await registry.connection('a')).toMatchObject({ strictOrdering: false });
  });

  test('an init may leave the dialect open; the first operation settles it, and the last to speak wins', async () => {
    const { registry } = await world.open();
    const { dialect: _, ...bare } = connectionOf('a');
    await registry.open(bare);
    expect(await registry.initialise('a', { strictOrdering: true })).toBe('initialised');
    const undecided = await registry.connection('a');
    expect(undecided).toMatchObject({
      initialised: true,
      strictOrdering: true,
      confirmSubscriptions: false,
    });
    expect(undecided).not.toHaveProperty('dialect');
    const [live] = await liveOf(registry);
    expect(live).toMatchObject({ initialised: true });
    expect(live).not.toHaveProperty('dialect');
    for (const dialect of ['apollo', 'appsync'] as const) {
      await registry.speak('a', dialect);
      expect(await registry.connection('a')).toMatchObject({ dialect, initialised: true });
      expect(await liveOf(registry)).toMatchObject([{ dialect, initialised: true }]);
    }
  });

  test('an init that leaves the dialect open keeps the one that was agreed on, also with an identity', async () => {
    const { registry } = await world.open();
    const { identity, ...agreed } = connectionOf('a', { dialect: 'appsync' });
    await registry.open(agreed);
    await registry.open(connectionOf('b', { dialect: 'appsync' }));
    await registry.initialise('a', { ...(identity && { identity }) });
    await registry.initialise('b', {});
    for (const id of ['a', 'b']) expect(await registry.connection(id)).toMatchObject({ dialect: 'appsync' });
    expect((await liveOf(registry)).map(({ dialect }) => dialect)).toEqual(['appsync', 'appsync']);
  });

  test('R5: speaking on a connection that is unknown, closed or past its end leaves nothing behind', async () => {
    const { registry, clock, rows } = await world.open();
    await registry.open(connectionOf('closed'));
    await registry.close('closed');
    await registry.speak('closed', 'apollo');
    await registry.speak('unknown', 'apollo');
    if (rows) expect(ownedRows(await rows())).toEqual([]);
    expect(await registry.connection('closed')).toMatchObject({ dialect: 'graphql-transport-ws' });
    await registry.open(connectionOf('old'));
    clock.advance(LIFE_SECONDS * 1_000);
    await registry.speak('old', 'apollo');
    expect(await registry.connection('old')).toBeUndefined();
  });

  test('a token identity is kept with its claims and end, and an init binds another in its place whole', async () => {
    const { registry } = await world.open();
    const claims = {
      provider: 'oidc' as const,
      issuer: 'https://issuer',
      subject: '買',
      username: 'u',
      groups: ['a', 'b'],
      scope: 's',
    };
    const token = { kind: 'jwt', hash: hash128('token'), claims, expiresAt: START / 1_000 + 60 } as const;
    await registry.open(connectionOf('a', { identity: token }));
    expect((await registry.connection('a'))?.identity).toEqual(token);
    expect(await liveOf(registry)).toMatchObject([
      { identityHash: token.hash, credentialExpiresAt: token.expiresAt, initialised: false },
    ]);
    const key = { kind: 'api-key', hash: hash128('other') } as const;
    expect(await registry.initialise('a', { identity: key })).toBe('initialised');
    expect((await registry.connection('a'))?.identity).toEqual(key);
    const [live] = await liveOf(registry);
    expect(live).toMatchObject({ identityHash: key.hash, initialised: true });
    expect(live).not.toHaveProperty('credentialExpiresAt');
  });

  test.each([
    ['api-key', { kind: 'api-key', hash: 'h', expiresAt: 5_000_000_000 }],
    ['jwt', { kind: 'jwt', hash: 'h', claims: { provider: 'oidc', issuer: 'i', subject: 's' } }],
    [
      'jwt of no group',
      { kind: 'jwt', hash: 'h', claims: { provider: 'oidc', issuer: 'i', subject: 's', groups: [] } },
    ],
    ['anonymous', { kind: 'anonymous', hash: 'h' }],
  ] satisfies [string, Identity][])(
    'an identity that comes with init reads back as it is: %s',
    async (_, identity) => {
      const { registry } = await world.open();
      const { identity: _identity, ...bare } = connectionOf('a');
      await registry.open(bare);
      await registry.initialise('a', { dialect: 'appsync', identity });
      expect((await registry.connection('a'))?.identity).toEqual(identity);
      const [live] = await liveOf(registry);
      expect(live?.credentialExpiresAt).toBe(identity.kind === 'api-key' ? 5_000_000_000 : undefined);
    },
  );

  test('an init binds dialect and identity that were not known before, where sweeps look too', async () => {
    const { registry } = await world.open();
    const { dialect: _dialect, identity: _identity, ...bare } = connectionOf('a');
    await registry.open(bare);
    const seen = { connectionId: 'a', stage: 'dev', connectedAt: START };
    expect(await liveOf(registry)).toEqual([{ ...seen, initialised: false }]);
    const identity = { kind: 'api-key', hash: hash128('other') } as const;
    expect(await registry.initialise('a', { dialect: 'graphql-transport-ws', identity })).toBe('initialised');
    expect(await registry.connection('a')).toMatchObject({ dialect: 'graphql-transport-ws', identity });
    const now = { initialised: true, dialect: 'graphql-transport-ws', identityHash: identity.hash };
    expect(await liveOf(registry)).toEqual([{ ...seen, ...now }]);
  });

  test('an init without an identity makes the dialect known where sweeps look, and keeps the identity', async () => {
    const { registry } = await world.open();
    const { dialect: _, ...bare } = connectionOf('a');
    await registry.open(bare);
    await registry.initialise('a', { dialect: 'graphql-transport-ws' });
    const identityHash = hash128('key');
    expect(await liveOf(registry)).toEqual([
      {
        connectionId: 'a',
        stage: 'dev',
        connectedAt: START,
        initialised: true,
        dialect: 'graphql-transport-ws',
        identityHash,
      },
    ]);
    expect((await registry.connection('a'))?.identity).toEqual({ kind: 'api-key', hash: identityHash });
  });

  test.each([
    ['with an identity', { identity: { kind: 'api-key', hash: 'h' } } as const],
    ['without one', {}],
  ])('an unknown, a closed and an expired connection cannot be initialised, %s', async (_, identity) => {
    const { registry, clock } = await world.open();
    const init = { dialect: 'graphql-transport-ws', ...identity } as const;
    await registry.open(connectionOf('closed'));
    await registry.open(connectionOf('old'));
    await registry.close('closed');
    expect(await registry.initialise('unknown', init)).toBe('unknown');
    expect(await registry.initialise('closed', init)).toBe('unknown');
    clock.advance(LIFE_SECONDS * 1_000);
    expect(await registry.initialise('old', init)).toBe('unknown');
  });

  test('R8: a connection past its end is unknown, though its rows are still there', async () => {
    const { registry, clock } = await world.open();
    await registry.open(connectionOf('a'));
    clock.advance(LIFE_SECONDS * 1_000 - 1);
    expect(await registry.connection('a')).toBeDefined();
    expect(await liveOf(registry)).toHaveLength(1);
    clock.advance(1);
    expect(await registry.connection('a')).toBeUndefined();
    expect(await liveOf(registry)).toEqual([]);
  });

  test('of the ends noted for operations of a connection the earliest is told, until it closes', async () => {
    const { registry, another } = await world.open();
    await registry.open(connectionOf('a'));
    const operationExpiresAt = async () => (await liveOf(another()))[0]?.operationExpiresAt;
    expect(await operationExpiresAt()).toBeUndefined();
    for (const end of [START / 1_000 + 60, START / 1_000 + 90, START / 1_000 + 30]) {
      await registry.noteExpiry('a', end);
    }
    expect(await operationExpiresAt()).toBe(START / 1_000 + 30);
    await registry.close('a');
    await registry.noteExpiry('a', START / 1_000 + 10);
    await registry.noteExpiry('unknown', START / 1_000 + 10);
    expect(await liveOf(another())).toEqual([]);
  });

  test('live() gives each of 100 connections once, and none that closed', async () => {
    const { registry } = await world.open();
    const ids = Array.from({ length: 100 }, (_, n) => `connection-${n}`);
    await Promise.all(ids.map((id) => registry.open(connectionOf(id))));
    await registry.close('connection-7');
    const live = (await liveOf(registry)).map(({ connectionId }) => connectionId);
    expect(live).toEqual(ids.filter((id) => id !== 'connection-7').sort());
  });
});
