import { uncovered } from './alternatives.ts';
import type { Equalities, ShapeNames } from './expression.ts';

/** Most shapes in use on one subscription field, the empty one among them: each is a lookup per change. */
export const MAX_SHAPES_PER_FIELD = 8;

/** Where one alternative of a filter is kept: a shape, and its values for the shape's names. */
export interface ChosenShape {
  readonly names: ShapeNames;
  /** Exactly the shape's names: what `filterKey` takes. */
  readonly equalities: Equalities;
}

/**
 * The shape for each alternative: all its names, if that shape is in use or there is room for it; else the largest
 * shape in use contained in it. The empty shape is always available and always counts. Shapes chosen for the
 * alternatives before count too. What another choice covers is left out; hence a choice of the empty shape, which
 * covers all, is the only one. `[]` for no alternatives.
 * @param reserved always available too; and of the shapes in use those that contain one of these go before the others,
 * for what rules compare, such as an owner, narrows most
 */
export function chooseShapes(
  alternatives: readonly Equalities[],
  inUse: readonly ShapeNames[],
  maxShapes: number = MAX_SHAPES_PER_FIELD,
  reserved: readonly ShapeNames[] = [],
): readonly ChosenShape[] {
  const available = new Map<string, ShapeNames>([[shapeText([]), []]]);
  for (const names of [...inUse, ...reserved]) available.set(shapeText(names), [...names].sort());
  const chosen: Equalities[] = [];
  for (const equalities of alternatives) {
    const full = [...equalities.keys()].sort();
    if (available.size < maxShapes) available.set(shapeText(full), full);
    const names = available.get(shapeText(full)) ?? largestWithin(equalities, available, reserved);
    chosen.push(restricted(equalities, names));
  }
  return uncovered(chosen).map((equalities) => ({ names: [...equalities.keys()], equalities }));
}

function largestWithin(
  equalities: Equalities,
  available: ReadonlyMap<string, ShapeNames>,
  reserved: readonly ShapeNames[],
): ShapeNames {
  // In the order of their texts, so that of two equally large ones every process takes the same.
  const within = [...available]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, names]) => (names.every((name) => equalities.has(name)) ? [names] : []));
  const narrowing = within.filter((names) => reserved.some((each) => contains(names, each)));
  let largest: ShapeNames = [];
  for (const names of narrowing.length > 0 ? narrowing : within)
    if (names.length > largest.length) largest = names;
  return largest;
}

function contains(names: ShapeNames, others: ShapeNames): boolean {
  return others.length > 0 && others.every((name) => names.includes(name));
}

function restricted(equalities: Equalities, names: ShapeNames): Equalities {
  return new Map(names.map((name) => [name, equalities.get(name) ?? null]));
}

function shapeText(names: ShapeNames): string {
  return JSON.stringify([...names].sort());
}
