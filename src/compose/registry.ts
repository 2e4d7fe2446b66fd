import { systemClock } from '../adapters/clock.ts';
import { createDynamoDBRegistry } from '../adapters/dynamodb/registry.ts';
import type { Config } from '../config.ts';
import type { Metrics, Registry } from '../relay/ports.ts';
import { relayClient } from './clients.ts';

/** The registry on the relay table. @param metrics told how often rows in memory were used, by who delivers */
export function registryOf(config: Config, metrics?: Metrics): Registry {
  return createDynamoDBRegistry({
    client: relayClient(config),
    tableName: config.relayTable,
    clock: systemClock,
    warm: config.warm,
    ...(metrics && { metrics }),
  });
}
