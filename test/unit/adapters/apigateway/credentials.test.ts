import { expect, test } from '@jest/globals';
import { type Credentials, createCredentialsCache } from '../../../../src/adapters/apigateway/credentials.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

/** A provider that hands out what it is told to, and a clock that stands where it is put. */
function world(first: () => Promise<Credentials>) {
  let now = START;
  let answer = first;
  const asked: (boolean | undefined)[] = [];
  const cache = createCredentialsCache(
    (given?: { forceRefresh?: boolean }) => {
      asked.push(given?.forceRefresh);
      return answer();
    },
    { now: () => now, sleep: async () => {} },
  );
  return {
    cache,
    asked,
    at(ms: number) {
      now = START + ms;
    },
    answers(next: () => Promise<Credentials>) {
      answer = next;
    },
  };
}

const identity = (name: string, lastsMs?: number): Credentials => ({
  accessKeyId: name,
  secretAccessKey: 'secret',
  ...(lastsMs !== undefined && { expiration: new Date(START + lastsMs) }),
});
const brings = (credentials: Credentials) => async () => credentials;
/** Lets what is under way in the background come to its end. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('credentials without an end are asked for once, by all who wait at once, and had at once from then on', async () => {
  const { cache, asked, at } = world(brings(identity('a')));
  const waiting = [cache.current(), cache.current(), cache.current()];
  expect((await Promise.all(waiting)).map(({ accessKeyId }) => accessKeyId)).toEqual(['a', 'a', 'a']);
  at(1_000 * HOUR);
  expect(cache.current()).toEqual(identity('a'));
  expect(asked).toHaveLength(1);
});

test('fixed credentials need no provider', async () => {
  const cache = createCredentialsCache(identity('fixed'), { now: () => START, sleep: async () => {} });
  expect(await cache.current()).toEqual(identity('fixed'));
});

test('five minutes before their end others are fetched behind the back of those who sign', async () => {
  const { cache, asked, at, answers } = world(brings(identity('old', HOUR)));
  await cache.current();
  at(HOUR - 300_001);
  expect(cache.current()).toEqual(identity('old', HOUR));
  expect(asked).toHaveLength(1);
  at(HOUR - 300_000);
  answers(brings(identity('new', 2 * HOUR)));
  expect(cache.current()).toEqual(identity('old', HOUR));
  expect(cache.current()).toEqual(identity('old', HOUR));
  await settled();
  expect(cache.current()).toEqual(identity('new', 2 * HOUR));
  expect(asked).toHaveLength(2);
});

test('a refresh that fails leaves the old ones in use while they last, and is tried again', async () => {
  const { cache, asked, at, answers } = world(brings(identity('old', HOUR)));
  await cache.current();
  answers(() => Promise.reject(new Error('no route')));
  at(HOUR - 60_000);
  expect(cache.current()).toEqual(identity('old', HOUR));
  await settled();
  expect(cache.current()).toEqual(identity('old', HOUR));
  expect(asked).toHaveLength(2);
  at(HOUR - 55_000);
  expect(cache.current()).toEqual(identity('old', HOUR));
  await settled();
  expect(asked).toHaveLength(3);
  at(HOUR);
  await expect(cache.current()).rejects.toThrow('no route');
  answers(brings(identity('new', 2 * HOUR)));
  at(HOUR + 5_000);
  expect(await cache.current()).toEqual(identity('new', 2 * HOUR));
});

test('who has none is asked again only after five seconds', async () => {
  const { cache, asked, at, answers } = world(() => Promise.reject(new Error('none')));
  await expect(cache.current()).rejects.toThrow('none');
  await expect(cache.current()).rejects.toThrow('none');
  expect(asked).toHaveLength(1);
  at(5_000);
  answers(brings(identity('a')));
  expect(await cache.current()).toEqual(identity('a'));
});

test('an identity without a key is told as what it is', async () => {
  const { cache } = world(brings({ accessKeyId: '', secretAccessKey: '' }));
  await expect(cache.current()).rejects.toThrow('expected an access key id and a secret access key');
});

test('refused credentials are replaced once, by force, and later callers wait for the new ones', async () => {
  const { cache, asked, at, answers } = world(brings(identity('old')));
  const old = await cache.current();
  answers(brings(identity('new')));
  for (let n = 0; n < 20; n += 1) cache.refused(old);
  expect(await cache.current()).toEqual(identity('new'));
  cache.refused(old);
  expect(asked).toEqual([false, true]);
  cache.refused(identity('new'));
  at(59_999);
  const current = await cache.current();
  cache.refused(current);
  expect(asked).toHaveLength(2);
  at(60_000);
  cache.refused(current);
  await settled();
  expect(asked).toEqual([false, true, true]);
});

test('refused credentials stay in use when no others are to be had', async () => {
  const { cache, answers } = world(brings(identity('old')));
  const old = await cache.current();
  answers(() => Promise.reject(new Error('no route')));
  cache.refused(old);
  expect(await cache.current()).toEqual(identity('old'));
  expect(cache.current()).toEqual(identity('old'));
});
