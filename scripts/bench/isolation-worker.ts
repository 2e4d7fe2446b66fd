/** Child process: one batch to many connections, three of them troubled or none, and how long the others waited. */
import { runIsolation } from '../prove/isolation/run.ts';

export interface IsolationAssignment {
  readonly connections: number;
  readonly changes: number;
  readonly troubled: boolean;
}

export interface IsolationMeasurement {
  /** From the start of the batch until a post to one of the others was answered, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly last: number;
  /** Posts measured. */
  readonly posts: number;
}

async function work(assignment: IsolationAssignment): Promise<IsolationMeasurement> {
  const { signal } = new AbortController();
  // A smaller batch before: what is measured shall not be the compiler.
  const warmUp = { ...assignment, connections: 100, troubled: false, random: Math.random, signal };
  await runIsolation(warmUp);
  const { latencies, faults } = await runIsolation({ ...assignment, random: Math.random, signal });
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), last: at(1), posts: sorted.length };
}

process.once('message', (assignment: IsolationAssignment) => {
  work(assignment).then(
    (measurement) => {
      process.send?.(measurement);
      process.disconnect();
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit());
