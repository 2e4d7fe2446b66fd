import { setTimeout as sleep } from 'node:timers/promises';
import { type DynamoDBLocal, startDynamoDBLocal } from '../testing/dynamodb-local.ts';
import { lockData } from './data-lock.ts';
import type { ProcessGroups } from './process-groups.ts';

export interface LocalDynamoDBOptions {
  readonly port: number;
  /** Folder to keep the data in; without it they end with the process. */
  readonly dataDir?: string | undefined;
  readonly groups: ProcessGroups;
  /** Breaks off the starting. */
  readonly signal: AbortSignal;
  /** It ended by itself and answers again. */
  readonly onRestarted: () => void;
  /** It ended by itself and could not be started again. */
  readonly onLost: (error: unknown) => void;
}

/** DynamoDB Local, started again when it dies. */
export interface LocalDynamoDB {
  readonly endpoint: string;
  stop(): Promise<void>;
}

const RESTARTS = 5;
const RESTART_WAIT_MS = 300;
const STOP_GRACE_MS = 2_000;

/** @throws TablecastError `LOCAL_STACK` when Java or the jar is missing, or the data folder is in use */
export async function superviseDynamoDBLocal(options: LocalDynamoDBOptions): Promise<LocalDynamoDB> {
  const { port, dataDir, groups } = options;
  const unlock = dataDir === undefined ? () => {} : lockData(dataDir);
  let stopping = false;

  const start = async (): Promise<DynamoDBLocal> => {
    let pid: number | undefined;
    try {
      return await startDynamoDBLocal({
        port,
        ownGroup: true,
        signal: options.signal,
        ...(dataDir !== undefined && { dataDir }),
        // Before it answers: whoever kills this process does not wait for that.
        onSpawn: (spawned) => {
          pid = spawned;
          groups.add(spawned);
        },
      });
    } catch (error) {
      if (pid !== undefined) groups.remove(pid);
      throw error;
    }
  };

  let running: DynamoDBLocal;
  let restarting: Promise<void> = Promise.resolve();
  try {
    running = await start();
  } catch (error) {
    unlock();
    throw error;
  }

  const guard = (server: DynamoDBLocal) => {
    const died = () => {
      groups.remove(server.pid);
      if (!stopping) restarting = restart();
    };
    if (server.process.exitCode !== null || server.process.signalCode !== null) died();
    else server.process.once('exit', died);
  };

  async function restart(): Promise<void> {
    for (let tries = 1; !stopping; tries++) {
      try {
        running = await start();
        break;
      } catch (error) {
        if (tries >= RESTARTS) return options.onLost(error);
        await sleep(RESTART_WAIT_MS * tries);
      }
    }
    if (stopping) return;
    guard(running);
    options.onRestarted();
  }

  guard(running);
  return {
    endpoint: running.endpoint,
    async stop() {
      stopping = true;
      await restarting;
      await running.stop(STOP_GRACE_MS);
      groups.remove(running.pid);
      unlock();
    },
  };
}
