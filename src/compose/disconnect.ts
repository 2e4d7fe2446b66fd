import { type Config, readConfig } from '../config.ts';
import type { DisconnectContext } from '../relay/context.ts';
import { loggerOf } from './logging.ts';
import { registryOf } from './registry.ts';

/** What the function `disconnect` runs on. @throws TablecastError `CONFIG_INVALID` */
export function composeDisconnect(config: Config = readConfig()): DisconnectContext {
  return { registry: registryOf(config), logger: loggerOf(config) };
}
