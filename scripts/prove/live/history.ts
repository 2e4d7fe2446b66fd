/** One frame a subscriber was posted, and when (epoch ms). */
export interface Arrival {
  readonly at: number;
  readonly frame: string;
}

/** What was found wrong so far, and how much was looked at. */
export interface HistoryReport {
  readonly written: number;
  /** Frames that were the first of their change at their subscriber. */
  readonly delivered: number;
  /** Changes that a subscriber was owed and has not got. */
  readonly lost: number;
  /** Frames that repeated one, by the subscriber that had most of them. */
  readonly duplicates: number;
  /** Repeats of a change under another event id. */
  readonly strangers: number;
  /** First deliveries before those of an earlier version of the item. */
  readonly outOfOrder: number;
  /** Frames for what the subscriber did not ask for, or that are no payload. */
  readonly leaked: number;
}

/** How far one subscriber has got with one item. Versions begin at 1 and have no holes. */
interface Progress {
  /** All up to this one have arrived. */
  through: number;
  /** Those beyond, which came before one that is missing. */
  readonly early: Set<number>;
  /** Event ids of the last versions, by version. */
  readonly eventIds: Map<number, string>;
}

/** Event ids kept of an item at a subscriber: repeats come soon, or a worker has gone wrong altogether. */
const KEPT_IDS = 2_000;

/**
 * Judges from outside: what was written, by version, and what each subscriber was posted. Holds no more of a change than
 * a number, so that a run may be long.
 */
export class History {
  #delivered = 0;
  #strangers = 0;
  #outOfOrder = 0;
  #leaked = 0;
  readonly #written = new Map<string, number>();
  readonly #progress = new Map<string, Map<string, Progress>>();
  readonly #duplicates = new Map<string, number>();
  readonly #wants: ReadonlyMap<string, (item: string) => boolean>;
  /** Called with the time of each arrival, epoch ms. */
  onArrival: (at: number) => void = () => {};

  /** @param wants subscriber → which items it asked for */
  constructor(wants: ReadonlyMap<string, (item: string) => boolean>) {
    this.#wants = wants;
    for (const subscriber of wants.keys()) this.#progress.set(subscriber, new Map());
  }

  /** The next change of an item is about to be written. */
  writing(item: string, version: number): void {
    this.#written.set(item, version);
  }

  arrived(subscriber: string, { at, frame }: Arrival): void {
    this.onArrival(at);
    const seen = read(frame);
    if (!seen || !this.#wants.get(subscriber)?.(seen.item)) {
      this.#leaked += 1;
      return;
    }
    const { item, version, eventId } = seen;
    const progress = this.#of(subscriber, item);
    if (version <= progress.through || progress.early.has(version)) {
      this.#duplicates.set(subscriber, (this.#duplicates.get(subscriber) ?? 0) + 1);
      const known = progress.eventIds.get(version);
      if (known !== undefined && known !== eventId) this.#strangers += 1;
      return;
    }
    this.#delivered += 1;
    progress.eventIds.set(version, eventId);
    progress.eventIds.delete(version - KEPT_IDS);
    if (version === progress.through + 1) {
      // What comes after one that was overtaken is late, not first.
      if (progress.early.size > 0) this.#outOfOrder += 1;
      progress.through = version;
      while (progress.early.delete(progress.through + 1)) progress.through += 1;
    } else progress.early.add(version);
    // Nobody wrote it.
    if (version > (this.#written.get(item) ?? 0)) this.#leaked += 1;
  }

  /** Changes owed and not yet delivered, over all subscribers. */
  missing(): number {
    let missing = 0;
    for (const [subscriber, wants] of this.#wants) {
      for (const [item, versions] of this.#written) {
        if (!wants(item)) continue;
        const { through, early } = this.#of(subscriber, item);
        missing += Math.max(0, versions - through - early.size);
      }
    }
    return missing;
  }

  report(): HistoryReport {
    return {
      written: [...this.#written.values()].reduce((sum, versions) => sum + versions, 0),
      delivered: this.#delivered,
      lost: this.missing(),
      duplicates: Math.max(0, ...this.#duplicates.values()),
      strangers: this.#strangers,
      outOfOrder: this.#outOfOrder,
      leaked: this.#leaked,
    };
  }

  #of(subscriber: string, item: string): Progress {
    const items = this.#progress.get(subscriber) ?? new Map<string, Progress>();
    this.#progress.set(subscriber, items);
    const progress = items.get(item) ?? { through: 0, early: new Set(), eventIds: new Map() };
    items.set(item, progress);
    return progress;
  }
}

/** The change a frame tells of; undefined when it is no payload of `onChange`. */
function read(
  frame: string,
): { readonly item: string; readonly version: number; readonly eventId: string } | undefined {
  const { type, payload } = JSON.parse(frame);
  const { id, version } = payload?.data?.onChangeTodo?.item ?? {};
  if (type !== 'next' || typeof id !== 'string' || typeof version !== 'number') return undefined;
  return { item: id, version, eventId: String(payload.extensions?.eventId) };
}
