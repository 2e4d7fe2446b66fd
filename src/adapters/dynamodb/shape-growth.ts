import type { ShapeName } from '../../relay/ports.ts';
import type { RegistryLimits } from '../memory/registry-limits.ts';
import { shapeKey } from './rows.ts';
import { type RelayTable, update } from './table.ts';

/** One look at a shape counts for as long, in ms. */
const AGAIN_AFTER_MS = 60_000;

export interface ShapeGrowth {
  /**
   * Spreads a shape over more partitions if so many rows were found under one of its keys, read in so many shards: to the
   * next power of two that has `rowsPerShard` or fewer in each, or the most its kind may have. Rows that come later are
   * spread over all; those that stand are found where they stand. At most one write a shape and minute.
   */
  consider(shape: ShapeName, rows: number, shards: number): Promise<void>;
}

export function createShapeGrowth(table: RelayTable, limits: RegistryLimits): ShapeGrowth {
  /** Shape → when it was last considered, in epoch ms. */
  const considered = new Map<string, number>();
  return {
    async consider({ table: tableName, field, names }, rows, shards) {
      const wanted = shardsFor(rows, names.length === 0, limits);
      if (wanted <= shards) return;
      const key = shapeKey(tableName, field, names);
      const text = JSON.stringify(key);
      const now = table.clock.now();
      if (Math.abs(now - (considered.get(text) ?? Number.NEGATIVE_INFINITY)) < AGAIN_AFTER_MS) return;
      considered.set(text, now);
      // Of a row that has gone there is nothing to raise, and others may have raised it further.
      await update(
        table,
        key,
        { text: 'SET #shards = :shards', values: { ':shards': wanted } },
        { text: '#shards < :shards' },
      );
    },
  };
}

function shardsFor(rows: number, isEmptyShape: boolean, limits: RegistryLimits): number {
  const needed = 2 ** Math.ceil(Math.log2(Math.max(1, rows / limits.rowsPerShard)));
  return Math.min(needed, isEmptyShape ? limits.maxEmptyShapeShards : limits.maxShapeShards);
}
