import { systemClock } from '../adapters/clock.ts';
import { createDynamoDBFanOutStore } from '../adapters/dynamodb/fan-out-store.ts';
import { type Config, readConfig } from '../config.ts';
import { TablecastError } from '../errors.ts';
import type { FanOut, FanOutQueue, FanOutStore } from '../relay/fan-out/ports.ts';
import { relayClient } from './clients.ts';

/** False in a bundle of a project without a fan-out, from which the client of SQS is thereby left out. */
declare const TABLECAST_FAN_OUT: boolean | undefined;

/** Where the batches of a stream are handed over to; undefined without a queue. @throws TablecastError `CONFIG_INVALID` */
export function fanOutOf(config: Config): FanOut | undefined {
  const { queueUrl, above, lanes } = config.fanOut;
  if (typeof TABLECAST_FAN_OUT === 'undefined' || TABLECAST_FAN_OUT) {
    if (queueUrl !== undefined)
      return { queue: lazyQueue(config.region, queueUrl), store: composeFanOutStore(config), above, lanes };
    return undefined;
  }
  // Delivering here in its stead would overtake what another version has queued (C3).
  if (queueUrl !== undefined) {
    throw new TablecastError(
      'CONFIG_INVALID',
      'TABLECAST_FAN_OUT_QUEUE_URL: expected none in a bundle made without "fanOut" in serverless.yml, got a queue',
    );
  }
  return undefined;
}

/** What those need who take messages off the queues of the fan-out, beside what they send with. */
export function composeFanOutStore(config: Config = readConfig()): FanOutStore {
  return createDynamoDBFanOutStore({
    client: relayClient(config),
    tableName: config.relayTable,
    clock: systemClock,
  });
}

/** The client of SQS is loaded when something is sent: most batches are not handed over. */
function lazyQueue(region: string, queueUrl: string): FanOutQueue {
  let loading: Promise<FanOutQueue> | undefined;
  const load = async () => {
    const { createSqsQueue } = await import('../adapters/sqs/queue.ts');
    const { createSqsClient } = await import('../adapters/sqs/client.ts');
    return createSqsQueue({ client: createSqsClient(region, queueUrl), queueUrl, clock: systemClock });
  };
  return {
    async send(messages) {
      let queue: FanOutQueue;
      try {
        loading ??= load();
        queue = await loading;
      } catch (error) {
        loading = undefined;
        const refused = messages.map(({ id }) => id);
        return { refused, unsure: [], detail: `expected a client of SQS, got ${String(error)}` };
      }
      return queue.send(messages);
    },
  };
}
