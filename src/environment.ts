import { TablecastError } from './errors.ts';

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

// Each of these reads one variable: its default when it is not set or empty, and a TablecastError CONFIG_INVALID that
// names it, what was expected and what came, when it is anything else than it may be.

/** One of the words allowed. */
export function choice<T extends string>(
  env: Environment,
  name: string,
  allowed: readonly T[],
  byDefault: T,
): T {
  const value = env[name];
  if (!value) return byDefault;
  const found = allowed.find((option) => option === value);
  if (found === undefined) throw invalid(name, allowed.join(' or '), value);
  return found;
}

/** An http or https URL, as it was written. */
export function url(env: Environment, name: string, example: string): string | undefined {
  const value = env[name];
  if (!value) return undefined;
  if (!/^https?:/i.test(value) || !URL.canParse(value))
    throw invalid(name, `a URL such as ${example}`, value);
  return value;
}

/** Whole milliseconds, of nine digits at most. */
export function milliseconds(env: Environment, name: string, byDefault: number): number {
  const value = env[name];
  if (!value) return byDefault;
  if (!/^\d{1,9}$/.test(value)) throw invalid(name, 'whole milliseconds', value);
  return Number(value);
}

/** A whole number of bytes, at least 1. */
export function bytes(env: Environment, name: string, byDefault: number, most: number): number {
  const value = env[name];
  if (!value) return byDefault;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > most) throw invalid(name, `a whole number of bytes from 1 to ${most}`, value);
  return number;
}

/** A whole number of `what`, from the first to the second of `limits`. */
export function within(
  env: Environment,
  name: string,
  what: string,
  [least, most]: readonly [number, number],
  byDefault: number,
): number {
  const value = env[name];
  if (!value) return byDefault;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw invalid(name, `${what} from ${least} to ${most}`, value);
}

/** What stands between commas, without the space about it; none when there is nothing. */
export function entries(env: Environment, name: string): readonly string[] {
  return (env[name] ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** The refusal of a value, of which it shows the first 40 characters. */
export function invalid(name: string, expected: string, value: string): TablecastError {
  return new TablecastError('CONFIG_INVALID', `${name}: expected ${expected}, got "${value.slice(0, 40)}"`);
}
