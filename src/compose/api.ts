import { systemClock } from '../adapters/clock.ts';
import { createDynamoDBTables } from '../adapters/dynamodb-tables/tables.ts';
import { createApi } from '../api/api.ts';
import type { Api, Publish } from '../api/ports.ts';
import { withReadOnly } from '../api/read-only-tables.ts';
import type { Config } from '../config.ts';
import type { Resolvers } from '../project.ts';
import type { DeliveryContext } from '../relay/context.ts';
import { createPublish } from '../relay/publish.ts';
import type { DocumentList } from '../render/document-list.ts';
import type { Model } from '../schema/model.ts';
import { tablesClient } from './clients.ts';
import { readDocuments } from './documents.ts';
import { projectLoggerOf } from './logging.ts';

/** What a project's code may use, and what uses it. */
export interface OwnCode<Context> {
  readonly context: Context & { readonly api: Api };
  readonly publish: Publish;
}

/**
 * Completes a context with the API on the users' tables, whose resolvers may publish by that very context.
 * @throws TablecastError `CONFIG_INVALID` for resolvers that are missing or have no field, and for a list of documents that cannot be
 * read or does not fit the schema
 */
export function withApi<Context extends DeliveryContext>(
  config: Config,
  base: Context,
  resolvers: Resolvers | undefined,
): OwnCode<Context> {
  const publish: Publish = (field, payload) => published(field, payload);
  const api = createApi({
    model: base.model,
    tables: withReadOnly(
      createDynamoDBTables({ client: tablesClient(config), storedNames: storedNames(config) }),
      config.readOnlyTables,
    ),
    ...(resolvers && { resolvers }),
    publish,
    logger: base.logger,
    projectLogger: projectLoggerOf(config),
    clock: systemClock,
    pageSecret: config.pageSecret,
    limits: config.settings.limits,
    access: config.settings.access,
    ...documentsOf(config, base.model),
  });
  const context = { ...base, api };
  const published = createPublish(context);
  return { context, publish };
}

/** The list of documents, if one is configured. */
function documentsOf(config: Config, model: Model): { readonly documents?: DocumentList } {
  const { documentsFile: file, settings } = config;
  return file === undefined ? {} : { documents: readDocuments(file, model, settings.limits) };
}

/** The other way round: the schema's name of a table → the real one. */
function storedNames({ settings }: Config): ReadonlyMap<string, string> {
  return new Map([...settings.tableNames].map(([stored, name]) => [name, stored]));
}
