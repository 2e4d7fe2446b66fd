import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Expression } from '../../../src/filter/expression.ts';
import { readFilter } from '../../../src/filter/read.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { and, condition, not, onUpdateTodo, or, todoType } from './todo.ts';

const { filterConditions, filterDepth, inValues } = DEFAULT_LIMITS;

function read(args: Readonly<Record<string, unknown>>) {
  return readFilter(onUpdateTodo, new Map(Object.entries(args)));
}

function expression(args: Readonly<Record<string, unknown>>): Expression {
  const reading = read(args);
  if (!reading.ok) throw new Error(`expected a filter, came: ${reading.message}`);
  return reading.expression;
}

const EVERYTHING = and();

describe('reading arguments', () => {
  test('no arguments, null, {} and undefined operands match everything', () => {
    for (const args of [
      {},
      { filter: null },
      { filter: undefined },
      { filter: {} },
      { title: undefined },
      { filter: { and: [] } },
      { filter: { title: {} } },
      { filter: { title: null } },
      { filter: { and: null, or: null, not: null } },
      { filter: { title: { eq: undefined } } },
    ]) {
      expect(expression(args)).toEqual(EVERYTHING);
    }
  });

  test('an explicit null argument is equality with null, an absent one no condition', () => {
    expect(expression({ title: null })).toEqual(condition('title', 'eq', null));
    expect(expression({ title: 'a' })).toEqual(condition('title', 'eq', 'a'));
  });

  test('an argument of another name is compared with its field', () => {
    expect(expression({ sender: 'u1' })).toEqual(condition('senderId', 'eq', 'u1'));
  });

  test('arguments, fields and operators are ANDed', () => {
    const filter = { priority: { ge: 1, lt: 5 }, title: { beginsWith: 'a' } };
    expect(expression({ completed: false, filter })).toEqual(
      and(
        condition('completed', 'eq', false),
        and(
          and(condition('priority', 'ge', '1'), condition('priority', 'lt', '5')),
          condition('title', 'beginsWith', 'a'),
        ),
      ),
    );
  });

  test('and, or and not nest', () => {
    const filter = { or: [{ title: { eq: 'a' } }, { not: { and: [{ status: { ne: 'OPEN' } }, {}] } }] };
    expect(expression({ filter })).toEqual(
      or(condition('title', 'eq', 'a'), not(and(condition('status', 'ne', 'OPEN'), EVERYTHING))),
    );
  });

  test('or: [] and in: [] match nothing', () => {
    expect(expression({ filter: { or: [] } })).toEqual(or());
    expect(expression({ filter: { title: { in: [] } } })).toEqual(condition('title', 'in'));
  });

  test('operands become what the API shows', () => {
    expect(expression({ price: '1.50' })).toEqual(condition('price', 'eq', '1.5'));
    expect(expression({ priority: 3 })).toEqual(condition('priority', 'eq', '3'));
    expect(expression({ ratio: 1e21 })).toEqual(condition('ratio', 'eq', '1000000000000000000000'));
    expect(expression({ id: '05' })).toEqual(condition('id', 'eq', '05'));
    expect(expression({ id: '' })).toEqual(condition('id', 'eq', ''));
    expect(expression({ filter: { priority: { in: [2, 1, null] } } })).toEqual(
      condition('priority', 'in', '2', '1', null),
    );
    expect(expression({ filter: { price: { between: ['1.0', '1'] } } })).toEqual(
      condition('price', 'between', '1', '1'),
    );
    expect(expression({ filter: { title: { contains: '', between: ['\uFF5A', '😀'] } } })).toEqual(
      and(condition('title', 'contains', ''), condition('title', 'between', '\uFF5A', '😀')),
    );
    expect(expression({ filter: { meta: { ne: null }, scores: { contains: 5 } } })).toEqual(
      and(condition('meta', 'ne', null), condition('scores', 'contains', '5')),
    );
  });

  test('a field called __proto__ is a field like any other', () => {
    const filter = JSON.parse('{"__proto__":{"eq":"a"},"constructor":{"ne":"b"}}');
    expect(expression({ filter })).toEqual(
      and(condition('__proto__', 'eq', 'a'), condition('constructor', 'ne', 'b')),
    );
  });
});

