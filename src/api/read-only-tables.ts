import type { GraphQLError } from 'graphql';
import type { TableType } from '../schema/model.ts';
import { apiError } from './errors.ts';
import type { Tables } from './ports.ts';

/**
 * Tables of which some may be read only: a write of those is refused before it is sent, in words that name the setting.
 * @param readOnly names of tables as the schema has them
 */
export function withReadOnly(tables: Tables, readOnly: ReadonlySet<string>): Tables {
  if (readOnly.size === 0) return tables;
  const isRefused = (type: TableType) => readOnly.has(type.table);
  const refused = async (type: TableType): Promise<never> => {
    throw writesDisabled(type);
  };
  return {
    get: (...given) => tables.get(...given),
    list: (...given) => tables.list(...given),
    create: (...given) => (isRefused(given[0]) ? refused(given[0]) : tables.create(...given)),
    update: (...given) => (isRefused(given[0]) ? refused(given[0]) : tables.update(...given)),
    delete: (...given) => (isRefused(given[0]) ? refused(given[0]) : tables.delete(...given)),
  };
}

/** Clients know types, and not where these are kept: the table itself is not named. */
function writesDisabled({ name }: TableType): GraphQLError {
  return apiError(
    'BadRequestException',
    'WRITES_DISABLED',
    `Type ${name}: it cannot be changed through this API; expected "writes: true" for its table in custom.tablecast.tables, which does not have it`,
  );
}
