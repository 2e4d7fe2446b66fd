import * as project from 'tablecast/project';
import { systemClock } from '../adapters/clock.ts';
import { type Config, readConfig } from '../config.ts';
import type { Hooks } from '../project.ts';
import type { ConnectContext } from '../relay/context.ts';
import { authenticatorOf, doorOf } from './authenticator.ts';
import { loggerOf } from './logging.ts';
import { registryOf } from './registry.ts';

/**
 * What the function `connect` runs on: no schema, nothing to post with. Of a project's own code only what its hooks need
 * is bundled with it, for `hooks.authorize`.
 * @throws TablecastError `CONFIG_INVALID`
 */
export function composeConnect(
  config: Config = readConfig(),
  // By its namespace: a file that exports no hooks is no error to the bundler then.
  hooks: Hooks | undefined = project.hooks,
): ConnectContext {
  const logger = loggerOf(config);
  return {
    registry: registryOf(config),
    clock: systemClock,
    logger,
    authenticator: authenticatorOf(config, logger, hooks),
    door: doorOf(config),
    settings: config.settings,
  };
}
