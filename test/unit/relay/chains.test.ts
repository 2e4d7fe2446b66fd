import { beforeEach, describe, expect, test } from '@jest/globals';
import type { RelaySettings } from '../../../src/relay/context.ts';
import type { ChainReport } from '../../../src/relay/deliver/chain-report.ts';
import { sendChains } from '../../../src/relay/deliver/chains.ts';
import type { OwedFrame } from '../../../src/relay/deliver/owed.ts';
import { bounded } from '../../../src/relay/deliver/time.ts';
import type { PostOutcome } from '../../../src/relay/ports.ts';
import { slow } from '../../../src/testing/connection-outcomes.ts';
import { createTestRelay, type TestRelay } from '../../fixtures/relay.ts';

/** Chains alone: what each connection is owed is written down, and so is what the gateway answers and when. */

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay();
});

const STAND_IN = '"too large"';

/** Record `n` is the frame `"n"`; the stand-in of each is `"too large"`. */
function owes(connectionId: string, ...records: number[]): OwedFrame[] {
  return records.map((record) => ({
    record,
    candidate: {
      connectionId,
      clientId: '1',
      field: 'onCreateTodo',
      documentHash: 'document',
      renderingKey: 'rendering',
      filter: '1["&"]',
      dialect: 'graphql-transport-ws',
      stage: 'test',
      // Old enough that a 410 is believed.
      activatedAt: relay.clock.now() - 60_000,
      expiresAt: Number.POSITIVE_INFINITY,
      row: `key#0 ${connectionId}#h#nonce`,
    },
    item: String(record),
    changedAt: relay.clock.now(),
    frame: async () => Buffer.from(`"${record}"`),
    standIn: async () => Buffer.from(STAND_IN),
  }));
}

interface Run {
  readonly settings?: Partial<RelaySettings>;
  readonly remainingMs?: () => number;
}

function send(owed: readonly OwedFrame[], { settings = {}, remainingMs = () => 60_000 }: Run = {}) {
  const ids = new Set(owed.map(({ candidate }) => candidate.connectionId));
  for (const id of ids) if (!relay.connections.isOpen(id)) relay.connections.open(id);
  const context = { ...relay.context, settings: { ...relay.context.settings, ...settings } };
  return relay.clock.run(sendChains(context, owed, bounded(context, { remainingMs })));
}

const got = (id: string) => relay.connections.frames(id).map((frame) => JSON.parse(frame));
const slowOf = ({ slow }: ChainReport) => [...slow.keys()].sort();

/** The gateway answers as `answer` says, and `undefined` as it would have. */
function answering(
  answer: (id: string, frame: string) => Promise<PostOutcome | undefined> | PostOutcome | undefined,
): void {
  const { post } = relay.context.transport;
  Object.assign(relay.context.transport, {
    post: async (...[target, frame]: Parameters<typeof post>) =>
      (await answer(target.connectionId, Buffer.from(frame).toString('utf8'))) ?? post(target, frame),
  });
}

const FAILED: PostOutcome = { kind: 'failed', detail: 'HTTP 503' };
const DENIED: PostOutcome = { kind: 'forbidden', detail: 'HTTP 403' };

