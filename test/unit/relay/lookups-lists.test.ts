import { beforeEach, expect, test } from '@jest/globals';
import type { Image } from '../../../src/change/change.ts';
import type { Expression } from '../../../src/filter/expression.ts';
import { MAX_IMAGE_KEYS } from '../../../src/filter/image-keys.ts';
import { intake } from '../../../src/relay/deliver/intake.ts';
import { findMatches } from '../../../src/relay/deliver/match.ts';
import { createTestRelay, type TestRelay, todoRecord } from '../../fixtures/relay.ts';
import { subscribeByFilter } from './filtered-subscription.ts';

const SDL = 'type Todo @table(name: "Todos") { id: ID! owner: String members: [String!] }';

let relay: TestRelay;
/** Of the last batch: filter keys asked for, and rows that were found under them. */
let asked: { keys: number; rows: number };
beforeEach(() => {
  asked = { keys: 0, rows: 0 };
  relay = createTestRelay({
    sdl: SDL,
    wrapRegistry: (registry) => ({
      ...registry,
      candidates: async (lookups) => {
        const found = await registry.candidates(lookups);
        asked = { keys: lookups.length, rows: [...found.values()].flat(2).length };
        return found;
      },
    }),
  });
});

const member = (...values: string[]): Expression => ({
  kind: 'condition',
  field: 'members',
  fieldKind: 'String',
  operator: 'hasElement',
  values,
});

const subscribed = (connectionId: string, filter: Expression) =>
  subscribeByFilter(relay, connectionId, filter);

/** Who is found for items with these members. */
async function found(...lists: readonly (readonly string[])[]): Promise<string[]> {
  const records = lists.map((members, index) => {
    const newImage: Image = {
      id: { S: String(index) },
      ...(members.length > 0 && { members: { SS: members } }),
    };
    return todoRecord(relay.clock.now(), { newImage });
  });
  const changes = await findMatches(relay.context, intake(relay.context, records));
  return changes.flatMap(({ matches }) => matches.map(({ candidate }) => candidate.connectionId)).sort();
}

const people = (count: number) => Array.from({ length: count }, (_, n) => `u${n}`);

test('C10 an item reads the rows of those its list names, and nobody else', async () => {
  for (const each of people(200)) await subscribed(each, member(each, `${each}::name`));
  expect(await found(['u3', 'u7::name', 'nobody'])).toEqual(['u3', 'u7']);
  expect(asked).toEqual({ keys: 3, rows: 2 });
  expect(await found([])).toEqual([]);
  // Two lists that name the same person ask for them once.
  expect(await found(['u1', 'u2'], ['u2', 'u3'])).toEqual(['u1', 'u2', 'u2', 'u3']);
  expect(asked.keys).toBe(3);
});

test('C2 who is in more groups than a subscription may have keys is found all the same', async () => {
  await subscribed('many', member(...people(40)));
  await subscribed('one', member('u39'));
  expect(await found(['u39'])).toEqual(['many', 'one']);
  expect(await found(['u40'])).toEqual([]);
});

test('C5 beyond 1,000 elements is a gap that is counted and logged, and costs nobody else', async () => {
  await subscribed('u0', member('u0'));
  await subscribed('everything', { kind: 'and', of: [] });
  const owner: Expression = {
    kind: 'condition',
    field: 'owner',
    fieldKind: 'String',
    operator: 'eq',
    values: ['alice'],
  };
  await subscribed('alice', owner);
  expect(await found(people(MAX_IMAGE_KEYS))).toEqual(['everything', 'u0']);
  expect(relay.logs.filter(({ event }) => event === 'record.too-many-keys')).toEqual([]);
  expect(await found(people(MAX_IMAGE_KEYS + 1), ['u0'])).toEqual(['everything', 'everything', 'u0', 'u0']);
  const logged = relay.logs.filter(({ event }) => event === 'record.too-many-keys');
  expect(logged).toMatchObject([{ type: 'Todo', expected: MAX_IMAGE_KEYS }]);
  expect(relay.counters.take().get('gap')).toBe(1);
  expect(JSON.stringify(logged)).not.toContain('u1');
});
