import { choice, type Environment } from './environment.ts';
import { isOnAws } from './platform.ts';

/** Where metrics go: CloudWatch's embedded format, the log, or nowhere. */
export const METRICS_MODES = ['emf', 'log', 'off'] as const;

/** How metrics are written, and the names CloudWatch has them under. */
export interface MetricsConfig {
  /** `TABLECAST_METRICS`. Default `emf` on AWS and in the worker, `log` elsewhere. */
  readonly mode: (typeof METRICS_MODES)[number];
  /** CloudWatch namespace. `TABLECAST_METRICS_NAMESPACE`, default `Tablecast`. */
  readonly namespace: string;
  /** Dimension `service`. `TABLECAST_SERVICE`, default `tablecast`. */
  readonly service: string;
  /** Dimension `stage`. `TABLECAST_STAGE`; left out without it. */
  readonly stage?: string;
  /** Dimension `function`: Lambda's `AWS_LAMBDA_FUNCTION_NAME`, or what runs instead. */
  readonly function: string;
}

/** What runs: a function of ours, or the worker. */
export type ProcessRole = 'function' | 'worker';

/**
 * Reads where metrics go. Locally they stay in the log, so that the screen of `start` can be read.
 * @throws TablecastError `CONFIG_INVALID` naming the variable, what was expected and what came
 */
export function readMetrics(env: Environment, role: ProcessRole): MetricsConfig {
  const stage = env['TABLECAST_STAGE'];
  const byDefault = role === 'worker' || isOnAws(env) ? 'emf' : 'log';
  return {
    mode: choice(env, 'TABLECAST_METRICS', METRICS_MODES, byDefault),
    namespace: env['TABLECAST_METRICS_NAMESPACE'] || 'Tablecast',
    service: env['TABLECAST_SERVICE'] || 'tablecast',
    ...(stage && { stage }),
    function: env['AWS_LAMBDA_FUNCTION_NAME'] || role,
  };
}
