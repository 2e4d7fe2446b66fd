import type { GraphQLObjectType } from 'graphql';
import type { Image } from '../change/change.ts';
import { itemOf } from './items.ts';
import type { TableClient } from './ports.ts';
import type { TableOperations } from './table-operations.ts';

/** One table type for the project's resolvers: items by API name, and no rule in the way. */
export function createTableClient(operations: TableOperations, object: GraphQLObjectType): TableClient {
  const viewOf = (image: Image) => itemOf(image, object);
  return {
    async get(key) {
      const image = await operations.get(key);
      return image ? viewOf(image) : null;
    },
    async list(request = {}) {
      const { items, nextToken } = await operations.list(request);
      return { items: items.map(viewOf), nextToken };
    },
    create: async (input) => viewOf(await operations.create(input)),
    update: async (input) => viewOf(await operations.update(input)),
    delete: async (key) => viewOf(await operations.delete(key)),
  };
}
