import { expect, test } from '@jest/globals';
import { connectionStore } from '../../../src/relay/store.ts';
import { createTestRelay } from '../../fixtures/relay.ts';

async function opened() {
  const relay = createTestRelay();
  await relay.connect('c');
  const { registry } = relay.context;
  const all = async () => Object.fromEntries(await connectionStore(registry, 'c').entries());
  return { relay, registry, all };
}

test('entries that operations store at the same moment are all kept', async () => {
  const { registry, all } = await opened();
  const names = ['a', 'b', 'c', 'd', 'e'];
  await Promise.all(names.map((name) => connectionStore(registry, 'c').set(name, name)));
  expect(await all()).toEqual({ a: 'a', b: 'b', c: 'c', d: 'd', e: 'e' });
});

test('an entry set to undefined is there no more', async () => {
  const { registry, all } = await opened();
  const store = connectionStore(registry, 'c');
  await store.set('a', 1);
  await store.set('b', null);
  await store.set('a', undefined);
  expect(await all()).toEqual({ b: null });
  expect([...(await store.entries()).keys()]).toEqual(['b']);
});

test('a store takes 8 KB of JSON in bytes, not in characters, and what is there stays', async () => {
  const { registry, all } = await opened();
  const store = connectionStore(registry, 'c');
  await store.set('a', 1);
  await expect(store.set('b', 'あ'.repeat(4_000))).rejects.toThrow('at most 8192 bytes of JSON, got 12');
  expect(await all()).toEqual({ a: 1 });
  await store.set('b', 'a'.repeat(4_000));
  expect(Object.keys(await all())).toEqual(['a', 'b']);
});

test('what is stored for a connection that has closed is told to be lost', async () => {
  const { relay, registry } = await opened();
  const store = connectionStore(registry, 'c');
  await relay.disconnect('c');
  await expect(store.set('a', 1)).rejects.toThrow('the connection has closed');
});