describe('what cannot be read is refused by a message that names field and operator', () => {
  const number = 'a number of at most 38 significant digits, 1E-130 to 9.9E+125 either side of 0';
  const bounds = 'a list of two values, the lower bound first';
  const cases: [args: Record<string, unknown>, message: string][] = [
    [{ colour: 'red' }, 'colour: expected an argument of onUpdateTodo, came another'],
    [{ tags: 'a' }, 'tags: expected a field that can be compared by eq, came a list'],
    [{ title: true }, 'title: expected text, came boolean'],
    [{ title: 'a\uD800' }, 'title: expected text, came text with half a surrogate pair'],
    [{ completed: 'yes' }, 'completed: expected true or false, came string'],
    [{ priority: 'high' }, `priority: expected ${number}, came text that is no such number`],
    [{ price: '1'.repeat(39) }, `price: expected ${number}, came text that is no such number`],
    [{ ratio: 1e300 }, `ratio: expected ${number}, came another number`],
    [{ ratio: Number.NaN }, `ratio: expected ${number}, came another number`],
    [{ filter: 'a' }, 'filter: expected a filter input, came string'],
    [{ filter: [] }, 'filter: expected a filter input, came array'],
    [{ filter: { colour: { eq: 'a' } } }, 'filter.colour: expected a field of Todo, came another'],
    [{ filter: { '': { eq: 'a' } } }, 'filter.: expected a field of Todo, came another'],
    [{ filter: { title: 'a' } }, 'filter.title: expected operators and their operands, came string'],
    [{ filter: { title: { lt: null } } }, 'filter.title.lt: expected text, came null'],
    [{ filter: { title: { contains: null } } }, 'filter.title.contains: expected text, came null'],
    [{ filter: { title: { between: [null, 'a'] } } }, 'filter.title.between: expected text, came null'],
    [{ filter: { title: { between: ['a'] } } }, `filter.title.between: expected ${bounds}, came 1`],
    [
      { filter: { title: { between: ['😀', '\uFF5A'] } } },
      `filter.title.between: expected ${bounds}, came the higher one first`,
    ],
    [
      { filter: { priority: { between: [10, 9] } } },
      `filter.priority.between: expected ${bounds}, came the higher one first`,
    ],
    [{ filter: { title: { between: 'ab' } } }, 'filter.title.between: expected a list, came string'],
    [{ filter: { title: { in: null } } }, 'filter.title.in: expected a list, came null'],
    [{ filter: { title: { in: [['a']] } } }, 'filter.title.in: expected text, came array'],
    [
      { filter: { title: { attributeExists: null } } },
      'filter.title.attributeExists: expected true or false, came null',
    ],
    [
      { filter: { title: { like: 'a' } } },
      'filter.title.like: expected one of eq, ne, lt, le, gt, ge, between, in, contains, notContains, beginsWith, attributeExists, came another operator',
    ],
    [
      { filter: { title: { toString: 'a' } } },
      'filter.title.toString: expected one of eq, ne, lt, le, gt, ge, between, in, contains, notContains, beginsWith, attributeExists, came another operator',
    ],
    [
      { filter: { completed: { lt: true } } },
      'filter.completed.lt: expected one of eq, ne, in, attributeExists, came another operator',
    ],
    // What rules are made of is no client's to say.
    [
      { filter: { tags: { hasElement: ['a'] } } },
      'filter.tags.hasElement: expected one of contains, notContains, attributeExists, came another operator',
    ],
    [
      { filter: { tags: { eq: 'a' } } },
      'filter.tags.eq: expected one of contains, notContains, attributeExists, came another operator',
    ],
    [
      { filter: { authors: { contains: 'a' } } },
      'filter.authors.contains: expected one of attributeExists, came another operator',
    ],
    [
      { filter: { meta: { eq: '{}' } } },
      'filter.meta.eq: expected null, as JSON and object fields can only be tested for being there, came string',
    ],
    [{ filter: { and: {} } }, 'filter.and: expected a list of filter inputs, came object'],
    [{ filter: { or: [{}, null] } }, 'filter.or[1]: expected a filter input, came null'],
    [{ filter: { not: [] } }, 'filter.not: expected a filter input, came array'],
    [
      { filter: { or: [{ not: { title: { ge: 5n ** 200n } } }] } },
      'filter.or[0].not.title.ge: expected text, came bigint',
    ],
  ];

  test.each(cases)('%j', (args, message) => {
    expect(read(args)).toEqual({ ok: false, message });
  });

  test('operands are never repeated in a message, long names are cut', () => {
    const secret = 'hunter2';
    for (const args of [{ priority: secret }, { completed: secret }, { meta: secret }, { filter: secret }]) {
      expect(JSON.stringify(read(args))).not.toContain(secret);
    }
    const reading = read({ filter: { ['x'.repeat(10_000)]: {} } });
    expect(JSON.stringify(reading).length).toBeLessThan(400);
  });
});

