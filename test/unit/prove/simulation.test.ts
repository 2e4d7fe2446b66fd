import { expect, test } from '@jest/globals';
import { FAULTS, judge } from '../../../scripts/prove/simulation/checker.ts';
import { type Commit, History, type SubscriptionRecord } from '../../../scripts/prove/simulation/history.ts';
import { runLambdaTrial } from '../../../scripts/prove/simulation/lambda-path.ts';
import type { Wish } from '../../../scripts/prove/simulation/reference.ts';
import { runWorkerTrial } from '../../../scripts/prove/simulation/worker-path.ts';

const TINY = { connections: 5, subscriptions: 3, changes: 40, items: 6 };

test.each([
  ['Lambda', runLambdaTrial],
  ['worker', runWorkerTrial],
] as const)('one seed of the %s path is one history, and another seed another', async (_, run) => {
  const [first, again, other] = [await run(7, TINY), await run(7, TINY), await run(8, TINY)];
  expect(again.hash).toBe(first.hash);
  expect(again.verdict).toEqual(first.verdict);
  expect(other.hash).not.toBe(first.hash);
  expect(first.verdict.violations).toEqual([]);
  expect(first.verdict.deliveries).toBeGreaterThan(0);
});

const wish: Wish = {
  field: 'onCreateTodo',
  query: 'subscription { onCreateTodo { id } }',
  matchKey: 'all',
  owed: ({ id }) => ({ data: JSON.stringify({ onCreateTodo: { id } }), updatedFields: undefined }),
};

/** A history of one subscription, acknowledged before everything else, and of some creations of item `a`. */
function told(events: readonly (`commit ${number}` | `read ${number}` | 'end' | 'foreign' | 'unknown')[]) {
  const history = new History();
  const connection = history.connect('c', 'graphql-transport-ws', undefined);
  const subscription: SubscriptionRecord = { clientId: '1', wish, sentOrder: history.next(), sentAt: 0 };
  connection.subscriptions.push(subscription);
  const hear = (payload: object) => history.hear(connection, JSON.stringify(payload), 0);
  hear({ type: 'next', id: '1', payload: { data: null, extensions: { subscribed: true } } });
  const payload = (eventId: string, sequenceNumber: string, id: string) =>
    hear({
      type: 'next',
      id: '1',
      payload: { data: { onCreateTodo: { id } }, extensions: { eventId, sequenceNumber } },
    });
  for (const event of events) {
    const [what, n = ''] = event.split(' ');
    const write: Commit['write'] = { id: 'a', before: undefined, after: { id: 'a', title: n } };
    if (what === 'commit')
      history.commits.push({ order: history.next(), at: 0, write, eventId: `e${n}`, sequenceNumber: n });
    else if (what === 'read') payload(`e${n}`, n, 'a');
    else if (what === 'foreign') payload('e1', '1', 'b');
    else if (what === 'unknown') payload('nobody’s', '1', 'a');
    else hear({ type: 'error', id: '1', payload: [{ extensions: { code: 'SLOW_CONSUMER' } }] });
  }
  const verdict = judge(history, 0);
  return Object.fromEntries(
    FAULTS.filter((fault) => verdict[fault] > 0).map((fault) => [fault, verdict[fault]]),
  );
}

test.each([
  ['everything came', ['commit 1', 'commit 2', 'read 1', 'read 2'], {}],
  ['a repeat came late', ['commit 1', 'commit 2', 'read 1', 'read 2', 'read 1'], {}],
  ['one never came', ['commit 1', 'commit 2', 'read 1'], { lost: 1 }],
  ['one came in the wrong order', ['commit 1', 'commit 2', 'read 2', 'read 1'], { disordered: 1 }],
  ['what follows the last one before the end is missing', ['commit 1', 'commit 2', 'read 1', 'end'], {}],
  ['one before the last one is missing, end or not', ['commit 1', 'commit 2', 'read 2', 'end'], { lost: 1 }],
  ['an end excuses nothing that came after it', ['commit 1', 'read 1', 'end', 'commit 2'], {}],
  ['another item was sent', ['commit 1', 'read 1', 'foreign'], { leaked: 1 }],
  ['an event id is nobody’s', ['commit 1', 'read 1', 'unknown'], { unknownEvents: 1 }],
] as const)('the checker sees it when %s', (_, events, faults) => {
  expect(told(events)).toEqual(faults);
});