describe('C4 whose failure it is', () => {
  const threeFail = (id: string) => (/^[abc]$/.test(id) ? FAILED : undefined);
  const owedToThree = () => ['a', 'b', 'c'].flatMap((id) => owes(id, 0));

  test('of three that fail, and nobody else, the batch is ours and comes again', async () => {
    answering(threeFail);
    const report = await send(owedToThree());
    expect(slowOf(report)).toEqual([]);
    expect(report.stop?.record).toBe(0);
  });

  test('of two that fail while the gateway answers, it is theirs: each is told, and no record comes again', async () => {
    answering((id) => (/^[ab]$/.test(id) ? FAILED : undefined));
    const report = await send(['a', 'b'].flatMap((id) => owes(id, 0)));
    expect(slowOf(report)).toEqual(['a', 'b']);
    expect(report.stop).toBeUndefined();
  });

  test.each<[string, (id: string, frame: string) => PostOutcome | undefined]>([
    ['took its frame', () => undefined],
    [
      'got a stand-in for one too large',
      (_, frame) => (frame === STAND_IN ? undefined : { kind: 'tooLarge' }),
    ],
    ['is gone', () => ({ kind: 'gone' })],
  ])('of three that fail while a fourth %s, it is theirs', async (_, fourth) => {
    answering((id, frame) => threeFail(id) ?? (id === 'd' ? fourth(id, frame) : undefined));
    const report = await send([...owedToThree(), ...owes('d', 0)]);
    expect(slowOf(report)).toEqual(['a', 'b', 'c']);
    expect(report.stop).toBeUndefined();
  });

  test('what a slow one did not get begins with the frame that failed', async () => {
    answering((id, frame) => (id === 'a' && frame !== '"0"' ? FAILED : undefined));
    const report = await send([...owes('a', 0, 1, 2), ...owes('b', 0, 1, 2)]);
    expect(report.slow.get('a')?.undelivered.map(({ record }) => record)).toEqual([1, 2]);
    expect(got('b')).toEqual(['0', '1', '2'].map(String));
  });

  test('a frame the gateway finds too large is made good by its stand-in; a stand-in for one that is gone reaps it', async () => {
    answering((id, frame) => {
      if (frame !== STAND_IN) return { kind: 'tooLarge' };
      return id === 'gone' ? { kind: 'gone' } : undefined;
    });
    const report = await send([...owes('a', 0, 1), ...owes('gone', 0, 1)]);
    expect(got('a')).toEqual(['too large', 'too large']);
    expect(report).toMatchObject({ tooLarge: 2, gone: new Map([['gone', ['key#0 gone#h#nonce']]]) });
  });

  test('a stand-in that is too large as well is final: nothing is asked for ever', async () => {
    answering(() => ({ kind: 'tooLarge' }));
    const report = await send(owes('a', 0, 1));
    expect(report).toMatchObject({ sent: 0, tooLarge: 2 });
  });
});

describe('C4 a connection that takes every frame, but far more slowly than the others', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => n);
  const paced = (id: string, ms: number) => {
    relay.connections.open(id);
    relay.connections.default(id, slow(ms));
  };

  test('is ended after a while, with what it did not get: the others do not wait for it', async () => {
    for (const id of ['a', 'b', 'c']) paced(id, 10);
    paced('drip', 1_100);
    const before = relay.clock.now();
    const report = await send(['a', 'b', 'c', 'drip'].flatMap((id) => owes(id, ...hundred)));
    expect(relay.clock.now() - before).toBeLessThan(20_000);
    expect(report.stop).toBeUndefined();
    expect(slowOf(report)).toEqual(['drip']);
    expect(report.slow.get('drip')?.undelivered[0]?.record).toBe(got('drip').length);
    expect(got('a')).toHaveLength(100);
  });

  test('is not blamed where the gateway is as slow to all, though it alone is owed much', async () => {
    for (const id of ['a', 'b', 'c', 'much']) paced(id, 1_100);
    const report = await send([...['a', 'b', 'c'].flatMap((id) => owes(id, 0)), ...owes('much', ...hundred)]);
    expect(slowOf(report)).toEqual([]);
    expect(got('much')).toHaveLength(100);
  });

  test('is waited for where many are as slow as it, or nobody else is owed anything', async () => {
    for (const id of ['a', 'drip', 'drop']) paced(id, id === 'a' ? 10 : 1_100);
    const two = await send(['a', 'drip', 'drop'].flatMap((id) => owes(id, ...hundred.slice(0, 30))));
    const alone = await send(owes('drip', ...hundred.slice(0, 30)));
    expect([slowOf(two), slowOf(alone)]).toEqual([[], []]);
  });
});

