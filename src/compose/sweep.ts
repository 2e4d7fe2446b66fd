import { systemClock } from '../adapters/clock.ts';
import { type Config, readConfig } from '../config.ts';
import type { SweepContext } from '../relay/context.ts';
import { loggerOf } from './logging.ts';
import { metricsOf } from './observe.ts';
import { registryOf } from './registry.ts';
import { transportOf } from './transport.ts';

/** What `keepalive` and `gap` run on, and every delivery too: no schema. @throws TablecastError `CONFIG_INVALID` */
export function composeSweep(config: Config = readConfig()): SweepContext {
  const logger = loggerOf(config);
  const metrics = metricsOf(config, logger);
  return {
    registry: registryOf(config, metrics),
    transport: transportOf(config),
    clock: systemClock,
    metrics,
    logger,
    settings: config.settings,
    random: Math.random,
  };
}
