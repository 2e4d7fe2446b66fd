import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { SingleBar } from 'cli-progress';
import { pino } from 'pino';
import { createLeanTransport } from '../adapters/apigateway/lean-transport.ts';
import { systemClock } from '../adapters/clock.ts';
import { createDynamoDBRegistry } from '../adapters/dynamodb/registry.ts';
import { TablecastError } from '../errors.ts';
import { createCounters } from '../observe/counters.ts';
import { DEFAULT_SETTINGS, type SweepContext } from '../relay/context.ts';
import {
  type RevocationOptions,
  type RevocationReport,
  type RevokedFilter,
  revokeConnection,
  revokeIdentity,
  revokeMatching,
} from '../relay/revoke.ts';
import { type DynamoDBPlace, dynamodbClient } from './clients.ts';

/** What is revoked. */
export type RevokeTarget =
  | { readonly kind: 'identity'; readonly identityHash: string; readonly everywhere: boolean }
  | { readonly kind: 'connection'; readonly connectionId: string }
  | { readonly kind: 'filter'; readonly filter: RevokedFilter };

/** What is revoked, and where. */
export interface RevokeOptions extends DynamoDBPlace {
  readonly target: RevokeTarget;
  /** The relay table. */
  readonly table: string;
  /** Where the @connections of a stage are. */
  readonly connectionsEndpoint: (stage: string) => string;
  /** How long the mark of an identity stands, seconds. */
  readonly forSeconds: number;
  /** Whether connections that speak for the identity are closed. */
  readonly closeConnections: boolean;
  readonly dryRun: boolean;
  /** One line of JSON instead of words. */
  readonly json: boolean;
  readonly out: NodeJS.WritableStream;
  /** Where progress goes; without one there is none. */
  readonly progress?: NodeJS.WritableStream;
  /** Breaks it off between two connections. */
  readonly signal: AbortSignal;
}

/** Requests to @connections a second: little of the 10 000 an account has for all its APIs. */
const POSTS_PER_SECOND = 200;

/**
 * Revokes by the relay table and @connections, with the credentials the AWS command line would use; nothing in the
 * deployed API does it for anybody.
 * @throws TablecastError `REGISTRY_UNAVAILABLE`, `TRANSPORT_UNAVAILABLE`, `CONFIG_INVALID`, or `REVOCATION_CUT` when it was
 * broken off: in each case another run goes on with it
 */
export async function revoke(options: RevokeOptions): Promise<void> {
  const { target, dryRun, forSeconds, json, out, progress, signal } = options;
  const client = dynamodbClient(options);
  const transport = createLeanTransport({
    endpointFor: options.connectionsEndpoint,
    region: options.region,
    credentials: client.config.credentials,
    perSecond: POSTS_PER_SECOND,
  });
  const marshallOptions = { removeUndefinedValues: true };
  const context: SweepContext = {
    registry: createDynamoDBRegistry({
      client: DynamoDBDocumentClient.from(client, { marshallOptions }),
      tableName: options.table,
      clock: systemClock,
    }),
    transport,
    clock: systemClock,
    metrics: createCounters(),
    logger: pino({ level: 'silent' }),
    settings: DEFAULT_SETTINGS,
    random: Math.random,
  };
  const until = Math.floor(systemClock.now() / 1_000) + forSeconds;
  const bar = progress && progressBar(progress);
  bar?.start(0, 0, { operations: 0 });
  try {
    const report = await run(context, options, until, {
      dryRun,
      signal,
      onProgress: ({ connections, operations }) => bar?.update(connections, { operations }),
    });
    bar?.stop();
    const result = { ...targetJson(target), dryRun, ...(target.kind === 'identity' && { until }), ...report };
    out.write(json ? `${JSON.stringify(result)}\n` : words(options, until, report));
    if (report.stopped) {
      throw new TablecastError(
        'REVOCATION_CUT',
        `broken off after ${report.connections} connections; run it again to go on`,
      );
    }
  } finally {
    bar?.stop();
    client.destroy();
  }
}

function run(
  context: SweepContext,
  { target, closeConnections }: RevokeOptions,
  until: number,
  how: RevocationOptions,
): Promise<RevocationReport> {
  switch (target.kind) {
    case 'identity': {
      const { identityHash, everywhere } = target;
      return revokeIdentity(context, { identityHash, until, closeConnections, everywhere }, how);
    }
    case 'connection':
      return revokeConnection(context, target.connectionId, how);
    case 'filter':
      return revokeMatching(context, target.filter, how);
    default:
      return target satisfies never;
  }
}

function targetJson(target: RevokeTarget) {
  switch (target.kind) {
    case 'identity':
      return { identity: target.identityHash };
    case 'connection':
      return { connection: target.connectionId };
    case 'filter': {
      const { equalities, ...of } = target.filter;
      return { filter: { ...of, where: Object.fromEntries(equalities) } };
    }
    default:
      return target satisfies never;
  }
}

function words({ target, dryRun }: RevokeOptions, until: number, report: RevocationReport): string {
  const { connections, operations, closed, untold, undisconnected } = report;
  const lines = [
    `${dryRun ? 'would end' : 'ended'} ${counted(operations, 'subscription')} and ${dryRun ? 'close' : 'closed'} ${counted(closed, 'connection')}, of ${connections} looked at`,
  ];
  if (target.kind === 'identity') {
    const date = new Date(until * 1_000).toISOString();
    lines.unshift(
      dryRun
        ? `would refuse identity ${target.identityHash} until ${date}`
        : `identity ${target.identityHash} is refused until ${date}, but for tokens issued from now on`,
    );
  }
  if (target.kind === 'identity' && connections === 0)
    lines.push(
      'no connection of it is known: what it is named by has to be what the relay was told, such as an issuer to the letter',
    );
  if (target.kind === 'connection' && operations === 0 && closed === 0)
    lines.push('there was nothing to end: no such connection is open, or nothing runs on it');
  if (untold > 0) lines.push(`${untold} of the subscriptions ended without their client being told`);
  if (undisconnected > 0)
    lines.push(
      `${undisconnected} of the connections could not be disconnected; nothing can be started on them`,
    );
  return `${lines.join('\n')}\n`;
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function progressBar(stream: NodeJS.WritableStream): SingleBar {
  return new SingleBar({
    stream,
    format: '{value} connections, {operations} subscriptions',
    clearOnComplete: true,
    hideCursor: null,
  });
}
