import { createMemoryRegistry } from '../../../src/adapters/memory/registry.ts';
import { createDeliver, type Deliver } from '../../../src/relay/deliver/deliver.ts';
import { readLostBatch, reportGap } from '../../../src/relay/gap.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/testing/clock.ts';
import { createFakeConnections, type FakeConnections } from '../../../src/testing/connections.ts';
import type { OnFailureMessage } from '../../../src/testing/on-failure.ts';
import { createProofRelay, type ProofRelay } from '../relay/relay.ts';

export const TABLE = 'Todos';
const SDL = `
type Todo @table(name: "Todos") { id: ID!  title: String }
type Note @table(name: "Notes") { id: ID!  text: String }
`;
const TODO = 'subscription { onCreateTodo { id } }';
const NOTE = 'subscription { onCreateNote { id } }';

/** Connected and subscribed to the table before anything is lost. */
export const AFFECTED = ['affected-1', 'affected-2', 'affected-3', 'both'];
/** Connected before as well, and subscribed to another table alone. */
const ELSEWHERE = 'elsewhere';
/** Connects once the records are lost. */
const LATER = 'later';
/** Longer than the stream's granularity and the clocks' difference: who connects after it is certainly younger. */
const APART_MS = 10_000;
/** After which SQS hands a message out again that was not worked off. */
const VISIBILITY_MS = 30_000;

/** Subscribers to a table whose changes get lost, and others who have nothing to do with it. */
export interface GapWorld {
  readonly relay: ProofRelay;
  readonly clock: VirtualClock;
  readonly connections: FakeConnections;
  readonly deliver: Deliver;
  /** Somebody connects and subscribes to the table after the records came. */
  connectLater(): Promise<void>;
  /** The on-failure queue and its handler: the message comes again until it is worked off. */
  onFailure(message: OnFailureMessage): Promise<void>;
  /** Epoch ms from which the handler could tell everyone: set by a scenario, told-within is measured from it. */
  toldFrom: number;
}

export async function createGapWorld(random: () => number): Promise<GapWorld> {
  const clock = createVirtualClock();
  const connections = createFakeConnections({ clock });
  const registry = createMemoryRegistry({ clock });
  const relay = createProofRelay({ sdl: SDL, registry, transport: connections.transport, clock, random });
  const join = async (id: string, ...queries: readonly string[]) => {
    connections.open(id);
    await relay.connect(id);
    for (const query of queries) await relay.subscribe(id, query === TODO ? 'todo' : 'note', query);
  };
  for (const id of AFFECTED) await clock.run(id === 'both' ? join(id, TODO, NOTE) : join(id, TODO));
  await clock.run(join(ELSEWHERE, NOTE));
  const world: GapWorld = {
    relay,
    clock,
    connections,
    deliver: createDeliver(relay.context),
    toldFrom: clock.now(),
    async connectLater() {
      await clock.sleep(APART_MS);
      await join(LATER, TODO);
    },
    async onFailure(message) {
      const lost = readLostBatch(JSON.stringify(message));
      if (typeof lost === 'string') throw new Error(lost);
      for (;;) {
        world.toldFrom = clock.now();
        try {
          return await reportGap(relay.context, lost);
        } catch {
          await clock.sleep(VISIBILITY_MS);
        }
      }
    },
  };
  return world;
}

export interface Told {
  /** Longest from when it could be told until a client was, ms. */
  readonly withinMs: number;
  readonly told: number;
  readonly faults: readonly string[];
}

/** What is to be found in the end. */
export interface Expected {
  readonly gaps: 0 | 1;
  /** True where it cannot be known how old the records were: who connected later is told as well. */
  readonly laterIsTold: boolean;
}

/** Who was told what in the end, and what they can still see. */
export async function judgeTold(world: GapWorld, { gaps, laterIsTold }: Expected): Promise<Told> {
  const { connections, clock, relay } = world;
  const faults: string[] = [];
  let withinMs = 0;
  let told = 0;
  const counted = relay.counted('gap');
  if (counted !== gaps) faults.push(`expected ${gaps} counted as gap, got ${counted}`);
  const look = async (id: string, toBeTold: number, toStay: string) => {
    const errors = connections.attempts(id).filter(({ frame, status }) => status === 200 && isLost(frame));
    if (errors.length !== toBeTold)
      faults.push(`${id}: expected to be told ${toBeTold} times, got ${errors.length}`);
    for (const { at } of errors) {
      told += 1;
      withinMs = Math.max(withinMs, at - world.toldFrom);
    }
    const left = await clock.run(relay.context.registry.subscriptions(id));
    const names = left
      .map(({ clientId }) => clientId)
      .sort()
      .join();
    if (names !== toStay)
      faults.push(`${id}: expected ${toStay || 'nothing'} to stay subscribed, got ${names}`);
  };
  for (const id of AFFECTED) {
    const all = id === 'both' ? 'note,todo' : 'todo';
    const rest = id === 'both' ? 'note' : '';
    await look(id, gaps, gaps > 0 ? rest : all);
  }
  await look(ELSEWHERE, 0, 'note');
  await look(LATER, laterIsTold ? gaps : 0, laterIsTold && gaps > 0 ? '' : 'todo');
  return { withinMs, told, faults };
}

function isLost(frame: string): boolean {
  const { type, payload } = JSON.parse(frame);
  return type === 'error' && payload[0]?.extensions?.code === 'EVENTS_LOST';
}
