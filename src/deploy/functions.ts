import { getAtt, type Intrinsic, ref, type Text } from './intrinsics.ts';
import { type FunctionName, POSTS, queueArn, relayTableName, roleId, WEBSOCKET_API_ID } from './roles.ts';
import type { LeaveSetting, LogLevel } from './settings.ts';

/** A function as osls reads it. @see https://github.com/oss-serverless/serverless */
export interface FunctionDefinition {
  readonly handler: string;
  readonly name: string;
  readonly description: string;
  readonly runtime: 'nodejs22.x';
  readonly architecture: 'arm64';
  readonly role: Intrinsic;
  readonly timeout: number;
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, Text>>;
  readonly events: readonly object[];
  readonly package?: { readonly patterns: readonly string[] };
}

export interface FunctionInput {
  readonly functionName: FunctionName;
  readonly lambdaName: string;
  /** Folder of the handlers, relative to serverless.yml. */
  readonly handlers: string;
  readonly schema: string;
  readonly stage: string;
  readonly apiKeyHashes: readonly string[];
  readonly logLevel: LogLevel;
  readonly leave: LeaveSetting;
  /** Real table name → name in the schema, of those that differ. */
  readonly tableNames: ReadonlyMap<string, string>;
  readonly streams: readonly Text[];
  readonly maximumRecordAgeInSeconds: number;
  readonly parallelizationFactor: number;
  /** Extra files of this function's zip. */
  readonly patterns: readonly string[];
}

/** Seconds and MB a function. A WebSocket integration is given up after 29 s, so what answers a frame ends before. */
const SIZES: Readonly<Record<FunctionName, { readonly timeout: number; readonly memorySize: number }>> = {
  connect: { timeout: 10, memorySize: 512 },
  subscribe: { timeout: 25, memorySize: 512 },
  disconnect: { timeout: 25, memorySize: 512 },
  stream: { timeout: 60, memorySize: 512 },
  gap: { timeout: 60, memorySize: 512 },
};

const DESCRIPTIONS: Readonly<Record<FunctionName, string>> = {
  connect: 'Tablecast: opens a WebSocket connection',
  subscribe: 'Tablecast: answers every frame of a client',
  disconnect: 'Tablecast: ends the subscriptions of a closed connection',
  stream: 'Tablecast: delivers the changes of the tables to their subscribers',
  gap: 'Tablecast: tells subscribers of changes that could not be delivered',
};

/** Records a stream batch holds at most. */
const STREAM_BATCH_SIZE = 100;
/** On-failure messages a batch holds at most. */
const GAP_BATCH_SIZE = 10;

/** A message is hidden for six times the consumer's timeout, as AWS advises for queues that Lambda reads. */
export const QUEUE_VISIBILITY_SECONDS = 6 * SIZES.gap.timeout;

export function functionDefinition(input: FunctionInput): FunctionDefinition {
  const { functionName, handlers, lambdaName, patterns } = input;
  return {
    handler: `${handlers}/${functionName}.handler`,
    name: lambdaName,
    description: DESCRIPTIONS[functionName],
    runtime: 'nodejs22.x',
    architecture: 'arm64',
    role: getAtt(roleId(functionName), 'Arn'),
    ...SIZES[functionName],
    environment: environment(input),
    events: events(input),
    ...(patterns.length > 0 && { package: { patterns } }),
  };
}

/** What a function needs to know, and no more: the key hashes go only where a client presents a key. */
function environment(input: FunctionInput): Readonly<Record<string, Text>> {
  const { functionName, apiKeyHashes, tableNames } = input;
  const readsKeys = functionName === 'connect' || functionName === 'subscribe';
  const readsTables = functionName === 'stream' || functionName === 'gap';
  return {
    TABLECAST_SCHEMA: input.schema,
    TABLECAST_RELAY_TABLE: relayTableName(),
    TABLECAST_STAGE: input.stage,
    TABLECAST_LOG_LEVEL: input.logLevel,
    ...(POSTS.has(functionName) && {
      TABLECAST_API_ID: ref(WEBSOCKET_API_ID),
      TABLECAST_URL_SUFFIX: ref('AWS::URLSuffix'),
    }),
    ...(readsTables && input.leave !== 'image' && { TABLECAST_LEAVE: input.leave }),
    ...(readsKeys && { TABLECAST_API_KEY_HASHES: apiKeyHashes.join(',') }),
    ...(readsTables &&
      tableNames.size > 0 && { TABLECAST_TABLE_NAMES: JSON.stringify(Object.fromEntries(tableNames)) }),
  };
}

function events(input: FunctionInput): readonly object[] {
  switch (input.functionName) {
    case 'connect':
      return [{ websocket: { route: '$connect' } }];
    case 'subscribe':
      // With a route response the body this function returns is the frame that answers the client's own.
      return [{ websocket: { route: '$default', routeResponseSelectionExpression: '$default' } }];
    case 'disconnect':
      return [{ websocket: { route: '$disconnect' } }];
    case 'stream':
      return input.streams.map((arn) => ({ stream: streamEvent(arn, input) }));
    case 'gap':
      return [
        {
          sqs: {
            arn: queueArn(),
            batchSize: GAP_BATCH_SIZE,
            functionResponseType: 'ReportBatchItemFailures',
          },
        },
      ];
    default:
      return input.functionName satisfies never;
  }
}

/**
 * One event source mapping. From TRIM_HORIZON, because LATEST can miss what is written while the mapping starts; what
 * is older than a subscription is dropped later. Retries are bounded by age and never by count, so that an outage of
 * the relay costs nothing shorter than that age.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
 */
function streamEvent(arn: Text, settings: FunctionInput): object {
  return {
    type: 'dynamodb',
    arn,
    startingPosition: 'TRIM_HORIZON',
    batchSize: STREAM_BATCH_SIZE,
    batchWindow: 0,
    parallelizationFactor: settings.parallelizationFactor,
    functionResponseType: 'ReportBatchItemFailures',
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: -1,
    maximumRecordAgeInSeconds: settings.maximumRecordAgeInSeconds,
    destinations: { onFailure: { arn: queueArn(), type: 'sqs' } },
  };
}
