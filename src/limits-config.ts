import { choice, type Environment, within } from './environment.ts';
import { INTROSPECTION_ENV, LIMIT_SETTINGS, NUMERIC_LIMITS } from './protocol/limit-settings.ts';
import { DEFAULT_LIMITS, type Limits } from './protocol/limits.ts';

/**
 * The limits on what clients may send, from the environment (docs/limits.md names the variables).
 * @param isOnAws introspection is then off unless it is turned on
 * @throws TablecastError `CONFIG_INVALID` naming the variable, its range and what came
 */
export function readLimits(env: Environment, isOnAws: boolean): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const name of NUMERIC_LIMITS) {
    const setting = LIMIT_SETTINGS[name];
    const range: readonly [number, number] = [setting.least, setting.most];
    limits[name] = within(env, setting.env, setting.unit, range, DEFAULT_LIMITS[name]);
  }
  const introspection = choice(env, INTROSPECTION_ENV, ['on', 'off'], isOnAws ? 'off' : 'on') === 'on';
  return { ...limits, introspection };
}
