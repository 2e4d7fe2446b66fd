import type { RelayContext } from '../../../src/relay/context.ts';
import { createSeededRandom } from '../../../src/testing/random.ts';
import { recordOf } from '../world/records.ts';
import {
  type Canary,
  imageOf,
  KEY,
  STATES,
  type State,
  sees,
  textsOf,
  WATCHERS,
  WATCHES,
  type Watch,
  type Watcher,
} from './exit-states.ts';
import { createExitWorld } from './exit-world.ts';

const MOST_TRACED = 10;

export interface OldImageOptions {
  readonly seed: number;
  /** Changes drawn at random. Absent: every one there is, which is some 24,000. */
  readonly changes?: number;
  readonly onProgress?: (changes: number) => void;
  /** Breaks the relay: what must be found is planted here. */
  readonly breaking?: (context: RelayContext) => RelayContext;
}

export interface OldImageFigures {
  readonly changes: number;
  readonly frames: number;
  /** Bytes of texts in frames whose reader may not read the image they are of. */
  readonly leakedBytes: number;
  /** Frames that say what changed between two images to who may not read both. */
  readonly told: number;
  /** Frames, or texts in them, that a watcher should have got and did not; and frames nobody should have got. */
  readonly wrong: number;
  /** The first few that went wrong, each in one line. */
  readonly trace: readonly string[];
}

/** One change of one item, from one state to another; absent is not there. */
interface Exit {
  readonly old: State | undefined;
  readonly new: State | undefined;
  readonly expired: boolean;
  readonly leave: 'image' | 'keys';
}

/**
 * T10: an item goes from every state to every other, written, removed and expired, through subscribe and delivery, while
 * watchers with all sorts of rights watch; every frame is searched for what its reader may not read.
 */
export async function runOldImageLeak(options: OldImageOptions): Promise<OldImageFigures> {
  const search = new Search();
  const breaking = options.breaking && { breaking: options.breaking };
  const worlds = {
    image: await createExitWorld({ leave: 'image', ...breaking }),
    keys: await createExitWorld({ leave: 'keys', ...breaking }),
  };
  for (const exit of exitsOf(options)) {
    const world = worlds[exit.leave];
    const { record, canaries } = recordFor(exit, search.changes, world.now());
    search.look(exit, canaries, await world.deliver(record));
    options.onProgress?.(search.changes);
  }
  return search.figures();
}

function exitsOf({ seed, changes }: OldImageOptions): readonly Exit[] {
  const states = [undefined, ...STATES];
  if (changes === undefined) return states.flatMap((old) => states.flatMap((to) => exitsBetween(old, to)));
  const random = createSeededRandom(seed);
  const drawn: Exit[] = [];
  while (drawn.length < changes) {
    const exits = exitsBetween(random.pick(states), random.pick(states));
    if (exits.length > 0) drawn.push(random.pick(exits));
  }
  return drawn;
}

function exitsBetween(old: State | undefined, to: State | undefined): readonly Exit[] {
  if (!old && !to) return [];
  return (['image', 'keys'] as const).flatMap((leave) =>
    (to ? [false] : [false, true]).map((expired) => ({ old, new: to, expired, leave })),
  );
}

type Canaries = Readonly<Record<'old' | 'new', Canary | undefined>>;

function recordFor(exit: Exit, n: number, at: number): { record: object; canaries: Canaries } {
  const canary = (side: 'old' | 'new'): Canary | undefined => {
    const state = exit[side];
    return state && { state, title: `title-${side}-${n}`, secret: `secret-${side}-${n}` };
  };
  const canaries = { old: canary('old'), new: canary('new') };
  const record = recordOf('Docs', at, {
    keys: { id: { S: KEY } },
    ...(canaries.old && { oldImage: imageOf(canaries.old) }),
    ...(canaries.new && { newImage: imageOf(canaries.new) }),
  });
  const identity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
  return { record: exit.expired ? { ...record, userIdentity: identity } : record, canaries };
}

/** What one subscription must get of a change: the texts it may hold, and those it must. */
interface Due {
  readonly may: ReadonlySet<string>;
  readonly must: readonly string[];
  /** Whether both images are its reader's to read, so that it may be told what changed. */
  readonly both: boolean;
  /** Whether the secrets of both are. */
  readonly secrets: boolean;
}

