import type { Condition, Equalities, Expression, Value } from './expression.ts';
import { comparisonOf } from './value.ts';

/** Most alternatives, and so most filter keys and rows, one subscription may have. */
export const MAX_KEYS_PER_SUBSCRIPTION = 16;

export interface AlternativesOptions {
  /** Most alternatives to give, at least 1. Default 16 (`MAX_KEYS_PER_SUBSCRIPTION`). */
  readonly max?: number;
}

/** An alternative without an equality: every image satisfies it. */
const ANYTHING: Equalities = new Map();

/**
 * Equalities of the expression's disjunctive form: every image that matches the expression satisfies all equalities of
 * at least one alternative. The reverse need not hold; the predicate decides.
 *
 * `in` expands to its values. Negations are pushed inwards, where only `ne` leaves an equality. A part that comes to
 * more than `max` alternatives counts as the equalities common to all of them. Alternatives that contradict themselves
 * and those that another one covers are left out. `[]` means that nothing can match, one empty alternative that no
 * equality narrows the search.
 */
export function alternatives(
  expression: Expression,
  options: AlternativesOptions = {},
): readonly Equalities[] {
  return disjunctiveForm(expression, false, options.max ?? MAX_KEYS_PER_SUBSCRIPTION);
}

function disjunctiveForm(expression: Expression, negated: boolean, max: number): readonly Equalities[] {
  switch (expression.kind) {
    case 'condition':
      return equalitiesOf(expression, negated, max);
    case 'not':
      return disjunctiveForm(expression.of, !negated, max);
    case 'and':
    case 'or': {
      const parts = expression.of.map((part) => disjunctiveForm(part, negated, max));
      return (expression.kind === 'and') === negated ? either(parts, max) : both(parts, max);
    }
    default:
      return expression satisfies never;
  }
}

function equalitiesOf(condition: Condition, negated: boolean, max: number): readonly Equalities[] {
  const { field, fieldKind, operator, values } = condition;
  if (operator === 'in' && values.length === 0) return negated ? [ANYTHING] : [];
  const equality = negated ? operator === 'ne' : operator === 'eq' || operator === 'in';
  // Whether an object is there narrows nothing worth a shape of its own.
  if (!equality || comparisonOf(fieldKind) === 'none') return [ANYTHING];
  return atMost(
    max,
    [...new Set(values)].map((value) => new Map([[field, value]])),
  );
}

function either(parts: readonly (readonly Equalities[])[], max: number): readonly Equalities[] {
  return atMost(max, uncovered(parts.flat()));
}

function both(parts: readonly (readonly Equalities[])[], max: number): readonly Equalities[] {
  // Short ones first, so that it is the long ones that are reduced; then by text, so that the order written is no matter.
  const ordered = parts
    .map((part) => ({ part, text: part.map(textOf).sort().join() }))
    .sort((a, b) => a.part.length - b.part.length || (a.text < b.text ? -1 : 1));
  let product: readonly Equalities[] = [ANYTHING];
  for (const { part } of ordered) {
    const next = uncovered(crossed(product, part));
    product = next.length <= max ? next : uncovered(crossed(product, atMost(1, part)));
  }
  return product;
}

function crossed(left: readonly Equalities[], right: readonly Equalities[]): Equalities[] {
  const product: Equalities[] = [];
  for (const a of left) {
    for (const b of right) {
      if (agree(a, b)) product.push(new Map([...a, ...b]));
    }
  }
  return product;
}

function agree(a: Equalities, b: Equalities): boolean {
  for (const [field, value] of b) {
    if (a.has(field) && a.get(field) !== value) return false;
  }
  return true;
}

function atMost(max: number, found: readonly Equalities[]): readonly Equalities[] {
  return found.length <= max ? found : [common(found)];
}

function common([first = ANYTHING, ...others]: readonly Equalities[]): Equalities {
  const shared: [string, Value][] = [];
  for (const [field, value] of first) {
    if (others.every((other) => other.has(field) && other.get(field) === value)) shared.push([field, value]);
  }
  return new Map(shared);
}

/** The alternatives that no other covers, fewest equalities first. One covers another when its equalities are among them. */
export function uncovered(found: readonly Equalities[]): readonly Equalities[] {
  const distinct = [...new Map(found.map((equalities) => [textOf(equalities), equalities])).values()];
  distinct.sort((a, b) => a.size - b.size);
  const kept: Equalities[] = [];
  for (const candidate of distinct) {
    // Distinct ones of one size cannot cover each other.
    if (!kept.some((other) => other.size < candidate.size && covers(other, candidate))) kept.push(candidate);
  }
  return kept;
}

function covers(wider: Equalities, narrower: Equalities): boolean {
  for (const [field, value] of wider) {
    if (!narrower.has(field) || narrower.get(field) !== value) return false;
  }
  return true;
}

function textOf(equalities: Equalities): string {
  return JSON.stringify([...equalities].sort(([a], [b]) => (a < b ? -1 : 1)));
}
