import type { Condition, Equalities, Expression, Value } from './expression.ts';
import { comparisonOf } from './value.ts';

/** Most alternatives, and so most filter keys and rows, one subscription may have. */
export const MAX_KEYS_PER_SUBSCRIPTION = 16;

/** How far a filter is taken apart. */
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
 * `in` and `hasElement` expand to their values; of a list, an equality is met by any of its elements. Negations are pushed inwards, where only `ne` leaves an equality. A part that comes to
 * more than `max` alternatives counts as the equalities common to all of them. Alternatives that contradict themselves
 * and those that another one covers are left out. `[]` means that nothing can match, one empty alternative that no
 * equality narrows the search.
 */
export function alternatives(
  expression: Expression,
  options: AlternativesOptions = {},
): readonly Equalities[] {
  const max = options.max ?? MAX_KEYS_PER_SUBSCRIPTION;
  return disjunctiveForm(expression, false, { max, lists: new Set(listFields(expression)) });
}

interface Bounds {
  readonly max: number;
  /** Fields of which one image may satisfy several equalities: what tells the elements of a list. */
  readonly lists: ReadonlySet<string>;
}

function listFields(expression: Expression): readonly string[] {
  if (expression.kind === 'condition') return expression.operator === 'hasElement' ? [expression.field] : [];
  return expression.kind === 'not' ? listFields(expression.of) : expression.of.flatMap(listFields);
}

function disjunctiveForm(expression: Expression, negated: boolean, bounds: Bounds): readonly Equalities[] {
  switch (expression.kind) {
    case 'condition':
      return equalitiesOf(expression, negated, bounds.max);
    case 'not':
      return disjunctiveForm(expression.of, !negated, bounds);
    case 'and':
    case 'or': {
      const parts = expression.of.map((part) => disjunctiveForm(part, negated, bounds));
      return (expression.kind === 'and') === negated ? either(parts, bounds.max) : both(parts, bounds);
    }
    default:
      return expression satisfies never;
  }
}

function equalitiesOf(condition: Condition, negated: boolean, max: number): readonly Equalities[] {
  const { field, fieldKind, operator, values } = condition;
  const isOneOf = operator === 'in' || operator === 'hasElement';
  if (isOneOf && values.length === 0) return negated ? [ANYTHING] : [];
  const equality = negated ? operator === 'ne' : operator === 'eq' || isOneOf;
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

function both(parts: readonly (readonly Equalities[])[], { max, lists }: Bounds): readonly Equalities[] {
  // Short ones first, so that it is the long ones that are reduced; then by text, so that the order written is no matter.
  const ordered = parts
    .map((part) => ({ part, text: part.map(textOf).sort().join() }))
    .sort((a, b) => a.part.length - b.part.length || (a.text < b.text ? -1 : 1));
  let product: readonly Equalities[] = [ANYTHING];
  for (const { part } of ordered) {
    const next = uncovered(crossed(product, part, lists));
    product = next.length <= max ? next : uncovered(crossed(product, atMost(1, part), lists));
  }
  return product;
}

function crossed(
  left: readonly Equalities[],
  right: readonly Equalities[],
  lists: ReadonlySet<string>,
): Equalities[] {
  return left.flatMap((a) => right.flatMap((b) => merged(a, b, lists) ?? []));
}

/** The equalities of both, or nothing where they contradict each other. */
function merged(a: Equalities, b: Equalities, lists: ReadonlySet<string>): Equalities | undefined {
  const all = new Map(a);
  for (const [field, value] of b) {
    const other = all.get(field);
    if (other === undefined || other === value) all.set(field, value);
    else if (!lists.has(field)) return undefined;
    // A list may have both elements: found by either, and by the same one however it is written.
    else if (JSON.stringify(value) < JSON.stringify(other)) all.set(field, value);
  }
  return all;
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