/** Nothing for a subscription that must get no frame. */
function dueTo(
  watch: Watch,
  watcher: Watcher,
  { old, new: to }: Canaries,
  leave: Exit['leave'],
): Due | undefined {
  const [was, is] = [old, to].map((canary) => canary && sees(watch, watcher, canary.state));
  const isOwner = (canary: Canary | undefined) => canary?.state.owner === watcher.name;
  const texts = (canary: Canary | undefined) => (canary ? textsOf(canary, isOwner(canary)) : []);
  const both = was === true && is === true;
  const secrets = both && isOwner(old) && isOwner(to);
  if (watch.event === 'change') {
    if (!was && !is) return undefined;
    const previous = is || leave === 'image' ? (was ? texts(old) : []) : [];
    const all = [...(is ? texts(to) : []), ...previous];
    return { may: new Set(all), must: all, both, secrets };
  }
  const [oldOwn, newOwn] = [old?.state.kind === watch.kind, to?.state.kind === watch.kind];
  const event = oldOwn && newOwn ? 'update' : newOwn ? 'create' : 'delete';
  const holds = event === 'delete' ? was : is;
  if (event !== watch.event || !holds) return undefined;
  const own = texts(event === 'delete' ? old : to);
  return { may: new Set(own), must: own, both, secrets };
}

class Search {
  changes = 0;
  #frames = 0;
  #leakedBytes = 0;
  #told = 0;
  #wrong = 0;
  readonly #trace: string[] = [];

  look(exit: Exit, canaries: Canaries, frames: ReadonlyMap<string, readonly string[]>): void {
    this.changes += 1;
    for (const watcher of WATCHERS) {
      const own = frames.get(watcher.name) ?? [];
      const got = new Map(own.map((frame) => [idOf(frame), frame]));
      if (got.size < own.length) {
        this.#wrong += 1;
        this.#note('sent twice', () => JSON.stringify({ watcher: watcher.name, exit, frames: own }));
      }
      for (const watch of WATCHES) {
        const due = dueTo(watch, watcher, canaries, exit.leave);
        this.#lookAt(got.get(watch.id), due, canaries, () =>
          JSON.stringify({ watcher: watcher.name, watch: watch.id, exit, frame: got.get(watch.id) }),
        );
      }
    }
  }

  #lookAt(frame: string | undefined, due: Due | undefined, canaries: Canaries, what: () => string): void {
    if (frame !== undefined) this.#frames += 1;
    if ((frame === undefined) !== (due === undefined)) {
      this.#wrong += 1;
      this.#note(frame === undefined ? 'not sent' : 'sent', what);
    }
    if (frame === undefined) return;
    const all = [canaries.old, canaries.new].flatMap((canary) => (canary ? textsOf(canary, true) : []));
    const leaked = [...new Set(all)].filter((text) => !due?.may.has(text) && frame.includes(text));
    if (leaked.length > 0) {
      this.#leakedBytes += leaked.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      this.#note(`leaked ${leaked.join(', ')}`, what);
    }
    if (due?.must.some((text) => !frame.includes(text))) {
      this.#wrong += 1;
      this.#note('lacks', what);
    }
    if (!due?.both && /"updatedFields":\[/.test(frame)) {
      this.#told += 1;
      this.#note('told what changed', what);
    }
    if (!due?.secrets && /"updatedFields":\[[^\]]*"secret"/.test(frame)) {
      this.#told += 1;
      this.#note('told that the secret changed', what);
    }
  }

  #note(fault: string, what: () => string): void {
    if (this.#trace.length < MOST_TRACED) this.#trace.push(`${fault}: ${what()}`);
  }

  figures(): OldImageFigures {
    return {
      changes: this.changes,
      frames: this.#frames,
      leakedBytes: this.#leakedBytes,
      told: this.#told,
      wrong: this.#wrong,
      trace: this.#trace,
    };
  }
}

function idOf(frame: string): unknown {
  const { id } = JSON.parse(frame);
  return id;
}
