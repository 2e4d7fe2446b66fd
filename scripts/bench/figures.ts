import { type Spread, spread } from './statistics.ts';

/** What stands in the cells of a peer that could not be installed. */
export const NOT_INSTALLED = 'not installed';

/** Up to three digits that count. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
  return magnitude >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** `54.0 µs (51.2–58.3)`, or without the spread where there was one value only. */
export function withSpread({ median, min, max }: Spread, unit: string): string {
  const text = `${short(median)}${unit === '' ? '' : ' '}${unit}`;
  return min === max ? text : `${text} (${short(min)}–${short(max)})`;
}

/** Spread of a figure over the rounds, or nothing when it was never measured. */
export function spreadOf<T>(
  results: readonly T[] | undefined,
  figure: (result: T) => number,
): Spread | undefined {
  return results === undefined || results.length === 0 ? undefined : spread(results.map(figure));
}

/** A figure as text, or that it could not be measured. */
export const orMissing = (figure: Spread | undefined, unit: string): string =>
  figure ? withSpread(figure, unit) : NOT_INSTALLED;
