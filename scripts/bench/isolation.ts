import type { IsolationAssignment, IsolationMeasurement } from './isolation-worker.ts';
import { nextMessage, start } from './processes.ts';
import { type Spread, spread } from './statistics.ts';

const WORKLOAD = { connections: 1_000, changes: 4 } as const;

export const ISOLATION_METHOD = `One batch of ${WORKLOAD.changes} changes to ${WORKLOAD.connections} connections, each wanting all, through the pipeline and the @connections transport over HTTP on loopback to a gateway in the same process; 16 posts at once. With trouble, one connection is gone, one hangs until its time-out and then fails, and one asks for what no frame holds. Latency is from the start of the batch until a post to one of the other ${WORKLOAD.connections - 3} was answered. Each measurement is a fresh process, warmed up; with and without are interleaved in every round, in turning order; the ratio is formed within a round. No network, no AWS.`;

export interface IsolationBench {
  /** With the three over without them: 1 is no cost. */
  readonly ratios: { readonly p50: Spread; readonly p99: Spread; readonly last: Spread };
  /** Of this machine, ms. */
  readonly p99Ms: { readonly without: Spread; readonly with: Spread };
  readonly rounds: number;
  readonly node: string;
}

/**
 * What one dead, one slow and one oversized connection cost the others in time.
 * @param done called after each round
 */
export async function benchIsolation(rounds: number, done: (round: number) => void): Promise<IsolationBench> {
  const measured: { readonly without: IsolationMeasurement; readonly with: IsolationMeasurement }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = await measureIsolation(round % 2 === 1);
    const second = await measureIsolation(round % 2 === 0);
    measured.push(round % 2 === 0 ? { without: first, with: second } : { without: second, with: first });
    done(round + 1);
  }
  const ratio = (name: 'p50' | 'p99' | 'last') =>
    spread(measured.map((round) => round.with[name] / round.without[name]));
  return {
    ratios: { p50: ratio('p50'), p99: ratio('p99'), last: ratio('last') },
    p99Ms: {
      without: spread(measured.map((round) => round.without.p99)),
      with: spread(measured.map((round) => round.with.p99)),
    },
    rounds,
    node: process.version,
  };
}

async function measureIsolation(troubled: boolean): Promise<IsolationMeasurement> {
  const child = start('isolation-worker', {});
  try {
    const assignment: IsolationAssignment = { ...WORKLOAD, troubled };
    child.send(assignment);
    return await nextMessage<IsolationMeasurement>(child, 'isolation-worker');
  } finally {
    child.kill();
  }
}
