import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '../adapters/clock.ts';
import { createDynamoDBRegistry } from '../adapters/dynamodb/registry.ts';
import { storedSubscriptions } from '../adapters/dynamodb/stored-subscriptions.ts';
import { readModel } from '../compose.ts';
import { subscriptionExamples } from '../console/examples.ts';
import type { Model } from '../schema/model.ts';
import { dynamodbClient } from './clients.ts';
import { type ConsoleServer, startConsole } from './console-server.ts';
import { createLiveExplainer } from './explain-live.ts';
import { isKeyLetIn } from './key-access.ts';
import { createLiveOutput } from './live-output.ts';
import { createLocalIssuer } from './local-issuer.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from './local-stack.ts';
import type { Owner } from './sample-person.ts';
import { type StackInfo, screen, tokenCommand } from './screen.ts';

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
  const live = createLiveOutput(out);
  if (!json && isTerminal(out)) out.write(`${STARTING}\n`);
  const stack = await startLocalStack({
    ...options,
    onLine: json ? () => {} : live.line,
    onNotice: (notice) => err.write(`${notice}\n`),
  });
  let page: ConsoleServer | undefined;
  try {
    const model = readModel(join(options.folder, stack.project.schema));
    const { ws, dynamodb, region, project, origin: http } = stack;
    const { apiKey, auth } = options;
    const { sdl } = model;
    const schemaTables = [...model.tables.keys()];
    const command = commandIn(options.folder);
    // What is shown first, on the screen and the page, is to work as it stands.
    const first = subscriptionExamples(sdl, schemaTables)[0];
    const isLetIn = first === undefined || isKeyLetIn(model, stack.settings.access, first.field);
    const speaker = isLetIn ? {} : { tokenCommand: tokenCommand(command, http) };
    const rules = model.access !== undefined;
    const owners = ownersOf(model);
    const from = { ...(project.asksOrigin && { origin: http }) };
    const facts = { ws, apiKey, ...speaker, ...from, region, dynamodb };
    page = await startConsole({
      port: stack.httpPort,
      gateway: { httpPort: stack.gatewayHttpPort, wsPort: stack.wsPort },
      info: { ...facts, sdl, tables: schemaTables, rules: rules && auth, owners },
      explain: explainer(stack, model),
      issuer: createLocalIssuer(http, Date.now),
    });
    const graphql = `${http}/graphql`;
    const info: StackInfo = {
      ws,
      http,
      graphql,
      dynamodb,
      region,
      apiKey,
      ...speaker,
      tables: project.streams,
    };
    if (json) out.write(`${JSON.stringify({ ready: true, ...info })}\n`);
    else out.write(screen({ info, sdl, schemaTables, auth, rules, command, owners, ...from }));
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

/** Where the package is not installed, as in its own repository, its scripts have the names of its commands. */
function commandIn(folder: string): string {
  return existsSync(join(folder, 'node_modules', '.bin', 'tablecast'))
    ? 'npx tablecast'
    : 'npm run -s tablecast --';
}

function ownersOf({ types }: Model): readonly Owner[] {
  return [...types.values()].flatMap((type) =>
    (type.access?.rules ?? []).flatMap((rule) => {
      const field = rule.kind === 'owner' ? type.fields.get(rule.field) : undefined;
      return field ? [{ table: type.table, attribute: field.attribute, list: field.list }] : [];
    }),
  );
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
