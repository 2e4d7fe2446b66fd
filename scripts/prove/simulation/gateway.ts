import type { PostOutcome, Target, Transport } from '../../../src/relay/ports.ts';
import { createFakeConnections, type FakeConnections } from '../../../src/testing/connections.ts';
import type { SeededRandom } from '../../../src/testing/random.ts';
import type { SimulationClock } from './clock.ts';
import type { CallFaults } from './faults.ts';
import type { ConnectionRecord, History } from './history.ts';
import type { SimulatedProcess } from './process.ts';
import { between } from './randomness.ts';
import { POST_FAULT_KINDS, POST_FAULTS, type Rates } from './rates.ts';

/** Small, so that a client which does not read is soon behind. */
const CLIENT_BUFFER_BYTES = 6 * 1024;
/** Of the relay's patience with a 410: a connection younger than this is posted to once more. */
const YOUNG_MS = 10_000;

export interface GatewayParts {
  readonly clock: SimulationClock;
  readonly random: SeededRandom;
  readonly history: History;
  /** Those of now. */
  readonly rates: () => Rates;
  /** A socket was cut by the relay: stands for `$disconnect`. */
  readonly onCut: (connection: ConnectionRecord) => void;
}

/** API Gateway between the relay's processes and the clients: writes down what each client reads, when it does. */
export interface Gateway {
  readonly fake: FakeConnections;
  /** The client's socket is open from now on. */
  open(connection: ConnectionRecord): void;
  /** Its client is gone. */
  drop(connection: ConnectionRecord): void;
  pause(connection: ConnectionRecord): void;
  resume(connection: ConnectionRecord): void;
  /** The way of one process to the gateway. */
  transport(process: SimulatedProcess, faults: CallFaults): Transport;
  /** Posts that met a fault. */
  readonly faulty: number;
}

export function createGateway({ clock, random, history, rates, onCut }: GatewayParts): Gateway {
  const fake = createFakeConnections({ clock, clientBufferBytes: CLIENT_BUFFER_BYTES });
  const openedAt = new Map<string, number>();
  const read = new Map<string, number>();
  const doubted = new Set<string>();
  let faulty = 0;

  /** What its client has read since the last time. */
  const collect = (id: string) => {
    const connection = history.connections.get(id);
    if (!connection || !openedAt.has(id)) return;
    const frames = fake.frames(id);
    for (let at = read.get(id) ?? 0; at < frames.length; at += 1)
      history.hear(connection, frames[at] ?? '', clock.now());
    read.set(id, frames.length);
  };

  const befall = (id: string) => {
    const opened = openedAt.get(id);
    if (opened === undefined) return;
    if (random.chance(rates().post * POST_FAULT_KINDS)) {
      fake.script(id, random.pick(POST_FAULTS));
      faulty += 1;
    } else if (!doubted.has(id) && clock.now() - opened < YOUNG_MS / 2 && random.chance(rates().young)) {
      // Seen on AWS: 410 for a connection that has only just been made.
      doubted.add(id);
      fake.script(id, 'gone');
      faulty += 1;
    }
  };

  const post = async (target: Target, frame: Uint8Array): Promise<PostOutcome> => {
    const { connectionId } = target;
    await clock.sleep(between(random, 1, 20));
    befall(connectionId);
    const answer = fake.transport.post(target, frame);
    collect(connectionId);
    const outcome = await answer;
    collect(connectionId);
    return outcome;
  };

  const disconnect = async (target: Target): Promise<PostOutcome> => {
    await clock.sleep(between(random, 1, 20));
    const outcome = await fake.transport.disconnect(target);
    const connection = history.connections.get(target.connectionId);
    if (outcome.kind === 'sent' && connection && !connection.closed) {
      history.close(connection, 'relay', clock.now());
      onCut(connection);
    }
    return outcome;
  };

  return {
    fake,
    open({ id }) {
      fake.open(id);
      openedAt.set(id, clock.now());
    },
    drop(connection) {
      history.close(connection, 'client', clock.now());
      fake.close(connection.id);
    },
    pause: ({ id }) => fake.pause(id),
    resume({ id }) {
      fake.resume(id);
      collect(id);
    },
    transport: (process, faults) => ({
      post: (target, frame) =>
        process.awaits(async () => {
          const fault = faults.post();
          if (fault === 'crashBefore') {
            process.kill('before a post');
            throw new Error('it is dead and does not learn of this');
          }
          const outcome = await post(target, frame);
          if (fault === 'crashAfter') process.kill('after a post');
          return outcome;
        }),
      disconnect: (target) => process.awaits(() => disconnect(target)),
    }),
    get faulty() {
      return faulty;
    },
  };
}
