import { type DynamoDBLocal, startDynamoDBLocal } from '../../../src/testing/dynamodb-local.ts';

/** It takes seconds to start: the proof after this one has it as well. */
const LINGER_MS = 2_000;
const START_TIMEOUT_MS = 100_000;

let shared: Promise<DynamoDBLocal> | undefined;
let lingering: NodeJS.Timeout | undefined;

/** Runs `work` with an in-memory DynamoDB Local, which stops soon after, unless the next one wants it. */
export async function withDynamoDB<T>(
  signal: AbortSignal,
  work: (endpoint: string) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  clearTimeout(lingering);
  shared ??= startDynamoDBLocal({
    startTimeoutMs: START_TIMEOUT_MS,
    ownGroup: true,
    onSpawn: killAtExit,
    signal,
  });
  try {
    const { endpoint } = await shared;
    return await work(endpoint);
  } finally {
    if (signal.aborted) await stop();
    else lingering = setTimeout(() => void stop(), LINGER_MS);
  }
}

async function stop(): Promise<void> {
  const server = await shared?.catch(() => undefined);
  shared = undefined;
  await server?.stop();
}

/** Whoever ends this process at once shall not leave one behind. */
function killAtExit(pid: number): void {
  process.once('exit', () => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  });
}
