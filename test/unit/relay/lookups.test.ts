import { beforeEach, expect, test } from '@jest/globals';
import type { Image } from '../../../src/change/change.ts';
import type { Expression } from '../../../src/filter/expression.ts';
import { intake } from '../../../src/relay/deliver/intake.ts';
import { findMatches } from '../../../src/relay/deliver/match.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../../fixtures/relay.ts';
import { and, condition, not, or } from '../filter/todo.ts';
import { subscribeByFilter } from './filtered-subscription.ts';

let relay: TestRelay;
/** Of the last batch: filter keys asked for, and rows that were found under them. */
let asked: { keys: number; rows: number; rounds: string[] };
beforeEach(() => {
  asked = { keys: 0, rows: 0, rounds: [] };
  relay = createTestRelay({
    wrapRegistry: (registry) => ({
      ...registry,
      shapes: (table) => {
        asked.rounds.push('shapes');
        return registry.shapes(table);
      },
      candidates: async (lookups) => {
        asked.rounds.push('candidates');
        asked.keys += lookups.length;
        const found = await registry.candidates(lookups);
        asked.rows += [...found.values()].flat(2).length;
        return found;
      },
    }),
  });
});

const subscribed = (connectionId: string, filter: Expression) =>
  subscribeByFilter(relay, connectionId, filter);

async function matched(...items: readonly Image[]): Promise<string[]> {
  asked = { keys: 0, rows: 0, rounds: [] };
  const records = items.map((newImage) => todoRecord(relay.clock.now(), { newImage }));
  const found = await findMatches(relay.context, intake(relay.context, records));
  return found.flatMap(({ matches }) => matches.map(({ candidate }) => candidate.connectionId)).sort();
}

const eq = (field: string, value: string | boolean) => condition(field, 'eq', value);
const item = (title: string, priority: number): Image => ({
  id: { S: `${title}-${priority}` },
  title: { S: title },
  priority: { N: String(priority) },
  completed: { BOOL: false },
});
const OTHERS = 300;

/** Each case: the filters of 300 others, of whom an item finds none, and that of the one it finds. */
const CASES: readonly [string, (n: number) => Expression, number][] = [
  ['two equalities', (n) => and(eq('title', `t${n}`), eq('priority', String(n))), 1],
  [
    'three equalities',
    (n) => and(eq('title', `t${n}`), eq('priority', String(n)), eq('completed', false)),
    1,
  ],
  ['`in`', (n) => condition('title', 'in', `t${n}`, `u${n}`, `v${n}`), 1],
  ['`or` of two fields', (n) => or(eq('title', `t${n}`), eq('priority', String(n))), 2],
  [
    '`and` of `or`s',
    (n) =>
      and(
        or(eq('title', `t${n}`), eq('title', `u${n}`)),
        or(eq('priority', String(n)), eq('priority', '-1')),
      ),
    1,
  ],
  [
    '`not` of an `or` of `ne`s',
    (n) => not(or(condition('title', 'ne', `t${n}`), condition('priority', 'ne', String(n)))),
    1,
  ],
  [
    'an equality beside what has none',
    (n) =>
      and(eq('title', `t${n}`), condition('priority', 'gt', '-5'), not(condition('id', 'beginsWith', 'x'))),
    1,
  ],
  // What a rule forces on a subscriber is ANDed to what it asked for: its own items, whatever else it wants.
  [
    'an owner forced on a filter without an equality',
    (n) => and(condition('priority', 'ge', '0'), eq('title', `t${n}`)),
    1,
  ],
  [
    'one of several owners forced on an `or`',
    (n) =>
      and(or(eq('completed', false), eq('priority', String(n))), condition('title', 'in', `t${n}`, `u${n}`)),
    2,
  ],
];

test.each(CASES)('C10 with %s an item reads who may want it, and nobody else', async (_, filterOf, rows) => {
  for (let n = 0; n < OTHERS; n += 1) await subscribed(`c${n}`, filterOf(n));
  expect(await matched(item('t7', 7))).toEqual(['c7']);
  expect(asked.rounds).toEqual(['shapes', 'candidates']);
  expect(asked.keys).toBeLessThanOrEqual(3);
  expect(asked.rows).toBe(rows);
  expect(await matched(item('nobody', -7))).toEqual([]);
  expect(asked.rows).toBe(0);
});

test('C10 a batch asks for each distinct filter key once, in two rounds, however many items have it', async () => {
  for (let n = 0; n < OTHERS; n += 1) await subscribed(`c${n}`, eq('title', `t${n}`));
  await subscribed('pair', and(eq('title', 't1'), eq('priority', '1')));
  const items = Array.from({ length: 60 }, (_, n) => item(`t${n % 3}`, n % 2));
  const found = await matched(...items);
  expect(found.filter((id) => id === 'c0')).toHaveLength(20);
  expect(asked.rounds).toEqual(['shapes', 'candidates']);
  // Three titles alone, and with either priority: 3 × (1 + 2).
  expect(asked.keys).toBe(9);
});

test('C10 who is owed nothing because of what no key holds is all that is read in vain', async () => {
  for (let n = 0; n < OTHERS; n += 1)
    await subscribed(`c${n}`, and(eq('title', 't'), condition('id', 'beginsWith', `m${n}-`)));
  // All of them under one key: read, but of their filters those alone are tried that the item may meet.
  for (let turn = 0; turn < 12; turn += 1)
    expect(await matched({ ...item('t', 1), id: { S: 'm5-x' } })).toEqual(['c5']);
  expect(asked.rows).toBe(OTHERS);
});
