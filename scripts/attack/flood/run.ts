import type { Dialect } from '../../../src/protocol/dialect.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import { createInstantClock } from '../world/clock.ts';
import { GOOD_KEY } from '../world/credentials.ts';
import { DIALECT_FRAMES } from '../world/dialects.ts';
import { recordOf } from '../world/records.ts';
import { type AttackWorld, type AttackWorldOptions, createAttackWorld } from '../world/world.ts';

export interface FloodOptions {
  readonly dialect: Dialect;
  readonly others: number;
  readonly changes: number;
  /** Frames the flooder sends beside each change. 0: nobody floods, for comparison. */
  readonly framesPerChange: number;
  readonly signal: AbortSignal;
  readonly world?: AttackWorldOptions;
}

export interface FloodReport {
  /** Of the others: those that had every change, in order. */
  readonly complete: number;
  readonly frames: number;
  /** Frames of the flooder that were read and answered before it was refused. */
  readonly taken: number;
  /** Most subscriptions the flooder had at once. */
  readonly held: number;
  /** Of each change, from when it came until all who are owed it were sent it, ms. */
  readonly latencies: readonly number[];
  readonly faults: readonly string[];
}

const FLOODER = 'flooder=';
/** Between two changes: so that a flooder that takes no notice of its refusal is met again after its ten seconds. */
const STEP_MS = 500;

/**
 * One socket, let in by a good key, sends frames as fast as it can (subscriptions above all), all at once, while a hundred
 * others are sent changes in the same process.
 */
export async function runFlood(options: FloodOptions): Promise<FloodReport> {
  const { dialect, others, changes, framesPerChange, signal } = options;
  const clock = createInstantClock();
  const world = createAttackWorld({ clock, settings: { limits: DEFAULT_LIMITS }, ...options.world });
  const ids = Array.from({ length: others }, (_, n) => `other-${n}=`);
  for (const id of ids) await subscribed(world, id);
  await letIn(world, FLOODER, dialect);
  const deliver = createDeliver(world.context);
  const faults: string[] = [];
  const latencies: number[] = [];
  let frames = 0;
  let taken = 0;
  let held = 0;
  const wanted: string[] = [];
  for (let change = 0; change < changes; change += 1) {
    signal.throwIfAborted();
    const image = { id: { S: `item-${change}` }, title: { S: 'x' } };
    const record = recordOf('Todos', clock.now(), { newImage: image, keys: { id: image.id } });
    wanted.push(`item-${change}`);
    const began = performance.now();
    const delivering = deliver([record], { remainingMs: () => 60_000 }).then((outcome) => {
      latencies.push(performance.now() - began);
      if (outcome.failedFrom)
        faults.push(`change ${change}: expected it to be done, got ${outcome.failedFrom.reason}`);
    });
    const flooding = Array.from({ length: framesPerChange }, (_, n) => flood(world, dialect, frames + n));
    frames += framesPerChange;
    const refused = await Promise.all(flooding);
    await delivering;
    taken += refused.filter((isRefused) => !isRefused).length;
    held = Math.max(held, (await world.context.registry.subscriptions(FLOODER)).length);
    clock.pass(STEP_MS);
  }
  const complete = ids.filter((id) => itemsOf(world, id).join() === wanted.join()).length;
  if (complete !== others)
    faults.push(`expected ${others} others to have every change, in order, got ${complete}`);
  if (framesPerChange > 0) faults.push(...(await judgeFlooder(world, { frames, taken, held, dialect })));
  return { complete, frames, taken, held, latencies, faults };
}

async function judgeFlooder(
  world: AttackWorld,
  { frames, taken, held, dialect }: { frames: number; taken: number; held: number; dialect: Dialect },
): Promise<string[]> {
  const { framesPerMinute, subscriptionsPerConnection } = world.context.settings.limits;
  const faults: string[] = [];
  // One for `connection_init`, and what the bucket was filled with meanwhile.
  const most = framesPerMinute * 1.2;
  if (taken > most)
    faults.push(`expected about ${framesPerMinute} of ${frames} frames to be taken, got ${taken}`);
  if (held > subscriptionsPerConnection)
    faults.push(`expected at most ${subscriptionsPerConnection} subscriptions, got ${held}`);
  const connection = await world.context.registry.connection(FLOODER);
  if (connection?.closed === false) faults.push('expected its connection to be closed, got an open one');
  if (!world.cut.has(FLOODER)) faults.push(`expected its socket to be cut (${dialect}), got none that was`);
  return faults;
}

/** One frame of the flooder. Resolves with whether it was refused or passed over. */
async function flood(world: AttackWorld, dialect: Dialect, number: number): Promise<boolean> {
  const { start, ping } = DIALECT_FRAMES[dialect];
  const bodies = [
    JSON.stringify(start(`s${number}`, `subscription { onCreateTodo(title: "t${number}") { id title } }`)),
    JSON.stringify(start(`s${number}`, 'subscription { onChangeTodo { kind item { id } } }')),
    JSON.stringify(ping),
    '{"type":',
  ];
  const before = world.context.frameRate;
  let isTaken = true;
  const context = {
    ...world.context,
    ...(before && {
      frameRate: {
        judge: (id: string) => {
          const verdict = before.judge(id);
          isTaken = verdict === 'take';
          return verdict;
        },
      },
    }),
  };
  await world.receive(context, { connectionId: FLOODER, body: bodies[number % bodies.length] });
  return !isTaken;
}

async function letIn(world: AttackWorld, id: string, dialect: Dialect): Promise<void> {
  const subprotocol = dialect === 'graphql-transport-ws' ? dialect : 'graphql-ws';
  await world.open(id, { headers: { 'sec-websocket-protocol': subprotocol, 'x-api-key': GOOD_KEY } });
  await world.send(id, '{"type":"connection_init"}');
}

async function subscribed(world: AttackWorld, id: string): Promise<void> {
  await letIn(world, id, 'graphql-transport-ws');
  const { start } = DIALECT_FRAMES['graphql-transport-ws'];
  const replies = await world.send(id, JSON.stringify(start('1', 'subscription { onCreateTodo { id } }')));
  if (replies.length > 0) throw new Error(`expected the subscription to be active, got ${replies.join()}`);
}

function itemsOf(world: AttackWorld, id: string): readonly string[] {
  return world.posted(id).map((frame) => JSON.parse(frame).payload?.data?.onCreateTodo?.id);
}
