import type { ShapeNames } from '../../filter/expression.ts';
import { filterKey } from '../../filter/keys.ts';
import { chooseShapes } from '../../filter/shapes.ts';
import type { NewSubscription, Shape } from '../../relay/ports.ts';
import type { RegistryLimits } from '../memory/registry-limits.ts';
import {
  isLive,
  numberOf,
  partitionOf,
  type Row,
  secondsOf,
  shapeKey,
  shapesPartition,
  textOf,
  textsOf,
} from './rows.ts';
import { query, type RelayTable, update } from './table.ts';

/** A shape a subscription is kept under, and where: the shape's row must last as long as the subscription. */
export interface Placement {
  readonly names: ShapeNames;
  readonly filterKey: string;
  readonly shard: number;
  /** Shard count that `shard` was computed with; the stored one must be no less before a row stands there. */
  readonly shards: number;
}

/** Which shapes of a table are in use, as this process remembers it. */
export interface ShapeUse {
  /**
   * Where to keep a subscription. Reads the table's shapes when one it would use is not remembered, or was not read for
   * `maxRememberedSeconds`: readers may have given it more shards.
   */
  place(subscription: NewSubscription): Promise<readonly Placement[]>;
  /** Makes sure the shapes outlive the subscription: at most one write a shape, process and connection life. */
  keep(subscription: NewSubscription, placements: readonly Placement[]): Promise<void>;
}

/** A shape with its row's `expiresAt`, in epoch seconds. */
interface KnownShape extends Shape {
  readonly expiresAt: number;
}

/** How long a shape counts as in use between being chosen and being written, in seconds: longer than a subscribe. */
const RESERVED_SECONDS = 30;

/**
 * Shapes in use as this process remembers them. Rows of shapes are never deleted, their expiry and shard count only
 * grow, so memory can only err by knowing too few. The cap therefore holds among all that one process does at once;
 * processes that add different shapes at the same instant can overshoot it by one each: more look-ups, no loss.
 */
