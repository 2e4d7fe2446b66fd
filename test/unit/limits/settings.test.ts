import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../src/config.ts';
import { limitsEnvironment } from '../../../src/deploy/limits-settings.ts';
import { readSettings } from '../../../src/deploy/settings.ts';
import { INTROSPECTION_ENV, LIMIT_SETTINGS, NUMERIC_LIMITS } from '../../../src/protocol/limit-settings.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';

const limitsOf = (env: Record<string, string>) => readConfig(env).settings.limits;
const ON_AWS = { AWS_LAMBDA_FUNCTION_NAME: 'subscribe', TABLECAST_API_ID: 'abc' };

test('every limit is a number with a setting, but for introspection, and lies within its own range', () => {
  expect([...NUMERIC_LIMITS, 'introspection'].sort()).toEqual(Object.keys(DEFAULT_LIMITS).sort());
  expect(Object.keys(LIMIT_SETTINGS).sort()).toEqual([...NUMERIC_LIMITS].sort());
  for (const name of NUMERIC_LIMITS) {
    expect(DEFAULT_LIMITS[name]).toBeGreaterThanOrEqual(LIMIT_SETTINGS[name].least);
    expect(DEFAULT_LIMITS[name]).toBeLessThanOrEqual(LIMIT_SETTINGS[name].most);
  }
});

describe.each(NUMERIC_LIMITS)('%s', (name) => {
  const { env, least, most, unit } = LIMIT_SETTINGS[name];

  test('is what its variable says, at either end of its range', () => {
    expect(limitsOf({ [env]: String(least) })).toEqual({ ...DEFAULT_LIMITS, [name]: least });
    expect(limitsOf({ [env]: String(most) })).toEqual({ ...DEFAULT_LIMITS, [name]: most });
  });

  test('is refused beyond either end, in its variable and in serverless.yml', () => {
    for (const value of [least - 1, most + 1, -1]) {
      const expected = `${env}: expected ${unit} from ${least} to ${most}, got "${value}"`;
      expect(() => limitsOf({ [env]: String(value) })).toThrow(expected);
      expect(() => readSettings({ limits: { [name]: value } })).toThrow(
        `custom.tablecast.limits.${name}: expected a whole number from ${least} to ${most}, got ${value}`,
      );
    }
    expect(() => limitsOf({ [env]: 'many' })).toThrow(env);
    expect(() => readSettings({ limits: { [name]: 'many' } })).toThrow(`limits.${name}`);
  });

  test('goes from serverless.yml to the functions', () => {
    const { limits } = readSettings({ limits: { [name]: String(most) } });
    expect(limitsOf(limitsEnvironment(limits))).toEqual({ ...DEFAULT_LIMITS, [name]: most });
  });
});

test('introspection is on, but on AWS off, unless it is set', () => {
  expect(limitsOf({}).introspection).toBe(true);
  expect(limitsOf(ON_AWS).introspection).toBe(false);
  expect(limitsOf({ ...ON_AWS, IS_OFFLINE: 'true' }).introspection).toBe(true);
  for (const introspection of [true, false]) {
    const env = limitsEnvironment(readSettings({ limits: { introspection } }).limits);
    expect(limitsOf({ ...ON_AWS, ...env }).introspection).toBe(introspection);
    expect(limitsOf(env).introspection).toBe(introspection);
  }
  expect(() => limitsOf({ [INTROSPECTION_ENV]: 'true' })).toThrow(
    'TABLECAST_INTROSPECTION: expected on or off',
  );
  expect(() => readSettings({ limits: { introspection: 'on' } })).toThrow('expected true or false, got "on"');
});

test('a name that is no limit is refused with those that are', () => {
  expect(() => readSettings({ limits: { depth: 3 } })).toThrow(
    'custom.tablecast.limits.depth: expected one of frameBytes, jsonDepth,',
  );
  expect(() => readSettings({ limits: [] })).toThrow(
    'custom.tablecast.limits: expected an object, got array',
  );
});

test('throttling of the stages has a default each, and a range', () => {
  expect(readSettings({ throttling: { rate: 10 } }).throttling).toEqual({ rate: 10, burst: 2_500 });
  expect(() => readSettings({ throttling: { rate: 0 } })).toThrow(
    'custom.tablecast.throttling.rate: expected a whole number from 1 to 1000000, got 0',
  );
  expect(() => readSettings({ throttling: { burts: 1 } })).toThrow('custom.tablecast.throttling.burts');
});

describe('docs/limits.md', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/limits.md'), 'utf8');
  const rows = docs
    .split('\n')
    .filter((line) => /^\| `[a-zA-Z]+` \| `TABLECAST_/.test(line))
    .map((line) => line.slice(2).split(' | ').slice(0, 4));

  test('has every limit with its variable, default and range', () => {
    const numbers = NUMERIC_LIMITS.map((name) => {
      const { env, least, most } = LIMIT_SETTINGS[name];
      return [`\`${name}\``, `\`${env}\``, String(DEFAULT_LIMITS[name]), `${least}–${most}`];
    });
    const introspection = [
      '`introspection`',
      `\`${INTROSPECTION_ENV}\``,
      '`on`; `off` on AWS',
      '`on`, `off`; in `serverless.yml` `true`, `false`',
    ];
    const byName = (a: readonly string[], b: readonly string[]) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1);
    expect([...rows].sort(byName)).toEqual([...numbers, introspection].sort(byName));
  });
});
