import type { Logger } from 'pino';
import { systemClock } from '../../src/adapters/clock.ts';
import { createMemoryTables } from '../../src/adapters/memory/tables.ts';
import { createApi } from '../../src/api/api.ts';
import { createApiKeys } from '../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { createCounters } from '../../src/observe/counters.ts';
import { DEFAULT_SETTINGS, type RelayContext, type RelaySettings } from '../../src/relay/context.ts';
import { loadModel } from '../../src/schema/load.ts';
import { SDL } from './workload.ts';

const model = loadModel(SDL);

/** What differs between the relays of the bench. */
export interface BenchRelayParts extends Pick<RelayContext, 'registry' | 'transport'> {
  readonly logger: Logger;
  /** Others than `DEFAULT_SETTINGS`, one by one. */
  readonly settings?: Partial<RelaySettings>;
}

/** The relay as the bench runs it: of the workload's schema, for anyone, on the clock of this machine. */
export function relayContext({ registry, transport, logger, settings }: BenchRelayParts): RelayContext {
  return {
    model,
    registry,
    transport,
    clock: systemClock,
    metrics: createCounters(),
    logger,
    authenticator: createAuthenticator({ mode: 'off', apiKeys: createApiKeys([]), clock: systemClock }),
    api: createApi({
      model,
      tables: createMemoryTables(),
      publish: async () => ({ eventId: '', matched: 0, sent: 0 }),
      logger,
      clock: systemClock,
      pageSecret: 'page-secret-of-the-bench',
    }),
    hooks: {},
    settings: { ...DEFAULT_SETTINGS, ...settings },
    random: Math.random,
  };
}
