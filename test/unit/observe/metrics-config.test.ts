import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../src/config.ts';

const LAMBDA = { AWS_LAMBDA_FUNCTION_NAME: 'todos-dev-stream', AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' };

describe('where metrics go', () => {
  test.each<[string, Record<string, string>, 'function' | 'worker', string]>([
    ['on AWS they are lines for CloudWatch', LAMBDA, 'function', 'emf'],
    ['in the emulator of Lambda they stay in the log', { ...LAMBDA, IS_OFFLINE: 'true' }, 'function', 'log'],
    ['on a machine of ones own they stay in the log', {}, 'function', 'log'],
    ['of the worker they are lines for CloudWatch, wherever it runs', {}, 'worker', 'emf'],
    ['what is set wins on AWS', { ...LAMBDA, TABLECAST_METRICS: 'off' }, 'function', 'off'],
    ['what is set wins in the worker', { TABLECAST_METRICS: 'log' }, 'worker', 'log'],
  ])('%s', (_, env, role, mode) => {
    expect(readConfig(env, role).metrics.mode).toBe(mode);
  });

  test('namespace and dimensions have defaults that tell the function apart', () => {
    expect(readConfig(LAMBDA).metrics).toEqual({
      mode: 'emf',
      namespace: 'Tablecast',
      service: 'tablecast',
      function: 'todos-dev-stream',
    });
    const env = { TABLECAST_METRICS_NAMESPACE: 'Own', TABLECAST_SERVICE: 'todos', TABLECAST_STAGE: 'prod' };
    expect(readConfig(env, 'worker').metrics).toEqual({
      mode: 'emf',
      namespace: 'Own',
      service: 'todos',
      stage: 'prod',
      function: 'worker',
    });
  });

  test('another value is an error that names the variable and what was expected', () => {
    expect(() => readConfig({ TABLECAST_METRICS: 'statsd' })).toThrow(
      'TABLECAST_METRICS: expected emf or log or off, got "statsd"',
    );
  });
});

test('decisions are logged where that is asked for, and nowhere else', () => {
  const explainLog = (value?: string) =>
    readConfig(value === undefined ? {} : { TABLECAST_EXPLAIN_LOG: value }).settings.explainLog;
  expect([undefined, '', 'off', 'on'].map(explainLog)).toEqual([false, false, false, true]);
  expect(() => explainLog('yes')).toThrow('TABLECAST_EXPLAIN_LOG: expected on or off, got "yes"');
});
