import type { Attribute } from '../change/change.ts';
import type { Demand } from './demands.ts';
import type { Value } from './expression.ts';
import { compareValues } from './operators.ts';
import { elementsOf, seen } from './predicate.ts';
import { type Range, RangeIndex } from './ranges.ts';
import { attributeValue, type Comparison } from './value.ts';

/** Places of filters by the operand of a demand; and the lengths of the texts among the operands, in UTF-16 units. */
class Operands {
  readonly #places = new Map<Value, number[]>();
  readonly #lengths = new Set<number>();

  add(operand: Value, place: number): void {
    const known = this.#places.get(operand);
    if (known) known.push(place);
    else this.#places.set(operand, [place]);
    if (typeof operand === 'string') this.#lengths.add(operand.length);
  }

  get size(): number {
    return this.#places.size;
  }

  get lengths(): ReadonlySet<number> {
    return this.#lengths;
  }

  addTo(places: Set<number>, operand: Value): void {
    for (const place of this.#places.get(operand) ?? []) places.add(place);
  }

  /** Adds the places of those that the text has in it: looked up or tried, whichever is less. */
  addPartsTo(places: Set<number>, text: string): void {
    if (text.length * this.#lengths.size > this.#places.size) {
      for (const operand of this.#places.keys())
        if (typeof operand === 'string' && text.includes(operand)) this.addTo(places, operand);
      return;
    }
    for (const length of this.#lengths) {
      for (let at = 0; at + length <= text.length; at += 1) this.addTo(places, text.slice(at, at + length));
    }
  }
}

/** The demands that filters make of one field, to be met by an attribute. Compares as the predicate does. */
export class FieldDemands {
  readonly #comparison: Comparison;
  readonly #equals = new Operands();
  readonly #beginsWith = new Operands();
  readonly #contains = new Operands();
  readonly #ranges: Range[] = [];
  #rangeIndex: RangeIndex | undefined;

  constructor(comparison: Comparison) {
    this.#comparison = comparison;
  }

  /** To be called before anything is looked up. */
  add(demand: Demand, place: number): void {
    if (demand.kind === 'range') this.#ranges.push({ ...demand, place });
    else this.#operands(demand.kind).add(demand.value, place);
  }

  /** Adds the places of all whose demands the attribute may meet; `undefined` is a missing one. */
  addMet(attribute: Attribute | undefined, places: Set<number>): void {
    const value = seen(this.#comparison, attribute);
    if (value !== undefined) this.#equals.addTo(places, value);
    if (typeof value === 'string') this.#addOrdered(value, places);
    if (!attribute || this.#contains.size === 0) return;
    if (this.#comparison === 'text' && typeof value === 'string') this.#contains.addPartsTo(places, value);
    for (const element of elementsOf(attribute) ?? []) {
      const own = attributeValue(this.#comparison, element);
      if (own !== undefined) this.#contains.addTo(places, own);
    }
  }

  #operands(kind: 'equals' | 'beginsWith' | 'contains'): Operands {
    if (kind === 'equals') return this.#equals;
    return kind === 'beginsWith' ? this.#beginsWith : this.#contains;
  }

  #addOrdered(value: string, places: Set<number>): void {
    for (const length of this.#beginsWith.lengths) {
      if (length <= value.length) this.#beginsWith.addTo(places, value.slice(0, length));
    }
    if (this.#ranges.length === 0) return;
    const comparison = this.#comparison === 'number' ? 'number' : 'text';
    this.#rangeIndex ??= new RangeIndex(this.#ranges, (a, b) => compareValues(comparison, a, b));
    this.#rangeIndex.addTo(places, value);
  }
}
