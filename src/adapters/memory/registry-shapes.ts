import type { Equalities } from '../../filter/expression.ts';
import { hash128 } from '../../filter/keys.ts';
import { chooseShapes } from '../../filter/shapes.ts';
import type { Clock, NewSubscription, Shape } from '../../relay/ports.ts';
import type { RegistryLimits } from './registry-limits.ts';

/** The shapes of all fields, and until when each is in use. */
export interface ShapeBook {
  /** Chooses the shapes of a subscription, and keeps them in use for as long as it can live. */
  use(subscription: NewSubscription): readonly { readonly equalities: Equalities; readonly shard: number }[];
  /** Shapes of a table that live subscriptions may be kept under. */
  inUse(table: string): readonly Shape[];
}

/** Shapes in use, all in one process: so the cap holds exactly. */
export function createShapeBook(clock: Clock, limits: RegistryLimits): ShapeBook {
  /** Table → field and names → shape, with the end of its use in epoch seconds. */
  const tables = new Map<string, Map<string, Shape & { readonly expiresAt: number }>>();

  const liveShapes = (table: string) => {
    const shapes = tables.get(table) ?? new Map<string, Shape & { readonly expiresAt: number }>();
    tables.set(table, shapes);
    for (const [key, { expiresAt }] of shapes) if (expiresAt <= clock.now() / 1_000) shapes.delete(key);
    return shapes;
  };

  return {
    use({ table, field, alternatives, reserved = [], connectionId, expiresAt }) {
      const shapes = liveShapes(table);
      const inUse = [...shapes.values()].filter((shape) => shape.field === field).map(({ names }) => names);
      const lives = Math.floor(clock.now() / 1_000) + 2 * limits.connectionLifeSeconds;
      return chooseShapes(alternatives, inUse, limits.maxShapesPerField, reserved).map(
        ({ names, equalities }) => {
          const key = JSON.stringify([field, names]);
          const shards = shapes.get(key)?.shards ?? (names.length === 0 ? limits.emptyShapeShards : 1);
          shapes.set(key, { field, names, shards, expiresAt: Math.max(lives, expiresAt) });
          return { equalities, shard: partition(connectionId, shards) };
        },
      );
    },

    inUse(table) {
      return [...liveShapes(table).values()].map(({ field, names, shards }) => ({ field, names, shards }));
    },
  };
}

function partition(connectionId: string, count: number): number {
  return Buffer.from(hash128(connectionId), 'base64url').readUInt32BE(0) % count;
}
