import { kindOf, TablecastError } from '../errors.ts';

/** Reading `custom.tablecast` by kinds of value; every failure names the setting, what was expected and what came. */

/** A whole number from `least` to `most`, or the default when nothing is given. */
export function integer(
  key: string,
  value: unknown,
  least: number,
  most: number,
  byDefault: number,
  /** What the number must be a multiple of. */
  step = 1,
): number {
  if (value === undefined || value === null) return byDefault;
  // A value that came from an environment variable is text.
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (
    typeof number === 'number' &&
    Number.isInteger(number) &&
    number >= least &&
    number <= most &&
    number % step === 0
  )
    return number;
  const expected = step === 1 ? 'a whole number' : `a multiple of ${step}`;
  throw invalid(`custom.tablecast.${key}`, `${expected} from ${least} to ${most}`, shown(value));
}

/** True or false, or the default when nothing is given. */
export function flag(key: string, value: unknown, byDefault: boolean): boolean {
  if (value === undefined || value === null) return byDefault;
  if (typeof value === 'boolean') return value;
  throw invalid(`custom.tablecast.${key}`, 'true or false', shown(value));
}

/** One of a few words, or the default when nothing is given. */
export function choice<T extends string>(
  key: string,
  value: unknown,
  allowed: readonly T[],
  byDefault: T,
): T {
  if (value === undefined || value === null) return byDefault;
  const found = allowed.find((option) => option === value);
  if (found === undefined)
    throw invalid(`custom.tablecast.${key}`, `one of ${allowed.join(', ')}`, shown(value));
  return found;
}

/** Path of a file inside the folder of serverless.yml, in its plain form with `/`. */
export function pathInside(key: string, value: unknown): string {
  const at = `custom.tablecast.${key}`;
  if (typeof value !== 'string' || value === '') throw invalid(at, 'a path', kindOf(value));
  const parts = value.split(/[\\/]/).filter((part) => part !== '.' && part !== '');
  if (/^([\\/]|[a-z]:)/i.test(value) || parts.includes('..')) {
    throw invalid(at, 'a path inside the folder of serverless.yml', `"${value}"`);
  }
  return parts.join('/');
}

/** Own properties of an object, whatever they are called. */
export function objectAt(at: string, value: unknown, expected = 'an object'): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(at, expected, shown(value));
  return new Map(Object.entries(value));
}

/** {@link objectAt}, and nothing in it but these keys. */
export function objectOf(
  at: string,
  value: unknown,
  keys: readonly string[],
  expected?: string,
): ReadonlyMap<string, unknown> {
  const given = objectAt(at, value, expected);
  for (const key of given.keys()) {
    if (!keys.includes(key)) throw invalid(`${at}.${key}`, `one of ${keys.join(', ')}`, 'an unknown setting');
  }
  return given;
}

/** Texts in a list, or in one text parted by commas; what is empty is left out. */
export function texts(key: string, expected: string, value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list
    .flatMap((item) => {
      if (typeof item === 'string') return item.split(',');
      throw invalid(`custom.tablecast.${key}`, expected, kindOf(item));
    })
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A value as an error may repeat it: text and numbers, of anything else its kind. */
export function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : kindOf(value);
}

/** The refusal of a setting. */
export function invalid(at: string, expected: string, got: string): TablecastError {
  return new TablecastError('CONFIG_INVALID', `${at}: expected ${expected}, got ${got}`);
}
