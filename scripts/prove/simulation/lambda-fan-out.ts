import { createDynamoDBFanOutStore } from '../../../src/adapters/dynamodb/fan-out-store.ts';
import { createMemoryFanOutQueue, type Delivery } from '../../../src/adapters/memory/fan-out-queue.ts';
import { createDeliverMessages, type DeliverMessages } from '../../../src/relay/fan-out/deliver-messages.ts';
import { reportLostFrames } from '../../../src/relay/fan-out/lost.ts';
import { decodeMessage } from '../../../src/relay/fan-out/message.ts';
import type { FanOut, FanOutStore, QueueMessage, SendOutcome } from '../../../src/relay/fan-out/ports.ts';
import { type CallFaults, NO_FAULTS, operationFaults } from './faults.ts';
import { givenUpName } from './history.ts';
import { createProcess, type SimulatedProcess } from './process.ts';
import { between } from './randomness.ts';
import { RELAY_TABLE, type World } from './world.ts';

/** The queue of a run, those who deliver what is in it, and who reads its dead letters. */
export interface LambdaFanOut {
  /** What one process of the stream function hands over to. */
  of(process: SimulatedProcess, faults: CallFaults, part: string): FanOut;
  /** Works until stopped. */
  run(): Promise<void>;
  stop(): void;
  /** True once nothing waits, is under way, or lies among the dead letters. */
  readonly isEmpty: boolean;
  readonly report: {
    readonly handedOver: number;
    readonly fanOutDeliveries: number;
    readonly fanOutFailed: number;
    readonly deadLetters: number;
  };
}

/** Invocations of `deliver` at once; fewer than lanes, now and then. */
const CONSUMERS = 3;
/** How long a caller of the queue waits for an answer that never comes, ms. */
const TIMEOUT_MS = 1_000;
/** A request that nobody waits for any more may still arrive this much later. */
const LATE_MS = 20_000;

interface Environment {
  readonly process: SimulatedProcess;
  readonly deliver: DeliverMessages;
}

function noteGivenUp({ history }: World, body: string): void {
  const message = decodeMessage(body);
  if (typeof message === 'string') throw new Error(message);
  for (const { change, connectionId } of message.rows)
    history.givenUp.add(givenUpName(connectionId, message.changes[change]?.eventId ?? ''));
}

/**
 * A fan-out in virtual time. Deploys go on all the while: each process has a number of lanes, and a bound above which it
 * hands over, of its own.
 */
