import { setMaxListeners } from 'node:events';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../../../src/adapters/clock.ts';

export interface LoadOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly items: number;
  /** Changes a second wanted, of all items together. */
  readonly rate: number;
  /** Called right before a change is written: its frame may overtake the answer. */
  readonly writing: (item: string, version: number) => void;
}

/** Writers at work. */
export interface Load {
  /** Ends once every change under way is committed. */
  stop(): Promise<void>;
}

/**
 * One writer an item, each putting version after version at its pace; a writer that falls behind does not hurry after.
 * A put whose answer is lost is made again: the same content twice is one change.
 */
export function startLoad({ client, table, items, rate, writing }: LoadOptions): Load {
  const ending = new AbortController();
  // Every writer waits for it.
  setMaxListeners(items + 1, ending.signal);
  const pauseMs = (items / rate) * 1_000;
  const write = async (index: number) => {
    const item = itemName(index);
    const { signal } = ending;
    await systemClock.sleep((pauseMs * index) / items, signal);
    for (let version = 1; !signal.aborted; version += 1) {
      const due = systemClock.monotonic() + pauseMs;
      writing(item, version);
      await put(client, table, index, version);
      await systemClock.sleep(due - systemClock.monotonic(), signal);
    }
  };
  const writers = Promise.all(Array.from({ length: items }, (_, index) => write(index)));
  writers.catch(() => {});
  return {
    async stop() {
      ending.abort();
      await writers;
    },
  };
}

export function itemName(index: number): string {
  return `item-${index}`;
}

/** Half of the items are in one lane, half in the other: what a subscriber may filter by. */
export function laneOf(item: string): 'even' | 'odd' {
  return Number(item.slice('item-'.length)) % 2 === 0 ? 'even' : 'odd';
}

const ATTEMPTS = 5;

async function put(client: DynamoDBClient, table: string, index: number, version: number): Promise<void> {
  const id = itemName(index);
  const Item = {
    id: { S: id },
    lane: { S: laneOf(id) },
    version: { N: String(version) },
    text: { S: 'プロフィール、検索メニューが必要' },
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.send(new PutItemCommand({ TableName: table, Item }));
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}
