import DataLoader from 'dataloader';
import type { GraphQLObjectType } from 'graphql';
import type { Image } from '../change/change.ts';
import { type Expression, MATCH_ALL } from '../filter/expression.ts';
import { readFilter } from '../filter/read.ts';
import type { SubscriptionField, TableType } from '../schema/model.ts';
import { apiError, badInput, conditionFailed } from './errors.ts';
import { type Input, itemToCreate, itemUpdate, keyFrom } from './item-input.ts';
import { itemOf } from './items.ts';
import { keyOf } from './keys.ts';
import type { PageTokens } from './page-token.ts';
import type { Item, TableClient, Tables, WriteOutcome } from './ports.ts';

/** Items of a page when the list does not say. */
export const DEFAULT_LIMIT = 100;
/** Most items one page may have. */
export const MAX_LIMIT = 1_000;

/** What the clients of one operation share. */
export interface TableAccess {
  readonly tables: Tables;
  readonly pageTokens: PageTokens;
  readonly uuid: () => string;
  /** Subject of the token the operation came with, if it came with one. */
  readonly subject?: string;
}

/**
 * One table type for the resolvers of one operation, generated and the user's alike. Reads of one key are made once; a
 * write, done or not, makes the next read a new one.
 */
export function createTableClient(
  type: TableType,
  object: GraphQLObjectType,
  { tables, pageTokens, ...writing }: TableAccess,
): TableClient {
  const loader = new DataLoader<Image, Image | undefined, string>(
    (keys) =>
      Promise.all(
        // A rejection is one key's own: DataLoader takes it as an Error in its place.
        keys.map((key) => tables.get(type, key).catch((error: unknown) => asError(error))),
      ),
    { cacheKeyFn: (key) => JSON.stringify(Object.entries(key)) },
  );
  const viewOf = (image: Image) => itemOf(image, object);
  /** @param key as `get` asks by it: the table may store an ID as a number */
  const written = async (
    key: Image,
    expected: 'an item' | 'no item',
    write: () => Promise<WriteOutcome>,
  ): Promise<Item> => {
    const outcome = await write().finally(() => loader.clear(key));
    if (outcome.kind === 'condition-failed') throw conditionFailed(expected);
    if (outcome.kind === 'invalid') throw badInput(outcome.message);
    return viewOf(outcome.image);
  };

  return {
    async get(key) {
      const image = await loader.load(keyFrom(type, key));
      return image ? viewOf(image) : null;
    },

    async list({ filter, limit, nextToken } = {}) {
      const expression = filterOf(type, filter);
      const page = await tables.list(type, {
        filter: expression,
        limit: limitOf(limit),
        ...(typeof nextToken === 'string' && { after: pageTokens.open(type, expression, nextToken) }),
      });
      return {
        items: page.images.map(viewOf),
        nextToken: page.lastKey ? pageTokens.seal(type, expression, page.lastKey) : null,
      };
    },

    async create(input) {
      const image = itemToCreate(type, input, writing);
      return written(keyOf(type, image), 'no item', () => tables.create(type, image));
    },

    async update(input) {
      const { key, set, remove } = itemUpdate(type, input, writing);
      if (Object.keys(set).length > 0 || remove.length > 0) {
        return written(key, 'an item', () => tables.update(type, key, { set, remove }));
      }
      const image = await tables.get(type, key);
      if (!image) throw conditionFailed('an item');
      return viewOf(image);
    },

    async delete(given) {
      const key = keyFrom(type, given);
      return written(key, 'an item', () => tables.delete(type, key));
    },
  };
}

function filterOf(type: TableType, filter: Input | null | undefined): Expression {
  if (filter === undefined || filter === null) return MATCH_ALL;
  const list: SubscriptionField = {
    name: `list${type.name}s`,
    type,
    source: 'table',
    events: new Set(),
    arguments: new Map(),
  };
  const reading = readFilter(list, new Map([['filter', filter]]));
  if (reading.ok) return reading.expression;
  throw apiError('BadRequestException', 'FILTER_INVALID', reading.message);
}

function limitOf(limit: number | null | undefined): number {
  const number = limit ?? DEFAULT_LIMIT;
  if (Number.isInteger(number) && number >= 1 && number <= MAX_LIMIT) return number;
  throw badInput(`limit: expected a whole number from 1 to ${MAX_LIMIT}, got ${number}`);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('A table rejected with something that is no Error');
}
