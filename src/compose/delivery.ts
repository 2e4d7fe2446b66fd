import { type Config, readConfig } from '../config.ts';
import type { Project } from '../project.ts';
import type { DeliveryContext } from '../relay/context.ts';
import { withApi } from './api.ts';
import { fanOutOf } from './fan-out.ts';
import { readModel } from './model.ts';
import { projectParts } from './parts.ts';
import { composeSweep } from './sweep.ts';

/**
 * False in a bundle of a project without code of its own (`src/deploy/bundling.ts`), from which all that only resolvers
 * reach is thereby left out. Not defined anywhere else.
 */
declare const TABLECAST_OWN_CODE: boolean | undefined;

/**
 * What delivery runs on: nothing that lets anybody in, and of the API only what a project's resolvers need.
 * @param parts the project's resolvers; its hooks are never run here
 * @throws SchemaError with file, line and column · TablecastError `CONFIG_INVALID`
 */
export function composeDelivery(
  config: Config = readConfig(),
  parts: Project = projectParts(),
): DeliveryContext {
  const fanOut = fanOutOf(config);
  const base = {
    ...composeSweep(config),
    model: readModel(config.schemaFile),
    ...(fanOut && { fanOut }),
  };
  if (typeof TABLECAST_OWN_CODE === 'undefined' || TABLECAST_OWN_CODE) {
    if (parts.resolvers) return withApi(config, base, parts.resolvers).context;
  }
  return base;
}
