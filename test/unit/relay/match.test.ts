import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import type { Change, Image } from '../../../src/change/change.ts';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
import type { Expression } from '../../../src/filter/expression.ts';
import { createCounters } from '../../../src/observe/counters.ts';
import { DEFAULT_SETTINGS } from '../../../src/relay/context.ts';
import { TRIALS_BEFORE_FINDER } from '../../../src/relay/deliver/candidate-index.ts';
import type { TypedChange } from '../../../src/relay/deliver/intake.ts';
import { judge } from '../../../src/relay/deliver/judge.ts';
import { matchChange } from '../../../src/relay/deliver/match-change.ts';
import type { MatchContext } from '../../../src/relay/deliver/match-context.ts';
import type { Candidate } from '../../../src/relay/ports.ts';
import { loadModel } from '../../../src/schema/load.ts';
import type { SubscriptionField } from '../../../src/schema/model.ts';
import { expressions, images } from '../filter/arbitraries.ts';
import { condition, fieldModel, image, todoField, todoType } from '../filter/todo.ts';

const writer = todoField('senderId');
const type = { ...todoType, writer };
const AT = 1_000_000_000_000;

const fieldOf = (
  name: string,
  ...events: ('create' | 'update' | 'delete' | 'change')[]
): SubscriptionField => ({
  name,
  type,
  source: 'table',
  events: new Set(events),
  arguments: new Map(),
});
const item = fieldOf('onAnyTodo', 'create', 'update', 'delete');
const change = fieldOf('onChangeTodo', 'change');

function typedOf(newImage: Image | undefined, oldImage: Image | undefined): TypedChange {
  const made: Change = {
    eventId: 'e',
    eventName: newImage ? (oldImage ? 'MODIFY' : 'INSERT') : 'REMOVE',
    table: 'Todos',
    streamArn: 'arn',
    sequenceNumber: '1',
    at: AT,
    keys: {},
    expired: false,
    ...(newImage && { newImage }),
    ...(oldImage && { oldImage }),
  };
  return { record: 0, type, change: made };
}

const model = loadModel('type Todo @table(name: "Todos") { id: ID! }');

function contextOf(): { context: MatchContext; logs: string[]; counters: ReturnType<typeof createCounters> } {
  const logs: string[] = [];
  const counters = createCounters();
  const context: MatchContext = {
    model,
    settings: DEFAULT_SETTINGS,
    metrics: counters,
    logger: pino({ base: null }, { write: (line: string) => void logs.push(line) }),
    registry: { shapes: async () => [], candidates: async () => new Map() },
  };
  return { context, logs, counters };
}

let made = 0;
function candidate(filter: string, more: Partial<Candidate> = {}): Candidate {
  made += 1;
  return {
    connectionId: `c${made}`,
    clientId: '1',
    field: 'f',
    documentHash: 'd',
    renderingKey: 'r',
    filter,
    dialect: 'graphql-transport-ws',
    stage: 'test',
    activatedAt: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    row: `row ${made}`,
    ...more,
  };
}

/** What judging each candidate by itself comes to, of the last row of a subscription that is found more than once. */
function oneByOne(parts: readonly (readonly Candidate[])[], field: SubscriptionField, typed: TypedChange) {
  const owed = new Map<string, [string, string]>();
  const misfits = new Map<string, string>();
  for (const one of parts.flat()) {
    const key = `${one.connectionId} ${one.clientId}`;
    const judgement = judge(DEFAULT_SETTINGS, field, typed, one);
    if (judgement.verdict === 'owed') owed.set(key, [one.row, judgement.kind]);
    if (judgement.verdict === 'unusable') misfits.set(key, one.row);
  }
  return { owed: [...owed.values()], misfits: [...misfits.values()] };
}

function found(parts: readonly (readonly Candidate[])[], field: SubscriptionField, typed: TypedChange) {
  const keys = parts.map((_, n) => `key ${n}`);
  const plan = { typed, shapes: 1, triggers: [{ field, filterKeys: keys }] };
  const { matches, misfits } = matchChange(
    contextOf().context,
    plan,
    new Map(parts.map((part, n) => [`key ${n}`, [part]])),
  );
  return {
    owed: matches.map((match) => [match.candidate.row, match.kind]),
    misfits: misfits.map((misfit) => misfit.candidate.row),
  };
}

