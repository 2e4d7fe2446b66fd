import {
  createMemoryFanOutQueue,
  type MemoryFanOutQueue,
  type MemoryFanOutQueueOptions,
} from '../../../src/adapters/memory/fan-out-queue.ts';
import { createMemoryFanOutStore } from '../../../src/adapters/memory/fan-out-store.ts';
import { createDeliver, type DeliveryOutcome } from '../../../src/relay/deliver/deliver.ts';
import { createDeliverMessages } from '../../../src/relay/fan-out/deliver-messages.ts';
import { reportLostFrames } from '../../../src/relay/fan-out/lost.ts';
import type { FanOut, FanOutStore } from '../../../src/relay/fan-out/ports.ts';
import {
  createTestRelay,
  drive,
  type TestRelay,
  type TestRelayOptions,
  todoRecord,
} from '../../fixtures/relay.ts';

export interface FanOutWorldOptions {
  /** Default 2. */
  readonly above?: number;
  /** Default 4. */
  readonly lanes?: number;
  readonly queue?: Omit<MemoryFanOutQueueOptions, 'clock'>;
  readonly relay?: TestRelayOptions;
  readonly wrapStore?: (store: FanOutStore) => FanOutStore;
  readonly wrapFanOut?: (fanOut: FanOut) => FanOut;
}

/** A relay with a fan-out in process: both functions, the queue between them, and what they share. */
export interface FanOutWorld {
  readonly relay: TestRelay;
  readonly queue: MemoryFanOutQueue;
  readonly store: FanOutStore;
  /** What the stream function does with a batch; in virtual time that somebody else drives. */
  stream(records: readonly unknown[], remainingMs?: () => number): Promise<DeliveryOutcome>;
  /** The same, driven. */
  batch(records: readonly unknown[], remainingMs?: () => number): Promise<DeliveryOutcome>;
  /** One invocation of `deliver`, if the queue has something to deliver. @returns ids that failed */
  consume(remainingMs?: () => number): Promise<readonly string[] | undefined>;
  /** Until the queue is empty, moving time on over what hides messages. */
  drain(): Promise<void>;
  /** What the dead letters' reader does with one. */
  lost(body: string): Promise<void>;
}

export function createFanOutWorld(options: FanOutWorldOptions = {}): FanOutWorld {
  const { above = 2, lanes = 4, wrapStore = (store) => store, wrapFanOut = (fanOut) => fanOut } = options;
  const relay = createTestRelay(options.relay);
  const { clock } = relay;
  const queue = createMemoryFanOutQueue({ clock, ...options.queue });
  const store = wrapStore(createMemoryFanOutStore({ clock }));
  const deliver = createDeliver({
    ...relay.context,
    fanOut: wrapFanOut({ queue, store, above, lanes }),
  });
  const deliverMessages = createDeliverMessages(relay.context, store);
  const world: FanOutWorld = {
    relay,
    queue,
    store,
    stream: (records, remainingMs = () => 60_000) => deliver(records, { remainingMs }),
    batch: (records, remainingMs) => drive(clock, world.stream(records, remainingMs)),
    async consume(remainingMs = () => 60_000) {
      const delivery = queue.receive();
      if (!delivery) return undefined;
      const failed = await deliverMessages(delivery.messages, { remainingMs });
      delivery.settle(failed);
      return failed;
    },
    async drain() {
      for (let turn = 0; queue.depth > 0; turn += 1) {
        if (turn > 10_000) throw new Error('expected the queue to run empty');
        if ((await drive(clock, world.consume())) === undefined) await clock.advance(60_000);
      }
    },
    lost: (body) => drive(clock, reportLostFrames(relay.context, store, body)),
  };
  return world;
}

/** Connections, each subscribed to created todos. */
export async function subscribeAll(
  relay: TestRelay,
  count: number,
  query = 'subscription { onCreateTodo { id title } }',
  extra: Record<string, unknown> = {},
): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `connection-${n}`);
  for (const id of ids) {
    await relay.connect(id);
    await relay.subscribe(id, `of ${id}`, query, extra);
  }
  return ids;
}

export function created(relay: TestRelay, id: string, title = 't') {
  return todoRecord(relay.clock.now(), { newImage: { id: { S: id }, title: { S: title } } });
}

/** Ids of the items a connection was told of, in order, repeats too. */
export function itemsOf(relay: TestRelay, id: string): (string | undefined)[] {
  return relay.frames(id).map(({ payload }) => JSON.stringify(payload).match(/(?<="id":")[^"]+/)?.[0]);
}
