import { systemClock } from '../adapters/clock.ts';
import { createDynamoDBTables } from '../adapters/dynamodb-tables/tables.ts';
import { createApi } from '../api/api.ts';
import type { Api, Publish } from '../api/ports.ts';
import type { Config } from '../config.ts';
import type { Resolvers } from '../project.ts';
import type { DeliveryContext } from '../relay/context.ts';
import { createPublish } from '../relay/publish.ts';
import { tablesClient } from './clients.ts';

/** What a project's code may use, and what uses it. */
export interface OwnCode<Context> {
  readonly context: Context & { readonly api: Api };
  readonly publish: Publish;
}

/**
 * Completes a context with the API on the users' tables, whose resolvers may publish by that very context.
 * @throws TablecastError `CONFIG_INVALID` for resolvers that are missing or have no field
 */
export function withApi<Context extends DeliveryContext>(
  config: Config,
  base: Context,
  resolvers: Resolvers | undefined,
): OwnCode<Context> {
  const publish: Publish = (field, payload) => published(field, payload);
  const api = createApi({
    model: base.model,
    tables: createDynamoDBTables({ client: tablesClient(config), storedNames: storedNames(config) }),
    ...(resolvers && { resolvers }),
    publish,
    logger: base.logger,
    clock: systemClock,
    pageSecret: config.pageSecret,
  });
  const context = { ...base, api };
  const published = createPublish(context);
  return { context, publish };
}

/** The other way round: the schema's name of a table → the real one. */
function storedNames({ settings }: Config): ReadonlyMap<string, string> {
  return new Map([...settings.tableNames].map(([stored, name]) => [name, stored]));
}
