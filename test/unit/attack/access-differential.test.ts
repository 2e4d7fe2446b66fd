import { expect, test } from '@jest/globals';
import { runAccessDifferential } from '../../../scripts/attack/access/differential.ts';
import type { Claims } from '../../../src/auth/identity.ts';
import { type Condition, type Expression, MATCH_ALL } from '../../../src/filter/expression.ts';
import { grant } from '../../../src/relay/grant.ts';

const TRIPLES = 6_000;

test('T9 C6 random rules, people and items: nothing leaks, and nobody is denied what they may read', async () => {
  const progress: number[] = [];
  const figures = await runAccessDifferential({
    seed: 6,
    triples: TRIPLES,
    onProgress: (triples) => progress.push(triples),
  });
  expect(figures.trace).toEqual([]);
  expect(figures).toMatchObject({ leaks: 0, falseDenials: 0 });
  expect(figures.triples).toBeGreaterThanOrEqual(TRIPLES);
  // Neither everything nor nothing, so that there was something to tell apart.
  expect(figures.readable).toBeGreaterThan(TRIPLES / 20);
  expect(figures.readable).toBeLessThan(TRIPLES / 2);
  expect(figures.fields).toBeGreaterThan(TRIPLES / 20);
  expect(progress.at(-1)).toBe(figures.triples);
});

const conditionsAs =
  (change: (condition: Condition) => Expression): typeof grant =>
  (...given) => {
    const granted = grant(...given);
    const changed = (part: Expression): Expression => {
      if (part.kind === 'condition') return change(part);
      if (part.kind === 'not') return { kind: 'not', of: changed(part.of) };
      return { kind: part.kind, of: part.of.map(changed) };
    };
    return granted.ok ? { ...granted, expression: changed(granted.expression) } : granted;
  };

const claimsAs =
  (change: (claims: Claims) => Claims): typeof grant =>
  (model, field, own, reader) => {
    const { claims, ...rest } = reader.identity;
    const identity = claims ? { ...rest, claims: change(claims) } : rest;
    return grant(model, field, own, { ...reader, identity });
  };

const MUTANTS: readonly (readonly [what: string, finds: 'leaks' | 'falseDenials', mutant: typeof grant])[] = [
  [
    'an owner found in any part of a list or text',
    'leaks',
    conditionsAs((condition) => {
      if (condition.operator !== 'hasElement') return condition;
      const of = condition.values.map((value) => ({
        ...condition,
        operator: 'contains' as const,
        values: [value],
      }));
      return { kind: 'or', of };
    }),
  ],
  [
    'a rule that holds for a missing owner',
    'leaks',
    conditionsAs((condition) => {
      if (condition.operator === 'hasElement') return condition;
      const of: Expression = { ...condition, operator: 'in', values: [...condition.values, null] };
      return of;
    }),
  ],
  [
    'one name of several',
    'falseDenials',
    conditionsAs((condition) => ({ ...condition, values: condition.values.slice(0, 1) })),
  ],
  [
    'how somebody signed in not looked at',
    'leaks',
    claimsAs((claims) => ({ ...claims, provider: 'userPools' })),
  ],
  [
    'a username taken for a subject',
    'leaks',
    claimsAs((claims) => ({ ...claims, subject: claims.username ?? claims.subject })),
  ],
  [
    'groups beyond the first lost',
    'falseDenials',
    claimsAs(({ groups = [], ...rest }) => ({ ...rest, groups: groups.slice(0, 1) })),
  ],
  [
    'the forced filter not ANDed',
    'leaks',
    (model, field, own, reader) => {
      const granted = grant(model, field, own, reader);
      return granted.ok ? { ...granted, expression: own } : granted;
    },
  ],
  [
    'a field compared that may not be read',
    'leaks',
    (model, field, own, reader) => {
      const granted = grant(model, field, MATCH_ALL, reader);
      return granted.ok
        ? { ...granted, expression: { kind: 'and', of: [own, granted.expression] } }
        : granted;
    },
  ],
  [
    'withheld fields forgotten',
    'leaks',
    (...given) => {
      const granted = grant(...given);
      if (!granted.ok || !granted.access) return granted;
      const { fields: _, ...access } = granted.access;
      return { ...granted, access };
    },
  ],
  [
    'fields of some items withheld of all',
    'falseDenials',
    (...given) => {
      const granted = grant(...given);
      if (!granted.ok || !granted.access?.fields) return granted;
      const fields = granted.access.fields.map(([name]) => [name, null] as const);
      return { ...granted, access: { ...granted.access, fields } };
    },
  ],
];

test.each(MUTANTS)('T9 finds %s', async (_, finds, mutant) => {
  const figures = await runAccessDifferential({ seed: 7, triples: 4_000, grant: mutant });
  expect(figures[finds]).toBeGreaterThan(0);
  expect(figures.trace.length).toBeGreaterThan(0);
});
