import { INTROSPECTION_ENV, LIMIT_SETTINGS, NUMERIC_LIMITS } from '../protocol/limit-settings.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import { flag, integer, objectOf } from './setting-values.ts';

/** What API Gateway takes of clients on one stage; beyond it answers for itself, and no function runs. */
export interface ThrottlingSettings {
  /** Frames and connects a second. */
  readonly rate: number;
  /** How many may come at once. */
  readonly burst: number;
}

/**
 * Half of what an account has in a Region by default for all its APIs and for what is sent to clients (10,000 a second,
 * 5,000 at once): however much comes in, the other half is left for deliveries.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
export const DEFAULT_THROTTLING: ThrottlingSettings = { rate: 5_000, burst: 2_500 };

/** `custom.tablecast.throttling`. */
export function throttlingSettingsOf(value: unknown): ThrottlingSettings {
  const given = objectOf('custom.tablecast.throttling', value ?? {}, ['rate', 'burst']);
  const { rate, burst } = DEFAULT_THROTTLING;
  return {
    rate: integer('throttling.rate', given.get('rate'), 1, 1_000_000, rate),
    burst: integer('throttling.burst', given.get('burst'), 1, 1_000_000, burst),
  };
}

/**
 * `custom.tablecast.limits`: those that were set, under their own names.
 * @throws TablecastError `CONFIG_INVALID` for an unknown name or a value out of its range
 */
export function limitSettingsOf(value: unknown): Partial<Limits> {
  const at = 'custom.tablecast.limits';
  const given = objectOf(at, value ?? {}, [...NUMERIC_LIMITS, 'introspection']);
  const limits: { -readonly [Name in keyof Limits]?: Limits[Name] } = {};
  for (const name of NUMERIC_LIMITS) {
    const set = given.get(name);
    if (set === undefined || set === null) continue;
    const { least, most } = LIMIT_SETTINGS[name];
    limits[name] = integer(`limits.${name}`, set, least, most, DEFAULT_LIMITS[name]);
  }
  const introspection = given.get('introspection');
  if (introspection !== undefined && introspection !== null) {
    limits.introspection = flag('limits.introspection', introspection, false);
  }
  return limits;
}

/** The limits that were set, as the environment variables of a function. */
export function limitsEnvironment(limits: Partial<Limits>): Readonly<Record<string, string>> {
  const { introspection } = limits;
  const numbers = NUMERIC_LIMITS.flatMap((name) => {
    const set = limits[name];
    return set === undefined ? [] : [[LIMIT_SETTINGS[name].env, String(set)] as const];
  });
  return {
    ...Object.fromEntries(numbers),
    ...(introspection !== undefined && { [INTROSPECTION_ENV]: introspection ? 'on' : 'off' }),
  };
}
