import { systemClock } from '../adapters/clock.ts';
import { type Config, readConfig } from '../config.ts';
import { createLogger } from '../observe/logger.ts';
import type { ConnectContext } from '../relay/context.ts';
import { authenticatorOf } from './authenticator.ts';
import { registryOf } from './registry.ts';

/** What the function `connect` runs on: no schema, nothing to post with. @throws TablecastError `CONFIG_INVALID` */
export function composeConnect(config: Config = readConfig()): ConnectContext {
  const logger = createLogger(config.logLevel);
  return {
    registry: registryOf(config),
    clock: systemClock,
    logger,
    authenticator: authenticatorOf(config, logger),
  };
}
