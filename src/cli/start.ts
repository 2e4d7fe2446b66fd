import { join } from 'node:path';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '../adapters/clock.ts';
import { createDynamoDBRegistry } from '../adapters/dynamodb/registry.ts';
import { storedSubscriptions } from '../adapters/dynamodb/stored-subscriptions.ts';
import { readModel } from '../compose.ts';
import type { Model } from '../schema/model.ts';
import { dynamodbClient } from './clients.ts';
import { type ConsoleServer, startConsole } from './console-server.ts';
import { createLiveExplainer } from './explain-live.ts';
import { describeLine } from './live.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from './local-stack.ts';
import { type StackInfo, screen } from './screen.ts';

export interface StartOptions
  extends Pick<
    LocalStackOptions,
    'folder' | 'httpPort' | 'wsPort' | 'dynamodbPort' | 'dataDir' | 'endpoint' | 'apiKey' | 'auth'
  > {
  /** One line of JSON instead of the screen. */
  readonly json: boolean;
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Said on a terminal only: it takes some seconds, and silence looks like a fault. */
const STARTING = 'Starting the database, the tables, the gateway and the stream: some ten seconds …';

/**
 * Runs the local loop until the signal aborts; everything it started has ended when this resolves or rejects.
 * @throws TablecastError when it cannot start, or when a part of it ended for good
 */
export async function start(options: StartOptions): Promise<void> {
  const { json, out, err, signal } = options;
  const live = liveOutput(out);
  if (!json && isTerminal(out)) out.write(`${STARTING}\n`);
  const stack = await startLocalStack({
    ...options,
    onLine: json ? () => {} : live.line,
    onNotice: (notice) => err.write(`${notice}\n`),
  });
  let page: ConsoleServer | undefined;
  try {
    const model = readModel(join(options.folder, stack.project.schema));
    const { ws, dynamodb, region, project } = stack;
    const schemaTables = [...model.tables.keys()];
    page = await startConsole({
      port: stack.httpPort,
      gateway: { httpPort: stack.gatewayHttpPort, wsPort: stack.wsPort },
      info: { ws, apiKey: options.apiKey, sdl: model.sdl, region, dynamodb, tables: schemaTables },
      explain: explainer(stack, model),
    });
    const http = `http://localhost:${page.port}`;
    const info: StackInfo = {
      ws,
      http,
      graphql: `${http}/graphql`,
      dynamodb,
      region,
      apiKey: options.apiKey,
      tables: project.streams,
    };
    if (json) out.write(`${JSON.stringify({ ready: true, ...info })}\n`);
    else out.write(screen({ info, sdl: model.sdl, schemaTables, auth: options.auth }));
    live.begin();
    await Promise.race([stack.broken, ended(signal)]);
  } finally {
    await Promise.all([page?.close(), stack.stop()]);
  }
}

/** Reads the relay table as the handlers do; for `tablecast explain --last` and `--event`. */
function explainer({ dynamodb, region, project, settings, records }: LocalStack, model: Model) {
  const client = DynamoDBDocumentClient.from(dynamodbClient({ endpoint: dynamodb, region }));
  const table = { client, tableName: project.relay.name, clock: systemClock };
  return createLiveExplainer({
    model,
    settings,
    records,
    registry: createDynamoDBRegistry(table),
    subscriptions: () => storedSubscriptions({ ...table, name: table.tableName, random: Math.random }),
  });
}

/** Holds back what happens while starting: warm-up calls are nobody's deliveries. */
function liveOutput(out: NodeJS.WritableStream) {
  let begun = false;
  return {
    begin: () => {
      begun = true;
    },
    line: (line: string) => {
      const described = begun ? describeLine(line) : undefined;
      if (described !== undefined) out.write(`${new Date().toLocaleTimeString()}  ${described}\n`);
    },
  };
}

function isTerminal(out: NodeJS.WritableStream): boolean {
  return 'isTTY' in out && out.isTTY === true;
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