describe('limits', () => {
  const nested = (depth: number): unknown =>
    depth === 1 ? { title: { eq: 'a' } } : { not: nested(depth - 1) };

  test('filters nest to a depth and no deeper, however deep the input', () => {
    expect(read({ filter: nested(filterDepth) }).ok).toBe(true);
    const reading = read({ filter: nested(filterDepth + 1) });
    expect(reading).toMatchObject({
      ok: false,
      message: expect.stringContaining('expected at most 10 filters inside'),
    });
    expect(read({ filter: nested(5_000) }).ok).toBe(false);
  });

  test('conditions are counted over arguments and the whole filter', () => {
    const filter = (count: number) => ({
      or: Array.from({ length: count / 3 }, () => ({ priority: { ge: 1, le: 2, ne: 3 } })),
    });
    expect(read({ filter: filter(99), title: 'a' }).ok).toBe(true);
    expect(read({ filter: filter(99), title: 'a', id: 'b' })).toEqual({
      ok: false,
      message: `id: expected at most ${filterConditions} conditions, came more`,
    });
  });

  test('empty filters are counted too', () => {
    const filter = (count: number) => ({ and: Array.from({ length: count }, () => ({})) });
    expect(read({ filter: filter(filterConditions) }).ok).toBe(true);
    expect(read({ filter: filter(filterConditions + 1) })).toEqual({
      ok: false,
      message: `filter.and[100]: expected at most ${filterConditions} nested filters, came more`,
    });
  });

  test('in takes 100 values', () => {
    const values = (count: number) => Array.from({ length: count }, (_, index) => String(index));
    expect(read({ filter: { id: { in: values(inValues) } } }).ok).toBe(true);
    expect(read({ filter: { id: { in: values(inValues + 1) } } })).toEqual({
      ok: false,
      message: 'filter.id.in: expected at most 100 values, came 101',
    });
  });
});

test('whatever is passed, the answer is an expression or a message, and nothing is thrown', () => {
  const key = fc.constantFrom(
    'filter',
    'and',
    'or',
    'not',
    'eq',
    'in',
    'between',
    'contains',
    ...todoType.fields.keys(),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(null, undefined, true, 'a', 5, -0, 1.5, Number.NaN, '1e400', '\uDC00', 5n),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: false }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 3 }), (args) => {
      const reading = read(args);
      expect(reading.ok ? reading.expression.kind : reading.message).toEqual(expect.any(String));
    }),
    { numRuns: 1_000 },
  );
});
