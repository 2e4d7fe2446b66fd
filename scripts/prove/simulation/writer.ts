import { type Item, imageOf, randomItem, type Write } from './items.ts';
import { between } from './randomness.ts';
import type { World } from './world.ts';

/** Where changes go once they are committed. */
export interface Stream {
  /** Puts the record of a change on its shard. */
  append(write: Write): { readonly eventId: string; readonly sequenceNumber: string };
}

export interface WriterOptions {
  readonly changes: number;
  readonly ids: readonly string[];
  /** Longest pause between two bursts of writes, ms. */
  readonly pauseMs: number;
}

export function itemIds(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `item-${n}`);
}

/** Commits changes of the items in bursts, until there were `changes`; each is known to the history as it is committed. */
export async function runWriter(world: World, stream: Stream, options: WriterOptions): Promise<void> {
  const { clock, history } = world;
  const random = world.random('writer');
  const items = new Map<string, Item>();
  while (history.commits.length < options.changes) {
    const burst = Math.min(between(random, 1, 12), options.changes - history.commits.length);
    for (let n = 0; n < burst; n += 1) {
      const id = random.pick(options.ids);
      const before = items.get(id);
      const after = before && random.chance(0.15) ? undefined : changed(before, () => randomItem(random, id));
      if (after) items.set(id, after);
      else items.delete(id);
      const write = { id, before, after };
      history.commits.push({ order: history.next(), at: clock.now(), write, ...stream.append(write) });
    }
    await clock.sleep(random.integer(options.pauseMs));
  }
}

/** A write that changes nothing leaves no record. */
function changed(before: Item | undefined, make: () => Item): Item {
  for (;;) {
    const item = make();
    if (!before || JSON.stringify(imageOf(before)) !== JSON.stringify(imageOf(item))) return item;
  }
}
