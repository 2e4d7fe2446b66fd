import { setImmediate as nextTurn } from 'node:timers/promises';
import { imageProblem, keyProblem } from '../../api/item-limits.ts';
import { keyOf } from '../../api/keys.ts';
import type { ImagePage, Tables, WriteOutcome } from '../../api/ports.ts';
import type { Attribute, Image } from '../../change/change.ts';
import { isEntity } from '../../change/entity.ts';
import { TablecastError } from '../../errors.ts';
import { compareCodePoints } from '../../filter/codepoint.ts';
import { compareDecimals } from '../../filter/decimal.ts';
import { keyAttributesOf } from '../../filter/dynamodb-expression.ts';
import type { Expression } from '../../filter/expression.ts';
import { compilePredicate } from '../../filter/predicate.ts';
import type { TableType } from '../../schema/model.ts';

/** What tables in memory are made with. */
export interface MemoryTablesOptions {
  /** Table name as the schema writes it → items that are there at first. None by default. */
  readonly items?: ReadonlyMap<string, readonly Image[]>;
}

/**
 * The reference implementation of the `Tables` port: what each method means, in one process, with nothing durable. A
 * method gives up its turn before it reads and writes in one go, as a conditional write does. Items are in the order of
 * their keys.
 */
export function createMemoryTables({ items }: MemoryTablesOptions = {}): Tables {
  /** Table → items; types that share a table have the same key attributes. */
  const stored = new Map<string, Image[]>();
  for (const [table, images] of items ?? []) stored.set(table, [...images]);

  const itemsOf = (type: TableType) => {
    const own = stored.get(type.table) ?? [];
    stored.set(type.table, own);
    return own;
  };
  const indexOf = (type: TableType, key: Image) =>
    itemsOf(type).findIndex((image) => compareKeys(type, image, key) === 0);
  const found = (type: TableType, key: Image) => {
    const image = itemsOf(type)[indexOf(type, key)];
    return image && isOf(type, image) ? image : undefined;
  };
  const replace = (type: TableType, key: Image, image?: Image) => {
    itemsOf(type).splice(indexOf(type, key), 1, ...(image ? [image] : []));
  };

  return {
    async get(type, key) {
      await nextTurn();
      return found(type, key);
    },

    async list(type, { filter, limit, after }): Promise<ImagePage> {
      await nextTurn();
      const compiled = compilePredicate(filter, type);
      if (!compiled.ok) throw new TablecastError('FILTER_INVALID', compiled.message);
      const matches = itemsOf(type)
        .filter((image) => isOf(type, image) && compiled.test(image))
        .filter((image) => !after || compareKeys(type, image, after) > 0)
        .sort((a, b) => compareKeys(type, a, b));
      const images = matches.slice(0, limit);
      const last = images.at(-1);
      return { images, ...(last && matches.length > images.length && { lastKey: keyOf(type, last) }) };
    },

    async create(type, image): Promise<WriteOutcome> {
      await nextTurn();
      const message = keyProblem(type, image) ?? imageProblem(type, image);
      if (message !== undefined) return { kind: 'invalid', message };
      if (indexOf(type, image) !== -1) return { kind: 'condition-failed' };
      itemsOf(type).push(image);
      return { kind: 'written', image };
    },

    async update(type, key, { set, remove }, condition): Promise<WriteOutcome> {
      await nextTurn();
      const old = found(type, key);
      if (!old || !holds(type, condition, old)) return { kind: 'condition-failed' };
      const image: Record<string, Attribute> = Object.assign(Object.create(null), old, set);
      for (const name of remove) delete image[name];
      const message = imageProblem(type, image);
      if (message !== undefined) return { kind: 'invalid', message };
      replace(type, key, image);
      return { kind: 'written', image };
    },

    async delete(type, key, condition): Promise<WriteOutcome> {
      await nextTurn();
      const image = found(type, key);
      if (!image || !holds(type, condition, image)) return { kind: 'condition-failed' };
      replace(type, key);
      return { kind: 'written', image };
    },
  };
}

function isOf({ where }: TableType, image: Image): boolean {
  return !where || isEntity(image, where);
}

function holds(type: TableType, condition: Expression | undefined, image: Image): boolean {
  if (!condition) return true;
  const compiled = compilePredicate(condition, type);
  if (!compiled.ok) throw new TablecastError('FILTER_INVALID', compiled.message);
  return compiled.test(image);
}

function compareKeys(type: TableType, a: Image, b: Image): number {
  for (const name of keyAttributesOf(type)) {
    const order = compareAttributes(a[name], b[name]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Keys are text or numbers; numbers go first where a test has both. */
function compareAttributes(a: Attribute | undefined, b: Attribute | undefined): number {
  if (a && b && 'N' in a && 'N' in b) return compareDecimals(a.N, b.N);
  if (a && b && 'S' in a && 'S' in b) return compareCodePoints(a.S, b.S);
  return Number(Boolean(b && 'N' in b)) - Number(Boolean(a && 'N' in a));
}
