import type { Condition, Expression, Value } from './expression.ts';
import { comparisonOf } from './value.ts';

/**
 * Something an image must have for a filter to hold, of a sort that can be looked up rather than tried:
 * - `equals`: the field's value is this one; null is also a missing attribute.
 * - `beginsWith`: the field's text begins with this one, which is not empty.
 * - `contains`: the field's text has this one in it, or one of its elements is this value.
 * - `element`: the field is a list that has this value among its elements, or no list and is this value.
 * - `range`: the field's text or number is not below `low` and not above `high`; one of them may be absent.
 */
export type Demand =
  | { readonly kind: 'equals'; readonly field: string; readonly value: Value }
  | { readonly kind: 'beginsWith'; readonly field: string; readonly value: string }
  | { readonly kind: 'contains'; readonly field: string; readonly value: Value }
  | { readonly kind: 'element'; readonly field: string; readonly value: Value }
  | { readonly kind: 'range'; readonly field: string; readonly low?: string; readonly high?: string };

/** Most demands that one filter is looked up by: each is an entry of an index. */
export const MAX_DEMANDS = 100;

/** What a demand costs to be found by: the fewer filters make it, the less. */
export type DemandCost = (demand: Demand) => number;

/**
 * The cheapest set of demands that finds a filter: every image it holds for meets at least one of them. The reverse
 * need not hold; the predicate decides. `[]` for a filter that holds for no image; `undefined` where there is no such set
 * of at most {@link MAX_DEMANDS}, so that the filter must be tried on every image.
 */
export function cheapestDemands(expression: Expression, cost: DemandCost): readonly Demand[] | undefined {
  return cheapest(expression, false, cost)?.demands;
}

/** Every demand of the expression that `cheapestDemands` might choose, in no order, repeats included. */
export function everyDemand(expression: Expression): readonly Demand[] {
  const demands: Demand[] = [];
  // Each one is asked its price, whatever is chosen then.
  cheapest(expression, false, (demand) => demands.push(demand));
  return demands;
}

interface Priced {
  readonly demands: readonly Demand[];
  readonly cost: number;
}

function cheapest(expression: Expression, negated: boolean, cost: DemandCost): Priced | undefined {
  switch (expression.kind) {
    case 'condition': {
      const demands = demandsOf(expression, negated);
      return demands && { demands, cost: demands.reduce((sum, demand) => sum + cost(demand), 0) };
    }
    case 'not':
      return cheapest(expression.of, !negated, cost);
    case 'and':
    case 'or': {
      const parts = expression.of.map((part) => cheapest(part, negated, cost));
      return (expression.kind === 'and') === negated ? anyOf(parts) : oneOf(parts);
    }
    default:
      return expression satisfies never;
  }
}

/** All parts hold, so that it is found by any of them. */
function oneOf(parts: readonly (Priced | undefined)[]): Priced | undefined {
  let best: Priced | undefined;
  for (const part of parts) if (part && (!best || part.cost < best.cost)) best = part;
  return best;
}

/** Any part may hold, so that it must be found by each of them. */
function anyOf(parts: readonly (Priced | undefined)[]): Priced | undefined {
  const demands: Demand[] = [];
  let cost = 0;
  for (const part of parts) {
    if (!part || demands.length + part.demands.length > MAX_DEMANDS) return undefined;
    demands.push(...part.demands);
    cost += part.cost;
  }
  return { demands, cost };
}

function demandsOf(
  { field, fieldKind, operator, values }: Condition,
  negated: boolean,
): readonly Demand[] | undefined {
  const comparison = comparisonOf(fieldKind);
  const [first = null, second = null] = values;
  switch (operator) {
    case 'eq':
    case 'in':
    case 'ne':
      if ((operator === 'ne') !== negated || values.length > MAX_DEMANDS) return undefined;
      return [...new Set(values)].map((value) => ({ kind: 'equals', field, value }));
    case 'contains':
    case 'notContains':
      // Every text contains the empty one.
      if ((operator === 'notContains') !== negated || first === '') return undefined;
      return [{ kind: 'contains', field, value: first }];
    case 'beginsWith':
      if (negated || comparison !== 'text' || typeof first !== 'string' || first === '') return undefined;
      return [{ kind: 'beginsWith', field, value: first }];
    case 'gt':
    case 'ge':
      // What is not below a bound may as well be missing.
      return negated || typeof first !== 'string' ? undefined : [{ kind: 'range', field, low: first }];
    case 'lt':
    case 'le':
      return negated || typeof first !== 'string' ? undefined : [{ kind: 'range', field, high: first }];
    case 'between':
      if (negated || typeof first !== 'string' || typeof second !== 'string') return undefined;
      return [{ kind: 'range', field, low: first, high: second }];
    case 'hasElement':
      if (negated || values.length > MAX_DEMANDS) return undefined;
      return [...new Set(values)].map((value) => ({ kind: 'element', field, value }));
    case 'attributeExists':
      return undefined;
    default:
      return operator satisfies never;
  }
}