export function createLambdaFanOut(world: World): LambdaFanOut {
  const { clock } = world;
  const random = world.random('fan-out');
  const queueRandom = world.random('queue');
  const count = { handedOver: 0, fanOutDeliveries: 0, fanOutFailed: 0, deadLetters: 0 };
  const queue = createMemoryFanOutQueue({
    clock,
    random: () => queueRandom.next(),
    visibilityMs: random.pick([5_000, 30_000]),
    maxReceives: random.pick([2, Number.POSITIVE_INFINITY]),
    faults: {
      get redeliver() {
        return world.rates.invocation;
      },
      get refuse() {
        return world.rates.request;
      },
      get unsure() {
        return world.rates.request;
      },
    },
  });
  let environments = 0;
  let stopped = false;
  let under = 0;
  let lettersRead = 0;

  const storeOf = (process: SimulatedProcess, faults: CallFaults, part: string): FanOutStore => {
    const jitter = world.random(`fan-out jitter of ${part}`);
    return createDynamoDBFanOutStore({
      client: world.client(process, faults, `fan-out of ${part}`),
      tableName: RELAY_TABLE,
      clock: process.clock(clock),
      random: () => jitter.next(),
    });
  };

  const send = async (messages: readonly QueueMessage[]): Promise<SendOutcome> => {
    await clock.sleep(between(random, 1, 10));
    const outcome = await queue.send(messages);
    count.handedOver += messages.length - outcome.refused.length;
    return outcome;
  };
  const failed = (kind: 'refused' | 'unsure', messages: readonly QueueMessage[]): SendOutcome => {
    const ids = messages.map(({ id }) => id);
    return { refused: [], unsure: [], [kind]: ids, detail: 'injected' };
  };
  /** A request to the queue, with what can happen to it and to the process on that way. */
  const sendFrom = (process: SimulatedProcess, faults: CallFaults) => (messages: readonly QueueMessage[]) =>
    process.awaits(async () => {
      const fault = faults.request();
      switch (fault) {
        case undefined:
          return send(messages);
        case 'throttled':
          return failed('refused', messages);
        case 'timeoutBefore':
          // On its way still, and nobody knows.
          void clock.sleep(between(random, TIMEOUT_MS, LATE_MS)).then(() => send(messages));
          await clock.sleep(TIMEOUT_MS);
          return failed('unsure', messages);
        case 'timeoutAfter':
          await send(messages);
          await clock.sleep(TIMEOUT_MS);
          return failed('unsure', messages);
        case 'crashBefore':
          process.kill('before a send');
          return failed('unsure', messages);
        case 'crashAfter':
          await send(messages);
          process.kill('after a send');
          return failed('unsure', messages);
        default:
          return fault satisfies never;
      }
    });

  const newEnvironment = (faults: CallFaults = NO_FAULTS): Environment => {
    environments += 1;
    const part = `deliver ${environments}`;
    const process = createProcess();
    return {
      process,
      deliver: createDeliverMessages(world.relay(process, faults, part), storeOf(process, faults, part)),
    };
  };

  /** One invocation. What its process does not answer for comes again. */
  const invoke = async (delivery: Delivery, warm: Environment | undefined) => {
    const faults = operationFaults(random, world.rates.operation);
    const environment = faults.isPlanned ? newEnvironment(faults) : (warm ?? newEnvironment());
    const { process, deliver } = environment;
    const timeoutMs = random.pick([3_000, 12_000, 60_000]);
    const end = clock.now() + timeoutMs;
    const over = new AbortController();
    void clock.sleep(timeoutMs, over.signal).then(() => {
      if (!over.signal.aborted) process.kill('time-out');
    });
    let again = delivery.messages.map(({ id }) => id);
    try {
      const remainingMs = () => Math.max(0, end - clock.now());
      const ids = await Promise.race([deliver(delivery.messages, { remainingMs }), process.died]);
      if (!random.chance(world.rates.invocation)) again = [...ids];
    } catch {
      // It died.
    } finally {
      over.abort();
    }
    count.fanOutDeliveries += 1;
    if (again.length > 0) count.fanOutFailed += 1;
    delivery.settle(again);
    return faults.isPlanned || !process.isAlive ? undefined : environment;
  };

  const consume = async () => {
    let warm: Environment | undefined;
    while (!stopped) {
      const delivery = queue.receive(random.pick([1, 3, 10]));
      if (delivery) {
        under += 1;
        warm = await invoke(delivery, warm);
        under -= 1;
      } else await clock.sleep(between(random, 20, 200));
    }
  };

  /** As `handlers/gap` does: a letter comes again until everybody was told. */
  const readDeadLetters = async () => {
    while (!stopped) {
      const letter = queue.deadLetters[lettersRead];
      if (!letter) {
        await clock.sleep(between(random, 20, 200));
        continue;
      }
      noteGivenUp(world, letter.body);
      environments += 1;
      const part = `gap ${environments}`;
      const process = createProcess();
      const faults = operationFaults(random, world.rates.operation);
      const store = storeOf(process, faults, part);
      const told = reportLostFrames(world.relay(process, faults, part), store, letter.body);
      const isTold = await Promise.race([told, process.died]).then(
        () => true,
        () => false,
      );
      if (isTold) {
        lettersRead += 1;
        count.deadLetters += 1;
      } else await clock.sleep(2_000);
    }
  };

  return {
    of: (process, faults, part) => ({
      queue: { send: sendFrom(process, faults) },
      store: storeOf(process, faults, part),
      above: random.pick([1, 3, 10, 30]),
      lanes: random.pick([2, 3, 4]),
    }),
    async run() {
      await Promise.all([...Array.from({ length: CONSUMERS }, consume), readDeadLetters()]);
    },
    stop() {
      stopped = true;
    },
    get isEmpty() {
      return under === 0 && queue.depth === 0 && lettersRead === queue.deadLetters.length;
    },
    get report() {
      return count;
    },
  };
}
