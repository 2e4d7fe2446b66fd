import DataLoader from 'dataloader';
import type { Image } from '../change/change.ts';
import { type Expression, MATCH_ALL } from '../filter/expression.ts';
import { type FilterLimits, readFilter } from '../filter/read.ts';
import type { SubscriptionField, TableType } from '../schema/model.ts';
import { type ItemRules, NO_RULES } from './access/item-rules.ts';
import { itemTest } from './access/item-tests.ts';
import { apiError, badInput, conditionFailed } from './errors.ts';
import { type Input, itemToCreate, itemUpdate, keyFrom } from './item-input.ts';
import { keyOf } from './keys.ts';
import type { PageTokens } from './page-token.ts';
import type { TableClient, Tables, WriteOutcome } from './ports.ts';

/** Items of a page when the list does not say. */
export const DEFAULT_LIMIT = 100;
/** Most items one page may have. */
export const MAX_LIMIT = 1_000;

/** What the operations of one execution share. */
export interface TableAccess {
  readonly tables: Tables;
  readonly pageTokens: PageTokens;
  readonly uuid: () => string;
  /** Subject of the caller, who then is the writer of what is written; absent for an API key. */
  readonly subject?: string;
  /** Of the filters that `list` takes; the defaults without them. */
  readonly limits?: FilterLimits;
}

/** A page as images. */
export interface StoredPage {
  readonly items: readonly Image[];
  readonly nextToken: string | null;
}

/** `TableClient` by images, held against rules; by default against none, for the project's own code. */
export interface TableOperations {
  /** Nothing for an item that may not be got, as for one that is not there. */
  get(key: Input, rules?: ItemRules): Promise<Image | undefined>;
  list(request: NonNullable<Parameters<TableClient['list']>[0]>, rules?: ItemRules): Promise<StoredPage>;
  create(input: Input, rules?: ItemRules): Promise<Image>;
  /** Of an item that the rules keep from the caller it says what it says of one that is not there; so does `delete`. */
  update(input: Input, rules?: ItemRules): Promise<Image>;
  delete(key: Input, rules?: ItemRules): Promise<Image>;
}

/**
 * One table type in one execution, for its generated fields and the project's resolvers alike. Reads of one key are made
 * once; a write, done or not, makes the next read a new one.
 */
export function createTableOperations(
  type: TableType,
  { tables, pageTokens, limits, ...writing }: TableAccess,
): TableOperations {
  const loader = new DataLoader<Image, Image | undefined, string>(
    (keys) =>
      Promise.all(
        // A rejection is one key's own: DataLoader takes it as an Error in its place.
        keys.map((key) => tables.get(type, key).catch((error: unknown) => asError(error))),
      ),
    { cacheKeyFn: (key) => JSON.stringify(Object.entries(key)) },
  );
  /** @param key as `get` asks by it: the table may store an ID as a number */
  const written = async (
    key: Image,
    expected: 'an item' | 'no item',
    write: () => Promise<WriteOutcome>,
  ): Promise<Image> => {
    const outcome = await write().finally(() => loader.clear(key));
    if (outcome.kind === 'condition-failed') throw conditionFailed(expected);
    if (outcome.kind === 'invalid') throw badInput(outcome.message);
    return outcome.image;
  };

  return {
    async get(key, rules = NO_RULES) {
      const mayGet = rules.get();
      const image = await loader.load(keyFrom(type, key));
      return image && mayGet(image) ? image : undefined;
    },

    async list({ filter, limit, nextToken }, rules = NO_RULES) {
      // A token is sealed for all of it: whom other rules let in cannot read on by it.
      const expression = rules.list(() => filterOf(type, filter, limits));
      const page = await tables.list(type, {
        filter: expression,
        limit: limitOf(limit),
        ...(typeof nextToken === 'string' && { after: pageTokens.open(type, expression, nextToken) }),
      });
      return {
        items: page.images,
        nextToken: page.lastKey ? pageTokens.seal(type, expression, page.lastKey) : null,
      };
    },

    async create(input, rules = NO_RULES) {
      const image = rules.create(input, (given) => itemToCreate(type, given, writing));
      const made = await written(keyOf(type, image), 'no item', () => tables.create(type, image));
      rules.returned(made);
      return made;
    },

    async update(input, rules = NO_RULES) {
      const { key, set, remove, condition } = rules.update(input, () => itemUpdate(type, input, writing));
      const isChange = Object.keys(set).length > 0 || remove.length > 0;
      const image = isChange
        ? await written(key, 'an item', () => tables.update(type, key, { set, remove }, condition))
        : await unchanged(key, condition);
      rules.returned(image);
      return image;
    },

    async delete(given, rules = NO_RULES) {
      const { condition } = rules.delete();
      const key = keyFrom(type, given);
      const image = await written(key, 'an item', () => tables.delete(type, key, condition));
      rules.returned(image);
      return image;
    },
  };

  /** The item of an update that changes nothing: there is nothing to write, and as much to ask. */
  async function unchanged(key: Image, condition: Expression | undefined): Promise<Image> {
    const image = await tables.get(type, key);
    const holds = condition ? itemTest({ kind: 'some', where: condition }, type) : () => true;
    if (!image || !holds(image)) throw conditionFailed('an item');
    return image;
  }
}

function filterOf(
  type: TableType,
  filter: Input | null | undefined,
  limits: FilterLimits | undefined,
): Expression {
  if (filter === undefined || filter === null) return MATCH_ALL;
  const list: SubscriptionField = {
    name: `list${type.name}s`,
    type,
    source: 'table',
    events: new Set(),
    arguments: new Map(),
  };
  const reading = readFilter(list, new Map([['filter', filter]]), limits);
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