describe('C2 C3 where an invocation stops', () => {
  test('the lowest record that somebody missed is the one that comes again, whoever failed first', async () => {
    answering(async (id, frame) => {
      if (id === 'late' && frame === '"1"') {
        await relay.clock.sleep(1_000);
        return DENIED;
      }
      return id === 'early' && frame === '"3"' ? DENIED : undefined;
    });
    const report = await send([...owes('early', 3), ...owes('late', 1, 2, 3)]);
    expect(report.stop?.record).toBe(1);
  });

  test('after a stop nothing of that record or a later one is begun, and what is before it still goes out', async () => {
    const asked: string[] = [];
    answering((id, frame) => {
      asked.push(`${id} ${JSON.parse(frame)}`);
      return id === 'a' && frame === '"1"' ? DENIED : undefined;
    });
    const owed = [...owes('a', 1, 2), ...owes('b', 0, 1, 2), ...owes('c', 0, 2)];
    // One lane, so that the chains run one after the other, the failing one first.
    const report = await send(owed, { settings: { maxConcurrentPosts: 1 } });
    expect(report.stop?.record).toBe(1);
    expect(asked).toEqual(['a 1', 'b 0', 'c 0']);
  });

  test('one that waits for another try when the gateway denies us is not blamed: its record comes again', async () => {
    relay.connections.open('waiting');
    relay.connections.default('waiting', 'throttled');
    answering(async (id) => {
      if (id !== 'denied') return undefined;
      await relay.clock.sleep(10);
      return DENIED;
    });
    const before = relay.clock.now();
    const report = await send([...owes('waiting', 0), ...owes('denied', 1)]);
    expect(slowOf(report)).toEqual([]);
    expect(report.stop?.record).toBe(0);
    // Its waiting was cut short: with no abort it would have gone through all its attempts.
    expect(relay.connections.attempts('waiting').length).toBeLessThan(
      relay.context.settings.throttledAttempts,
    );
    expect(relay.clock.now() - before).toBeLessThan(100);
  });

  test('one that waits for another try when the time is up is not blamed either', async () => {
    relay.connections.open('waiting');
    relay.connections.default('waiting', 'throttled');
    const end = relay.clock.now() + 10_000;
    answering(async (id) => {
      if (id === 'busy') await relay.clock.sleep(1_500);
      return undefined;
    });
    const report = await send([...owes('waiting', 0), ...owes('busy', 0, 1, 2)], {
      settings: { deadlineMarginMs: 9_000, throttledAttempts: 1_000 },
      remainingMs: () => end - relay.clock.now(),
    });
    expect(slowOf(report)).toEqual([]);
    expect(report.stop).toEqual({ record: 0, reason: 'deadline' });
  });
});

test('C6 who was authorised when it was found, and is not when its turn comes, is sent nothing', async () => {
  const end = Math.floor(relay.clock.now() / 1_000) + 2;
  const owed = owes('a', 0, 1, 2, 3).map((each) => ({
    ...each,
    candidate: { ...each.candidate, expiresAt: end },
  }));
  relay.connections.open('a');
  relay.connections.default('a', slow(900));
  const report = await send([...owed, ...owes('b', 0, 1, 2, 3)]);
  expect(report.stop).toBeUndefined();
  const late = relay.connections.attempts('a').filter(({ at }) => at >= end * 1_000);
  expect(late).toEqual([]);
  expect(got('a').length).toBeGreaterThan(0);
  expect(got('a').length).toBeLessThan(4);
  expect(got('b')).toHaveLength(4);
});

test('C6 whose time is over before its first frame is sent none', async () => {
  const end = Math.floor(relay.clock.now() / 1_000);
  const over = owes('a', 0, 1).map((each) => ({ ...each, candidate: { ...each.candidate, expiresAt: end } }));
  const report = await send([...over, ...owes('b', 0)]);
  expect(relay.connections.attempts('a')).toEqual([]);
  expect(got('b')).toHaveLength(1);
  expect(report).toMatchObject({ sent: 1, stop: undefined });
});

test('never more posts are under way than the setting allows, however many are owed', async () => {
  const ids = Array.from({ length: 40 }, (_, n) => `c${n}`);
  for (const id of ids) {
    relay.connections.open(id);
    relay.connections.default(id, slow(10));
  }
  const report = await send(
    ids.flatMap((id) => owes(id, 0, 1)),
    { settings: { maxConcurrentPosts: 7 } },
  );
  expect(report.sent).toBe(80);
  expect(relay.connections.maxInFlight()).toBe(7);
});

test.each([
  ['throttled', 'throttledAttempts', 5],
  ['unavailable', 'failedAttempts', 2],
] as const)(
  'a frame answered %s is tried as often as %s says, with pauses between',
  async (outcome, _, tries) => {
    relay.connections.open('a');
    relay.connections.default('a', outcome);
    const before = relay.clock.now();
    const report = await send([...owes('a', 0), ...owes('b', 0)]);
    expect(slowOf(report)).toEqual(['a']);
    const attempts = relay.connections.attempts('a');
    expect(attempts).toHaveLength(tries);
    expect(relay.clock.now() - before).toBeGreaterThanOrEqual(100 * (tries - 1));
  },
);
