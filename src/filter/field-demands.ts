import type { Attribute } from '../change/change.ts';
import type { Demand } from './demands.ts';
import type { Value } from './expression.ts';
import { compareValues } from './operators.ts';
import { seen } from './predicate.ts';
import { type Range, RangeIndex } from './ranges.ts';
import { attributeValue, type Comparison, elementsOf, elementValues } from './value.ts';

/**
 * Texts are looked up by their beginnings of at most so many UTF-16 units; the predicate tells apart what only differs
 * behind. Clients choose the lengths: each costs a look-up, of a beginning, or of a part at each place of a text.
 */
export const MAX_BEGINNING = 64;
export const MAX_PART = 32;

/** What looking up one part takes, as a multiple of looking for one operand in a text of no length … */
const LOOK_UP = 3;
/** … to which each so many units of text add as much again. */
const UNITS_A_TRIAL = 128;

/** Places of filters by the operand of a demand; and the lengths of the texts among the operands, in UTF-16 units. */
class Operands {
  readonly #places = new Map<Value, number[]>();
  readonly #lengths = new Set<number>();

  /** @param longest of the units of a text it is known by */
  add(whole: Value, place: number, longest = Number.POSITIVE_INFINITY): void {
    const operand = typeof whole === 'string' ? cut(whole, longest) : whole;
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
    const lookUps = text.length * this.#lengths.size * LOOK_UP;
    if (lookUps > this.#places.size * (1 + text.length / UNITS_A_TRIAL)) {
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
  readonly #elements = new Operands();
  readonly #ranges: Range[] = [];
  #rangeIndex: RangeIndex | undefined;

  constructor(comparison: Comparison) {
    this.#comparison = comparison;
  }

  /** To be called before anything is looked up. */
  add(demand: Demand, place: number): void {
    switch (demand.kind) {
      case 'equals':
        this.#equals.add(demand.value, place);
        break;
      case 'beginsWith':
        this.#beginsWith.add(demand.value, place, MAX_BEGINNING);
        break;
      case 'contains':
        this.#contains.add(demand.value, place, MAX_PART);
        break;
      case 'element':
        this.#elements.add(demand.value, place);
        break;
      case 'range':
        this.#ranges.push({ ...demand, place });
        break;
      default:
        demand satisfies never;
    }
  }

  /** Adds the places of all whose demands the attribute may meet; `undefined` is a missing one. */
  addMet(attribute: Attribute | undefined, places: Set<number>): void {
    const value = seen(this.#comparison, attribute);
    if (value !== undefined) this.#equals.addTo(places, value);
    if (typeof value === 'string') this.#addOrdered(value, places);
    if (!attribute) return;
    if (this.#elements.size > 0) {
      for (const each of elementValues(this.#comparison, attribute)) this.#elements.addTo(places, each);
    }
    if (this.#contains.size === 0) return;
    if (this.#comparison === 'text' && typeof value === 'string') this.#contains.addPartsTo(places, value);
    for (const element of elementsOf(attribute) ?? []) {
      const own = attributeValue(this.#comparison, element);
      if (own !== undefined) this.#contains.addTo(places, typeof own === 'string' ? cut(own, MAX_PART) : own);
    }
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

function cut(text: string, longest: number): string {
  return text.length > longest ? text.slice(0, longest) : text;
}
