import type { Logger } from 'pino';
import type { StreamReader } from '../adapters/dynamodb-streams/reader.ts';
import { apiKeyHash } from '../auth/api-keys.ts';
import { readConfig } from '../config.ts';
import { TablecastError } from '../errors.ts';
import { createLogger } from '../observe/logger.ts';
import type { RelaySettings } from '../relay/context.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../testing/dynamodb-local.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { dynamodbClient, dynamodbStreamsClient } from './clients.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { invokeFunction } from './invoke-function.ts';
import { type LocalDynamoDB, superviseDynamoDBLocal } from './local-dynamodb.ts';
import { choosePort } from './ports.ts';
import { watchProcessGroups } from './process-groups.ts';
import { checkFolder, type Project, readProject } from './project.ts';
import { createRecentRecords, type RecentRecords } from './recent-records.ts';
import { LOCAL_STREAM_GRANULARITY_MS, startReaders } from './stream-readers.ts';
import { createMissing, forgetConnections } from './tables.ts';

/** How the local stack is started. */
export interface LocalStackOptions {
  /** The project: the folder of serverless.yml. */
  readonly folder: string;
  /** Ports asked for; what was not asked for falls to a free one. */
  readonly httpPort?: number | undefined;
  readonly wsPort?: number | undefined;
  readonly dynamodbPort?: number | undefined;
  /** Folder of DynamoDB Local's data; without it they are in memory. */
  readonly dataDir?: string | undefined;
  /** A DynamoDB that already runs; none is started then. */
  readonly endpoint?: string | undefined;
  readonly apiKey: string;
  /** False lets every connection in. */
  readonly auth: boolean;
  /** Each line the gateway and the handlers print, and each the stream readers log (JSON). */
  readonly onLine: (line: string) => void;
  /** Ends the starting; what was started by then is stopped. */
  readonly signal: AbortSignal;
  /** What the user should know of: restarts, samples left out. */
  readonly onNotice: (text: string) => void;
}

/** The whole local loop but for the page. */
export interface LocalStack {
  readonly wsPort: number;
  /** For the page, and the one origin it is part of. */
  readonly httpPort: number;
  /** Where the gateway keeps its HTTP API; nothing listens there in a project without HTTP functions. */
  readonly gatewayHttpPort: number;
  readonly ws: string;
  /** Where the page is to be, which the handlers ask for the keys of local tokens. */
  readonly origin: string;
  readonly dynamodb: string;
  readonly region: string;
  readonly project: Project;
  /** What the stream handler runs with. */
  readonly settings: RelaySettings;
  /** The latest records that the stream handler was given. */
  readonly records: RecentRecords;
  /** Rejects when a part of it ended that cannot be started again. Never resolves. */
  readonly broken: Promise<never>;
  /** Stops every process it started. Idempotent. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 90_000;
const READER_GRACE_MS = 300;

/**
 * Starts DynamoDB Local, the tables, the gateway and the stream readers.
 * @throws TablecastError `LOCAL_STACK`, `CONFIG_INVALID` or `STREAM_UNUSABLE`; nothing is left running then
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  checkFolder(options.folder);
  if (options.endpoint !== undefined) await checkEndpoint(options.endpoint);
  const wsPort = await choosePort({ option: '--ws-port', asked: options.wsPort, preferred: 3001 });
  const httpPort = await choosePort({ option: '--http-port', asked: options.httpPort, preferred: 3000 });
  const lambdaPort = await choosePort({ option: 'the port for invocations' });
  const gatewayHttpPort = await choosePort({ option: "the port of the gateway's HTTP API" });
  const groups = watchProcessGroups();
  const logger = lineLogger(options.onLine);
  const region = LOCAL_REGION;

  let database: LocalDynamoDB | undefined;
  let gateway: Gateway | undefined;
  let readers: readonly StreamReader[] = [];
  let stopping = false;
  let restoring: Promise<void> | undefined;
  let breakDown: (error: unknown) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    breakDown = reject;
  });
  broken.catch(() => {});

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopping = true;
    stopped ??= (async () => {
      await Promise.all(readers.map((reader) => reader.stop(READER_GRACE_MS)));
      await Promise.all([gateway?.stop(), database?.stop()]);
      await restoring?.catch(() => {});
      await gateway?.stop();
      await groups.close();
    })();
    return stopped;
  };

  /** Makes again what a DynamoDB that lost its data no longer has. One at a time. */
  let restore = () => {};