const MISFIT = canonicalFilter({ ...condition('title', 'eq', 'a'), field: 'gone' });
const filters = fc.oneof(
  { weight: 8, arbitrary: expressions(type).map(canonicalFilter) },
  { weight: 1, arbitrary: fc.constantFrom(MISFIT, 'no filter', '1["&"]', '1["|"]') },
);
const candidates = fc
  .tuple(
    filters,
    fc.option(fc.constantFrom('a', '5', '😀'), { nil: undefined, freq: 3 }),
    fc.constantFrom(0, 0, 0, AT + 5_999, AT + 6_000, AT + 6_001),
  )
  .map(([filter, skipWriter, activatedAt]) =>
    candidate(filter, { activatedAt, ...(skipWriter !== undefined && { options: { skipWriter } }) }),
  );

describe('C6 C10 matching by an index', () => {
  test('comes to what judging each candidate comes to, in the same order', () => {
    let owed = 0;
    let misfits = 0;
    fc.assert(
      fc.property(
        fc.array(candidates, { minLength: 32, maxLength: 90, size: 'max' }),
        fc.array(candidates, { maxLength: 5 }),
        fc.array(fc.tuple(images(type), images(type), fc.constantFrom('new', 'old', 'both')), {
          minLength: 3,
          maxLength: 3,
        }),
        fc.constantFrom(item, change),
        fc.array(fc.nat(31), { maxLength: 5 }),
        (large, small, pairs, field, repeated) => {
          // Some are found by a second key too, as another row.
          const again = repeated
            .flatMap((n) => large[n] ?? [])
            .map((one) => ({ ...one, row: `${one.row} again` }));
          const parts = [large, [...small, ...again]];
          // The index looks demands up from a number of changes on; all before and after are compared.
          for (let turn = 0; turn <= TRIALS_BEFORE_FINDER; turn += 4) {
            for (const [one, other, sides] of pairs) {
              const typed = typedOf(sides === 'old' ? undefined : one, sides === 'new' ? undefined : other);
              const expected = oneByOne(parts, field, typed);
              expect(found(parts, field, typed)).toEqual(expected);
              owed += expected.owed.length;
              misfits += expected.misfits.length;
            }
          }
        },
      ),
      { numRuns: 25 },
    );
    expect(owed).toBeGreaterThan(1_500);
    expect(misfits).toBeGreaterThan(200);
  });

  /** Counts how often the attribute of an image is read. */
  function countingImage(attribute: string, text: string): { readonly image: Image; reads(): number } {
    let reads = 0;
    const counted = image([]);
    Object.defineProperty(counted, attribute, {
      enumerable: true,
      get: () => {
        reads += 1;
        return { S: text };
      },
    });
    return { image: counted, reads: () => reads };
  }

  test('a filter that very many have is tried once a change', () => {
    const same = canonicalFilter(condition('title', 'ne', 'a'));
    const part = Array.from({ length: 5_000 }, () => candidate(same));
    const { image: newImage, reads } = countingImage('title', 'b');
    expect(found([part], item, typedOf(newImage, undefined)).owed).toHaveLength(5_000);
    expect(reads()).toBe(1);
    const few = Array.from({ length: 9 }, () => candidate(same));
    const again = countingImage('title', 'b');
    expect(
      found([few, few.map((one) => candidate(one.filter))], item, typedOf(again.image, undefined)).owed,
    ).toHaveLength(18);
    expect(again.reads()).toBe(1);
  });

  test.each<[string, (n: number) => Expression, string]>([
    ['beginnings', (n) => condition('title', 'beginsWith', `t${n}-`), 't7-x'],
    ['parts', (n) => condition('title', 'contains', `-${n}.`), 'x-7.'],
    [
      'ranges',
      (n) => condition('title', 'between', `${n}`.padStart(5, '0'), `${n}`.padStart(5, '0')),
      '00007',
    ],
    ['values', (n) => condition('title', 'in', `t${n}`, `u${n}`), 'u7'],
  ])('of ten thousand different %s those alone are tried that the image meets', (_, filterOf, text) => {
    const part = Array.from({ length: 10_000 }, (__, n) => candidate(canonicalFilter(filterOf(n))));
    for (let turn = 0; turn < TRIALS_BEFORE_FINDER; turn += 1)
      found([part], item, typedOf(image([['title', { S: 'zzz' }]]), undefined));
    const { image: newImage, reads } = countingImage('title', text);
    expect(found([part], item, typedOf(newImage, undefined)).owed).toEqual([[part[7]?.row, 'item']]);
    // Once to look up, once (a range: twice) to try.
    expect(reads()).toBeLessThanOrEqual(3);
  });

  test('an index is for one type: after a reload of the schema the same rows are judged by the new one', () => {
    const part = Array.from({ length: 40 }, (_, n) =>
      candidate(canonicalFilter(condition('title', 'eq', `t${n}`))),
    );
    const typed = typedOf(
      image([
        ['title', { S: 't3' }],
        ['name', { S: 't5' }],
      ]),
      undefined,
    );
    expect(found([part], item, typed).owed).toEqual([[part[3]?.row, 'item']]);
    const renamed = {
      ...type,
      fields: new Map([...type.fields, ['title', fieldModel('title', 'String', { attribute: 'name' })]]),
    };
    const after = found([part], { ...item, type: renamed }, { ...typed, type: renamed });
    expect(after.owed).toEqual([[part[5]?.row, 'item']]);
  });

  test('C4 a candidate of very many that the code stumbles over costs no other its payload', () => {
    const all = canonicalFilter({ kind: 'and', of: [] });
    const part = Array.from({ length: 50 }, () => candidate(all));
    Object.defineProperty(part[20], 'filter', {
      get: () => {
        throw new TypeError('stumbled');
      },
    });
    Object.defineProperty(part[30], 'options', {
      get: () => {
        throw new TypeError('stumbled');
      },
    });
    const { context, logs, counters } = contextOf();
    const typed = typedOf(image([]), undefined);
    const plan = { typed, shapes: 1, triggers: [{ field: item, filterKeys: ['k'] }] };
    const { matches, candidates: looked } = matchChange(context, plan, new Map([['k', [part]]]));
    expect(matches.map((match) => match.candidate.row)).toEqual(
      part.filter((_, n) => n !== 20 && n !== 30).map(({ row }) => row),
    );
    expect(looked).toBe(50);
    expect(logs.filter((line) => line.includes('record.poison'))).toHaveLength(2);
    expect(counters.take().get('gap')).toBe(2);
  });

  test('C4 an image that the code stumbles over costs those alone who are judged on what it stumbles over', () => {
    const filterOf = (n: number) =>
      n % 2 ? condition('id', 'in', 'a', `b${n}`) : condition('title', 'eq', `t${n}`);
    const part = Array.from({ length: 80 }, (_, n) => candidate(canonicalFilter(filterOf(n))));
    const newImage = image([['id', { S: 'a' }]]);
    for (let turn = 0; turn < TRIALS_BEFORE_FINDER; turn += 1)
      found([part], item, typedOf(newImage, undefined));
    Object.defineProperty(newImage, 'title', {
      get: () => {
        throw new TypeError('stumbled');
      },
    });
    const { context, counters } = contextOf();
    const plan = {
      typed: typedOf(newImage, undefined),
      shapes: 1,
      triggers: [{ field: item, filterKeys: ['k'] }],
    };
    const { matches } = matchChange(context, plan, new Map([['k', [part]]]));
    expect(matches.map((match) => match.candidate.row)).toEqual(
      part.filter((_, n) => n % 2 === 1).map(({ row }) => row),
    );
    expect(counters.take().get('gap')).toBe(40);
  });

  test('the log of decisions tells of each subscription once, also of those of many whom no look-up finds', () => {
    const part = Array.from({ length: 40 }, (_, n) =>
      candidate(canonicalFilter(condition('title', 'eq', `t${n}`))),
    );
    const { context, logs } = contextOf();
    const plan = {
      typed: typedOf(image([['title', { S: 't3' }]]), undefined),
      shapes: 1,
      triggers: [{ field: item, filterKeys: ['k', 'l'] }],
    };
    const settings = { ...DEFAULT_SETTINGS, explainLog: true };
    const both = new Map([
      ['k', [part]],
      ['l', [part.slice(0, 35)]],
    ]);
    for (let turn = 0; turn <= TRIALS_BEFORE_FINDER; turn += 1) {
      logs.length = 0;
      expect(matchChange({ ...context, settings }, plan, both).candidates).toBe(75);
      const decisions = logs.filter((line) => line.includes('"delivery.decision"'));
      expect(decisions).toHaveLength(40);
      expect(decisions.filter((line) => line.includes('"verdict":"owed"'))).toHaveLength(1);
    }
  });

  test('with very many matches nothing is too much for the stack', () => {
    const all = canonicalFilter({ kind: 'and', of: [] });
    const part = Array.from({ length: 200_000 }, () => candidate(all));
    expect(found([part], item, typedOf(image([]), undefined)).owed).toHaveLength(200_000);
  });

  test('a row left over from a subscription that ended cannot keep its successor from what it is owed', () => {
    const live = candidate(canonicalFilter(condition('title', 'eq', 'b')));
    const left = { ...live, filter: canonicalFilter(condition('title', 'eq', 'a')), row: 'left over' };
    const typed = typedOf(image([['title', { S: 'b' }]]), undefined);
    for (const part of [
      [live, left],
      [left, live],
    ])
      expect(found([part], item, typed).owed).toEqual([[live.row, 'item']]);
  });
});