export function createShapeUse(table: RelayTable, limits: RegistryLimits): ShapeUse {
  /** By table and field, then by names. */
  const known = new Map<string, Map<string, KnownShape>>();
  /** Table → when its shapes were last read, in epoch ms. */
  const readAt = new Map<string, number>();
  const readings = new Map<string, Promise<void>>();
  const writings = new Map<string, Promise<void>>();

  const shapesOf = (tableName: string, field: string) => {
    const key = JSON.stringify([tableName, field]);
    const shapes = known.get(key) ?? new Map<string, KnownShape>();
    known.set(key, shapes);
    return shapes;
  };

  const remember = (tableName: string, shape: KnownShape) => {
    const shapes = shapesOf(tableName, shape.field);
    const before = shapes.get(namesText(shape.names));
    const expiresAt = Math.max(shape.expiresAt, before?.expiresAt ?? 0);
    shapes.set(namesText(shape.names), {
      ...shape,
      shards: Math.max(shape.shards, before?.shards ?? 0),
      expiresAt,
    });
  };

  const choose = ({ table: tableName, field, alternatives, reserved = [] }: NewSubscription) => {
    const now = secondsOf(table.clock.now());
    const shapes = shapesOf(tableName, field);
    for (const [text, { expiresAt }] of shapes) if (expiresAt <= now) shapes.delete(text);
    const inUse = [...shapes.values()].map(({ names }) => names);
    return chooseShapes(alternatives, inUse, limits.maxShapesPerField, reserved).map((shape) => ({
      ...shape,
      known: shapes.get(namesText(shape.names)),
    }));
  };

  const read = (tableName: string) =>
    once(readings, tableName, async () => {
      const now = table.clock.now();
      for (const row of await query(table, shapesPartition(tableName))) {
        const shape = isLive(row, table.clock.now()) && shapeOf(row);
        if (shape) remember(tableName, shape);
      }
      readAt.set(tableName, now);
    });

  const isOutdated = (tableName: string) => {
    const age = table.clock.now() - (readAt.get(tableName) ?? Number.NEGATIVE_INFINITY);
    return Math.abs(age) >= limits.maxRememberedSeconds * 1_000;
  };

  const write = (tableName: string, shape: Shape, lastsUntil: number) =>
    once(writings, JSON.stringify([tableName, shape.field, shape.names]), async () => {
      const key = shapeKey(tableName, shape.field, shape.names);
      const lives = 2 * limits.connectionLifeSeconds;
      const expiresAt = Math.max(secondsOf(table.clock.now()) + lives, lastsUntil);
      const pushed = await update(
        table,
        key,
        {
          text: 'SET #expiresAt = :expiresAt, #shards = if_not_exists(#shards, :shards), #field = :field, #names = :names',
          values: {
            ':expiresAt': expiresAt,
            ':shards': shape.shards,
            ':field': shape.field,
            ':names': [...shape.names],
          },
        },
        {
          text: 'attribute_not_exists(#pk) OR #expiresAt < :lastsUntil',
          values: { ':lastsUntil': lastsUntil },
        },
      );
      const stored = pushed.ok ? pushed.old : pushed.found;
      const shards = (stored && numberOf(stored, 'shards')) ?? shape.shards;
      if (shards < shape.shards) {
        await update(
          table,
          key,
          { text: 'SET #shards = :shards', values: { ':shards': shape.shards } },
          { text: '#shards < :shards' },
        );
      }
      const until = pushed.ok ? expiresAt : ((stored && numberOf(stored, 'expiresAt')) ?? 0);
      remember(tableName, { ...shape, shards: Math.max(shards, shape.shards), expiresAt: until });
    });

  return {
    async place(subscription) {
      let chosen = choose(subscription);
      if (chosen.some((shape) => !shape.known || isOutdated(subscription.table))) {
        await read(subscription.table);
        chosen = choose(subscription);
      }
      return chosen.map(({ names, equalities, known: inUse }) => {
        const shards = inUse?.shards ?? (names.length === 0 ? limits.emptyShapeShards : 1);
        if (!inUse) {
          const expiresAt = secondsOf(table.clock.now()) + RESERVED_SECONDS;
          remember(subscription.table, { field: subscription.field, names, shards, expiresAt });
        }
        return {
          names,
          filterKey: filterKey(subscription.field, equalities),
          shards,
          shard: partitionOf(subscription.connectionId, shards),
        };
      });
    },

    async keep(subscription, placements) {
      const { table: tableName, field } = subscription;
      const oneLife = secondsOf(table.clock.now()) + limits.connectionLifeSeconds;
      const lastsUntil = Math.max(oneLife, subscription.expiresAt);
      await Promise.all(
        placements.map(async ({ names, shards }) => {
          const lasts = () =>
            (shapesOf(tableName, field).get(namesText(names))?.expiresAt ?? 0) >= lastsUntil;
          // Again after a write that was joined: it may have been asked to last less long.
          while (!lasts()) await write(tableName, { field, names, shards }, lastsUntil);
        }),
      );
    },
  };
}

/** The row of a shape; nothing for a row that is not one. */
export function shapeOf(row: Row): KnownShape | undefined {
  const field = textOf(row, 'field');
  const shards = numberOf(row, 'shards');
  const expiresAt = numberOf(row, 'expiresAt');
  if (field === undefined || shards === undefined || expiresAt === undefined) return undefined;
  return { field, names: textsOf(row, 'names'), shards, expiresAt };
}

const namesText = (names: ShapeNames) => JSON.stringify(names);

/** Joins the work under way for `key`, or starts it. */
function once(underWay: Map<string, Promise<void>>, key: string, work: () => Promise<void>): Promise<void> {
  const joined = underWay.get(key);
  if (joined) return joined;
  const started = work().finally(() => underWay.delete(key));
  underWay.set(key, started);
  return started;
}