  try {
    if (options.endpoint === undefined) {
      const port = await choosePort({
        option: '--dynamodb-port',
        asked: options.dynamodbPort,
        preferred: 8000,
      });
      database = await superviseDynamoDBLocal({
        port,
        dataDir: options.dataDir,
        groups,
        signal: options.signal,
        onRestarted: () => {
          options.onNotice('DynamoDB Local ended and was started again');
          restore();
        },
        onLost: breakDown,
      });
    }
    const dynamodb = options.endpoint ?? database?.endpoint ?? '';
    const origin = `http://localhost:${httpPort}`;
    const env = environment(options, { dynamodb, wsPort, origin });
    const prober = { apiKey: options.apiKey, origin };
    const client = dynamodbClient({ endpoint: dynamodb, region });
    options.signal.throwIfAborted();
    const project = await readProject(options.folder, env, options.signal);

    const openGateway = () => {
      const opened = startGateway({
        folder: options.folder,
        wsPort,
        lambdaPort,
        httpPort: gatewayHttpPort,
        env,
        groups,
        onLine: options.onLine,
      });
      opened.ended.then((output) => {
        if (stopping || gateway !== opened) return;
        breakDown(new TablecastError('LOCAL_STACK', `the gateway ended by itself. It printed:\n${output}`));
      });
      return opened;
    };
    gateway = openGateway();

    // Only where the emulator is ours is nobody else connected through this table.
    if (database) await forgetConnections(client, project);
    await createMissing(client, project, options.folder, options.onNotice);
    options.signal.throwIfAborted();

    restore = () => {
      if (stopping || restoring) return;
      restoring = (async () => {
        const created = await createMissing(client, project, options.folder, options.onNotice);
        if (created.relay && !stopping) {
          options.onNotice(
            'the tables were created again; the gateway restarts, so that clients connect anew',
          );
          const old = gateway;
          gateway = undefined;
          await old?.stop();
          if (stopping) return;
          gateway = openGateway();
          await gateway.ready(prober, READY_TIMEOUT_MS);
        }
      })()
        // While DynamoDB is still away the readers will call again.
        .catch((error: unknown) => logger.warn({ event: 'start.restore_failed', detail: String(error) }))
        .finally(() => {
          restoring = undefined;
        });
    };

    const records = createRecentRecords();
    const invoke = records.watch(invokeFunction(lambdaPort, project.streamFunction));
    readers = await startReaders({
      tables: project.streams,
      client,
      streams: dynamodbStreamsClient({ endpoint: dynamodb, region }),
      region,
      endpoint: dynamodb,
      invoke,
      logger,
      onTableMissing: () => restore(),
    });
    await Promise.race([gateway.ready(prober, READY_TIMEOUT_MS), broken, aborted(options.signal)]);
    // The first invocation loads the handler: better now than at the first change.
    await invoke({ Records: [] }, options.signal);
    const ws = `ws://localhost:${wsPort}`;
    const { settings } = readConfig({ ...project.environment, ...env });
    const ports = { wsPort, httpPort, gatewayHttpPort };
    return { ...ports, ws, origin, dynamodb, region, project, settings, records, broken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** What the framework and the handlers find in their environment. Undefined takes a variable away. */
function environment(
  options: LocalStackOptions,
  {
    dynamodb,
    wsPort,
    origin,
  }: { readonly dynamodb: string; readonly wsPort: number; readonly origin: string },
): Record<string, string | undefined> {
  return {
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    DYNAMODB_ENDPOINT: dynamodb,
    // The SDK's own variable: look-ups of existing tables go to the local DynamoDB as well.
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    TABLECAST_CONNECTIONS_ENDPOINT: `http://127.0.0.1:${wsPort}`,
    TABLECAST_STREAM_GRANULARITY_MS: String(LOCAL_STREAM_GRANULARITY_MS),
    TABLECAST_API_KEY_HASHES: apiKeyHash(options.apiKey),
    TABLECAST_AUTH: options.auth ? 'required' : 'off',
    TABLECAST_LOCAL_ISSUER: origin,
    TABLECAST_LOG_LEVEL: 'info',
  };
}

/** A logger whose lines join those of the handlers. */
function lineLogger(onLine: (line: string) => void): Logger {
  const destination = { write: (line: string) => onLine(line.trimEnd()) };
  return createLogger({ level: 'info', errorMessages: true, destination });
}
