import type { Publish } from './api/ports.ts';
import { withApi } from './compose/api.ts';
import { authenticatorOf, doorOf, warnOfAccess } from './compose/authenticator.ts';
import { readModel } from './compose/model.ts';
import { projectParts } from './compose/parts.ts';
import { composeSweep } from './compose/sweep.ts';
import { type Config, readConfig } from './config.ts';
import type { Project } from './project.ts';
import type { DoorSettings, RelayContext } from './relay/context.ts';
import { createFrameRate } from './relay/frame-rate.ts';

export { readModel } from './compose/model.ts';

/** Everything the handlers run on. */
export interface Composition extends RelayContext {
  readonly door: DoorSettings;
  readonly config: Config;
  readonly publish: Publish;
}

/**
 * Builds the whole of the real thing from the configuration: for what answers clients' frames and requests, and for the
 * worker. What does less is composed of less, by the other functions of `src/compose`: a function loads what it can
 * reach. Clients are made there and nowhere else.
 * @param parts the user's resolvers and hooks
 * @throws SchemaError with file, line and column · TablecastError `CONFIG_INVALID`
 */
export function compose(config: Config = readConfig(), parts: Project = projectParts()): Composition {
  const sweep = composeSweep(config);
  const model = readModel(config.schemaFile);
  warnOfAccess(model, config, sweep.logger, parts.hooks);
  const base = {
    ...sweep,
    config,
    model,
    authenticator: authenticatorOf(config, sweep.logger, parts.hooks),
    hooks: parts.hooks ?? {},
    door: doorOf(config),
    frameRate: createFrameRate(config.settings.limits.framesPerMinute, () => performance.now()),
  };
  const { context, publish } = withApi(config, base, parts.resolvers);
  return { ...context, publish };
}
