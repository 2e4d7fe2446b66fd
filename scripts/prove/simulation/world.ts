import { pino } from 'pino';
import type { DocumentClient } from '../../../src/adapters/dynamodb/document-client.ts';
import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { createMemoryTables } from '../../../src/adapters/memory/tables.ts';
import { createApi } from '../../../src/api/api.ts';
import { apiKeyHash, createApiKeys } from '../../../src/auth/api-keys.ts';
import { createAuthenticator } from '../../../src/auth/authenticator.ts';
import { DEFAULT_SETTINGS, type RelayContext, type RelaySettings } from '../../../src/relay/context.ts';
import type { Metrics } from '../../../src/relay/ports.ts';
import { loadModel } from '../../../src/schema/load.ts';
import { DynamoDBTable } from '../../../src/testing/dynamodb-table.ts';
import type { SeededRandom } from '../../../src/testing/random.ts';
import { CheckpointWatch } from './checkpoint-watch.ts';
import { createSimulationClock, type SimulationClock } from './clock.ts';
import type { CallFaults } from './faults.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { type ConnectionRecord, History } from './history.ts';
import { SDL } from './items.ts';
import type { SimulatedProcess } from './process.ts';
import { between, randomFor } from './randomness.ts';
import type { Rates } from './rates.ts';
import { TableClient } from './table-client.ts';
import { API_KEY, simulatedTokens } from './tokens.ts';

export const RELAY_TABLE = 'relay';
export const STAGE = 'simulated';

const NONE: Rates = {
  operation: 0,
  request: 0,
  lateWrite: 0,
  unprocessed: 0,
  post: 0,
  invocation: 0,
  young: 0,
  tokens: 0,
  disconnectLost: 0,
};

/** What a run is made of, whichever path its changes take to the relay. */
export interface World {
  readonly seed: number;
  readonly clock: SimulationClock;
  readonly history: History;
  readonly gateway: Gateway;
  /** The relay table. */
  readonly table: DocumentClient;
  /** Rates of now: none once it is calm. */
  readonly rates: Rates;
  /** While true the relay table takes no requests. */
  isTableDown: boolean;
  /** Requests to the relay table that failed, and items left unprocessed, so far. */
  readonly requestFaults: number;
  /** From now on nothing goes wrong any more. */
  calm(): void;
  readonly isCalm: boolean;
  random(part: string): SeededRandom;
  /** One process's way to the relay table. */
  client(process: SimulatedProcess, faults: CallFaults, part: string): DocumentClient;
  /** The relay as it runs in one process. */
  relay(process: SimulatedProcess, faults: CallFaults, part: string): RelayContext;
  /** What became of the workers' checkpoints. */
  readonly checkpoints: CheckpointWatch;
  /** Everything the relay counted, in all its processes. */
  readonly counts: ReadonlyMap<string, number>;
  /** The relay cut a connection. */
  onCut: (connection: ConnectionRecord) => void;
}

/** Longer than two lease times: by then another worker may have taken the shard, and got ahead. */
const LATE_MS = 12_000;

const model = loadModel(SDL, { file: 'schema.graphql' });

/** In two of three seeds the rows of any filter key with so few rows are kept in memory. */
const isWarm = (seed: number) => seed % 3 !== 1;
const WARM = { minRows: 2, maxRows: 400 };

export interface WorldOptions {
  readonly seed: number;
  readonly rates: Rates;
  readonly settings: Partial<RelaySettings>;
  /** Takes every log line of the relay, in all its processes, behind the virtual ms since the start. */
  readonly log: ((line: string) => void) | undefined;
}

export function createWorld({ seed, rates: given, settings, log }: WorldOptions): World {
  const clock = createSimulationClock();
  const history = new History();
  const logger = log
    ? pino(
        { level: 'debug', base: null, timestamp: false },
        { write: (line: string) => log(`${clock.monotonic().toFixed(0).padStart(8)} ${line.trim()}`) },
      )
    : pino({ level: 'silent' });
  const counts = new Map<string, number>();
  let rates = given;
  let requestFaults = 0;
  const random = (part: string) => randomFor(seed, part);
  const lateRandom = random('late writes');
  const checkpoints = new CheckpointWatch();
  const tableRandom = random('table');
  const table = new DynamoDBTable({
    tableName: RELAY_TABLE,
    pageRows: 7,
    async step({ operation }) {
      await clock.sleep(between(tableRandom, 1, 10));
      const isBatch = operation === 'BatchGetItem' || operation === 'BatchWriteItem';
      if (!isBatch || !tableRandom.chance(rates.unprocessed)) return 'apply';
      requestFaults += 1;
      return 'unprocessed';
    },
  });
  const metrics: Metrics = {
    count: (name, value = 1) => void counts.set(name, (counts.get(name) ?? 0) + value),
    measure: () => {},
    flush: () => {},
  };
  const authenticator = createAuthenticator({
    mode: 'required',
    apiKeys: createApiKeys([{ hash: apiKeyHash(API_KEY) }]),
    tokens: simulatedTokens,
    clock,
  });
  const api = createApi({
    model,
    tables: createMemoryTables(),
    publish: async () => ({ eventId: '', matched: 0, sent: 0 }),
    logger,
    clock,
    pageSecret: 'simulated',
  });

  const world: World = {
    seed,
    clock,
    history,
    table,
    gateway: createGateway({
      clock,
      random: random('gateway'),
      history,
      rates: () => rates,
      onCut: (connection) => world.onCut(connection),
    }),
    get rates() {
      return rates;
    },
    isTableDown: false,
    get requestFaults() {
      return requestFaults;
    },
    get isCalm() {
      return rates === NONE;
    },
    calm() {
      rates = NONE;
      world.isTableDown = false;
      world.gateway.fake.outage(undefined);
    },
    random,
    client: (process, faults, part) =>
      new TableClient({
        table,
        process,
        faults,
        random: random(part),
        sleep: clock.sleep,
        isDown: () => world.isTableDown,
        failed: () => {
          requestFaults += 1;
        },
        lateMs: () => (rates.lateWrite > 0 && lateRandom.chance(rates.lateWrite) ? LATE_MS : 0),
        updated: (command, output) => checkpoints.updated(command, output),
      }),
    relay(process, faults, part) {
      const own = process.clock(clock);
      const jitter = random(`jitter of ${part}`);
      const client = world.client(process, faults, part);
      return {
        model,
        registry: createDynamoDBRegistry({
          client,
          tableName: RELAY_TABLE,
          clock: own,
          random: () => jitter.next(),
          ...(isWarm(seed) && { warm: WARM, metrics }),
        }),
        transport: world.gateway.transport(process, faults),
        clock: own,
        metrics,
        logger,
        authenticator,
        api,
        hooks: {},
        settings: { ...DEFAULT_SETTINGS, ...settings },
        random: () => jitter.next(),
      };
    },
    checkpoints,
    counts,
    onCut: () => {},
  };
  return world;
}
