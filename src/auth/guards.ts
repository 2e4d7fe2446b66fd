import type { TableType } from '../schema/model.ts';

/**
 * What may be read of what an operation or a delivery comes to. Asked by the resolvers of fields that have rules, and of
 * fields that return items of types that have; where a context has none, such a field is null: what nobody vouches for
 * is not sent.
 */
export interface Guards {
  /**
   * Whether a field with rules may be read of its parent.
   * @param path `Type.field`
   * @param source an image, or whatever else the parent is
   */
  mayReadField(path: string, source: unknown): boolean;
  /**
   * Whether an item may be read.
   * @param item an image, or whatever else a resolver returned as one
   */
  mayReadItem(type: TableType, item: unknown): boolean;
}

const guards = new WeakMap<object, Guards>();

/** Binds guards to the context value of one execution, and returns it. */
export function guarded<Context extends object>(context: Context, by: Guards): Context {
  guards.set(context, by);
  return context;
}

/** The guards of a context value; nothing where there are none. */
export function guardsOf(context: unknown): Guards | undefined {
  return typeof context === 'object' && context !== null ? guards.get(context) : undefined;
}
