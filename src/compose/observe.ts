import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { createCounters } from '../observe/counters.ts';
import { createEmfMetrics } from '../observe/emf.ts';
import type { Metrics } from '../relay/ports.ts';

/** Metrics as the configuration asks for them: lines of CloudWatch's embedded format, log lines, or nothing. */
export function metricsOf({ metrics }: Config, logger: Logger): Metrics {
  const { mode, namespace, service, stage, function: name } = metrics;
  switch (mode) {
    case 'emf':
      return createEmfMetrics({
        namespace,
        dimensions: { service, ...(stage !== undefined && { stage }), function: name },
      });
    case 'log':
      return createCounters((counts, measures) =>
        logger.info({
          event: 'metrics',
          counts: Object.fromEntries(counts),
          ...(measures.size > 0 && { measures: Object.fromEntries(measures) }),
        }),
      );
    case 'off':
      return createCounters();
    default:
      return mode satisfies never;
  }
}
