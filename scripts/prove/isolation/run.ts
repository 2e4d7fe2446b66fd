import { createSdkTransport } from '../../../src/adapters/apigateway/sdk-transport.ts';
import { systemClock } from '../../../src/adapters/clock.ts';
import { createMemoryRegistry } from '../../../src/adapters/memory/registry.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import type { Transport } from '../../../src/relay/ports.ts';
import { createFakeConnections, type FakeConnections } from '../../../src/testing/connections.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../../src/testing/dynamodb-local.ts';
import { createProofRelay } from '../relay/relay.ts';

const SDL = 'type Todo @table(name: "Todos") { id: ID!  version: Int  memo: String }';
const ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/Todos/stream/2026-01-01T00:00:00.000';
const ITEMS = 2;
/** Beyond a frame, and within an item. */
const LARGE = 'x'.repeat(300_000);

/**
 * The gateway shares this process, and the process its machine: a healthy connection must not be taken for a slow one
 * because nobody got to serve it.
 */
const TIMEOUT_MS = 3_000;
const POSTS_AT_ONCE = 16;

/** The three that are not as they should be. Chains begin in the order of ids: these before all others. */
const DEAD = '1-dead=';
const SLOW = '0-slow=';
const OVERSIZED = '2-oversized=';
const OTHERS = 'other-';

export interface IsolationReport {
  readonly connections: number;
  /** Of the others: those that had everything, in order. */
  readonly complete: number;
  readonly frames: number;
  /** Whether no record was to come again. */
  readonly done: boolean;
  /** Of each post to one of the others, from the start of the batch until it was answered, ms. */
  readonly latencies: readonly number[];
  readonly faults: readonly string[];
}

export interface IsolationOptions {
  readonly connections: number;
  readonly changes: number;
  /** False: the three are as good as the others, for comparison. */
  readonly troubled: boolean;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/**
 * One batch to many connections over HTTP: one is gone, one hangs and then fails, one asks for what no frame holds. Every
 * change is wanted by all.
 */
export async function runIsolation(options: IsolationOptions): Promise<IsolationReport> {
  const { connections, changes, troubled, random, signal } = options;
  const gateway = createFakeConnections();
  const server = await gateway.listen();
  const transport = createSdkTransport({
    endpointFor: (stage) => `${server.endpoint}/${stage}`,
    region: LOCAL_REGION,
    credentials: { ...LOCAL_CREDENTIALS },
    requestTimeoutMs: TIMEOUT_MS,
    connectionTimeoutMs: TIMEOUT_MS,
  });
  const latencies: number[] = [];
  let from = 0;
  const timed: Transport = {
    async post(target, frame) {
      const outcome = await transport.post(target, frame);
      if (target.connectionId.startsWith(OTHERS)) latencies.push(systemClock.monotonic() - from);
      return outcome;
    },
    disconnect: (target) => transport.disconnect(target),
  };
  try {
    const relay = createProofRelay({
      sdl: SDL,
      registry: createMemoryRegistry({ clock: systemClock }),
      transport: timed,
      clock: systemClock,
      random,
      settings: { maxConcurrentPosts: POSTS_AT_ONCE },
    });
    const others = Array.from({ length: connections - 3 }, (_, n) => `${OTHERS}${n}`);
    for (const id of [DEAD, SLOW, ...others, OVERSIZED]) {
      gateway.open(id);
      await relay.connect(id);
      const fields = troubled && id === OVERSIZED ? 'id version memo' : 'id version';
      await relay.subscribe(id, '1', `subscription { onUpdateTodo { ${fields} } }`);
    }
    signal.throwIfAborted();
    if (troubled) {
      gateway.close(DEAD);
      gateway.script(SLOW, 'hang');
      gateway.default(SLOW, 'internalError');
    }
    from = systemClock.monotonic();
    const records = Array.from({ length: changes }, (_, n) => change(n));
    const outcome = await createDeliver(relay.context)(records, { remainingMs: () => 120_000, signal });
    const faults: string[] = [];
    if (outcome.failedFrom)
      faults.push(`expected the batch to be done, got a stop (${outcome.failedFrom.reason})`);
    const wanted = records.map(({ eventID }) => eventID).join();
    const complete = others.filter((id) => eventIds(gateway, id).join() === wanted).length;
    if (complete !== others.length)
      faults.push(`expected ${others.length} complete and in order, got ${complete}`);
    if (troubled) faults.push(...judgeThree(gateway, changes));
    for (const id of troubled ? [DEAD, SLOW] : []) {
      const left = await relay.context.registry.subscriptions(id);
      if (left.length > 0) faults.push(`${id}: expected its subscriptions to be ended, got ${left.length}`);
    }
    return { connections, complete, frames: gateway.posts, done: !outcome.failedFrom, latencies, faults };
  } finally {
    transport.destroy();
    await server.close();
  }
}

/** Versions of two items in turn; the content is large for whoever asks for it. */
function change(n: number) {
  const version = Math.floor(n / ITEMS) + 1;
  const image = (number: number) => ({
    id: { S: `item-${n % ITEMS}` },
    version: { N: String(number) },
    memo: { S: LARGE },
  });
  const { id } = image(version);
  return {
    eventID: `event-${n}`,
    eventName: 'MODIFY',
    eventSourceARN: ARN,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(Date.now() / 1_000),
      Keys: { id },
      NewImage: image(version),
      OldImage: image(version - 1),
      SequenceNumber: String(1_000 + n),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}

function eventIds(gateway: FakeConnections, id: string): readonly unknown[] {
  return gateway.frames(id).map((frame) => JSON.parse(frame).payload?.extensions?.eventId);
}

/** The dead one is asked for once more at most, the slow one is disconnected, the third has a stand-in each time. */
function judgeThree(gateway: FakeConnections, changes: number): string[] {
  const faults: string[] = [];
  if (gateway.frames(DEAD).length > 0) faults.push('the dead one: expected no frame, got some');
  if (!gateway.closedByServer(SLOW)) faults.push('the slow one: expected it to be told or disconnected');
  const standIns = gateway.frames(OVERSIZED).filter((frame) => {
    const [error] = JSON.parse(frame).payload?.errors ?? [];
    return error?.extensions?.code === 'PAYLOAD_TOO_LARGE';
  });
  if (standIns.length !== changes)
    faults.push(`the oversized one: expected ${changes} stand-ins, got ${standIns.length}`);
  return faults;
}
