import type { Image } from '../change/change.ts';
import type { TableType } from '../schema/model.ts';
import { cheapestDemands, type Demand, type DemandCost, everyDemand } from './demands.ts';
import type { Expression } from './expression.ts';
import { FieldDemands } from './field-demands.ts';
import { attributeOf, comparisonOf } from './value.ts';

/** Finds, among very many filters of one type, the few that may hold for an image. */
export interface FilterFinder {
  /** Places of the filters that must be tried on every image, ascending. */
  readonly always: readonly number[];
  /** Adds the places of all others that may hold for the image; none of those it leaves out does. */
  addFound(image: Image, places: Set<number>): void;
}

/**
 * An index over the demands of filters (`cheapestDemands`), each filter under those that the fewest others make. To look an
 * image up takes the longer the more values of it are asked for and the longer its texts are, hardly the longer for
 * more filters: values are hashed, so are texts cut to each length that is asked for, and ranges are a tree.
 * @param filters each fits the type (`compilePredicate`)
 */
export function createFilterFinder(filters: readonly Expression[], type: TableType): FilterFinder {
  const cost = costAmong(filters);
  const fields = new Map<string, FieldDemands>();
  const always: number[] = [];
  for (const [place, filter] of filters.entries()) {
    const demands = cheapestDemands(filter, cost);
    if (!demands) always.push(place);
    for (const demand of demands ?? []) fieldDemands(demand.field, fields, type).add(demand, place);
  }
  const readers = [...fields].map(([name, demands]) => ({
    attribute: type.fields.get(name)?.attribute ?? name,
    demands,
  }));
  return {
    always,
    addFound(image, places) {
      for (const { attribute, demands } of readers) demands.addMet(attributeOf(image, attribute), places);
    },
  };
}

function fieldDemands(name: string, fields: Map<string, FieldDemands>, type: TableType): FieldDemands {
  const known = fields.get(name) ?? new FieldDemands(comparisonOf(type.fields.get(name)?.kind ?? 'String'));
  fields.set(name, known);
  return known;
}

/** How much more each sort takes to look up, and finds in vain, than equality. */
const WEIGHTS: { readonly [K in Demand['kind']]: number } = {
  equals: 1,
  beginsWith: 2,
  contains: 3,
  element: 1,
  range: 4,
};

/**
 * Who makes the same demand is found together: what all have equal under one filter key never narrows. A range that is
 * open to one side is taken to be met half the time.
 */
function costAmong(filters: readonly Expression[]): DemandCost {
  const makers = new Map<string, number>();
  for (const filter of filters) {
    for (const text of new Set(everyDemand(filter).map(textOf)))
      makers.set(text, (makers.get(text) ?? 0) + 1);
  }
  return (demand) => {
    const cost = (makers.get(textOf(demand)) ?? 0) * WEIGHTS[demand.kind];
    const isOpen = demand.kind === 'range' && (demand.low === undefined || demand.high === undefined);
    return isOpen ? Math.max(cost, filters.length / 2) : cost;
  };
}

function textOf(demand: Demand): string {
  return demand.kind === 'range'
    ? JSON.stringify([demand.kind, demand.field, demand.low, demand.high])
    : JSON.stringify([demand.kind, demand.field, demand.value]);
}
