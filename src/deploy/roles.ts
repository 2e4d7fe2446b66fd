import { arnOf, getAtt, type Intrinsic, type Resource, ref, type Text } from './intrinsics.ts';
import type { TableActions, UserTable } from './table-access.ts';

/** The Lambda functions of a deployment; `stream` not where a worker reads the streams, `deliver` only with a fan-out. */
export type FunctionName =
  | 'connect'
  | 'subscribe'
  | 'disconnect'
  | 'stream'
  | 'gap'
  | 'graphql'
  | 'keepalive'
  | 'deliver';

/** All there may be; which of them a project deploys depends on its settings. */
export const FUNCTION_NAMES: readonly FunctionName[] = [
  'connect',
  'subscribe',
  'disconnect',
  'stream',
  'gap',
  'graphql',
  'keepalive',
  'deliver',
];

/** Logical ids of what the roles name. */
export const RELAY_TABLE_ID = 'TablecastRelayTable';
export const QUEUE_ID = 'TablecastOnFailureQueue';
export const DEAD_LETTER_QUEUE_ID = 'TablecastDeadLetterQueue';
export const FAN_OUT_QUEUE_ID = 'TablecastFanOutQueue';
export const FAN_OUT_DEAD_LETTER_QUEUE_ID = 'TablecastFanOutDeadLetterQueue';
/** osls gives the WebSocket API and the HTTP API these logical ids. */
export const WEBSOCKET_API_ID = 'WebsocketsApi';
export const HTTP_API_ID = 'HttpApi';

/** One statement of an IAM policy. */
export interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly Text[];
}

/**
 * What each function may do to the relay table, and nothing more. There is no Scan among them: every read of the relay
 * goes by key. Both batch actions name one table, this one.
 */
export const RELAY_ACTIONS: Readonly<Record<FunctionName, readonly string[]>> = {
  connect: ['BatchWriteItem'],
  subscribe: ['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
  disconnect: ['BatchGetItem', 'BatchWriteItem', 'Query', 'UpdateItem'],
  stream: ['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
  gap: ['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'PutItem', 'Query', 'UpdateItem'],
  // `publish()` finds and reaches subscribers as the stream does.
  graphql: ['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
  keepalive: ['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
  deliver: ['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
};

/**
 * These speak to clients through @connections: `subscribe` and `graphql` when code publishes, and `subscribe` when a
 * frame has more than one answer.
 */
export const POSTS: ReadonlySet<FunctionName> = new Set([
  'subscribe',
  'stream',
  'gap',
  'graphql',
  'keepalive',
  'deliver',
]);

/** Everything the role of one function follows from. */
export interface RoleInput {
  readonly functionName: FunctionName;
  /** Full Lambda name, which its log group carries. */
  readonly lambdaName: string;
  /** Every stage of the WebSocket API: a connection is reached by the stage it came in by, and by no other. */
  readonly stages: readonly string[];
  /** ARNs of the streams that are read. */
  readonly streams: readonly Text[];
  /** The users' tables, and what this function may do to them. */
  readonly tables: readonly UserTable[];
  readonly tableActions: TableActions;
  /** True when the schema has fields that code feeds by `publish()`. */
  readonly hasPublishedFields: boolean;
  /** True when batches may be handed over to `deliver`. */
  readonly hasFanOut: boolean;
}

/** Logical id of a function's role. */
export function roleId(functionName: FunctionName): string {
  return `Tablecast${functionName.charAt(0).toUpperCase()}${functionName.slice(1)}Role`;
}

/** The logical id that osls gives a function. */
export function functionId(functionName: FunctionName): string {
  return `${functionName.charAt(0).toUpperCase()}${functionName.slice(1)}LambdaFunction`;
}

/**
 * The role of one function: its own log group, the relay table, what its triggers ask, and of the users' tables what
 * `tableActions` says, which is nothing for most.
 */
export function role(input: RoleInput): Resource {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com'] }, Action: ['sts:AssumeRole'] },
        ],
      },
      Policies: [
        {
          PolicyName: `tablecast-${input.functionName}`,
          PolicyDocument: { Version: '2012-10-17', Statement: statements(input) },
        },
      ],
    },
  };
}

function statements(input: RoleInput): readonly Statement[] {
  const { functionName, hasFanOut, lambdaName, stages, streams } = input;
  const list: Statement[] = [
    // The group itself is a resource of the template, so no function may create one.
    allow(
      'logs',
      ['CreateLogStream', 'PutLogEvents'],
      [arnOf('logs', `log-group:/aws/lambda/${lambdaName}:*`)],
    ),
  ];
  if (reachesSubscribers(input))
    list.push(allow('dynamodb', RELAY_ACTIONS[functionName], [getAtt(RELAY_TABLE_ID, 'Arn')]));
  if (functionName === 'stream') {
    if (streams.length > 0) {
      list.push(
        allow('dynamodb', ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'], streams),
      );
    }
    // The event source mapping reports what it gave up with the function's own role.
    list.push(allow('sqs', ['SendMessage'], [queueArn(), ...(hasFanOut ? [fanOutQueueArn()] : [])]));
  }
  const read = queuesRead(functionName, hasFanOut);
  if (read.length > 0)
    list.push(allow('sqs', ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'], read));
  if (POSTS.has(functionName) && reachesSubscribers(input))
    list.push(allow('execute-api', ['ManageConnections'], connections(stages)));
  return [...list, ...tableStatements(input)];
}

function queuesRead(functionName: FunctionName, hasFanOut: boolean): readonly Intrinsic[] {
  if (functionName === 'deliver') return [fanOutQueueArn()];
  if (functionName !== 'gap') return [];
  return [queueArn(), ...(hasFanOut ? [fanOutDeadLetterQueueArn()] : [])];
}

function tableStatements({ tables, tableActions: { reads, writes } }: RoleInput): readonly Statement[] {
  const readable = tables.map(({ arn }) => arn);
  const writable = tables.filter((table) => table.writes).map(({ arn }) => arn);
  return [
    ...(reads.length > 0 && readable.length > 0 ? [allow('dynamodb', reads, readable)] : []),
    ...(writes.length > 0 && writable.length > 0 ? [allow('dynamodb', writes, writable)] : []),
  ];
}

/** `graphql` answers over HTTP, and has to do with subscribers by `publish()` alone. */
function reachesSubscribers({ functionName, hasPublishedFields }: RoleInput): boolean {
  return functionName !== 'graphql' || hasPublishedFields;
}

/**
 * Post to and close the connections of this API and its stages only; who posts also closes what does not take it.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html
 */
function connections(stages: readonly string[]): readonly Intrinsic[] {
  return stages.flatMap((stage) =>
    ['POST', 'DELETE'].map((method) =>
      arnOf('execute-api', `\${${WEBSOCKET_API_ID}}/${stage}/${method}/@connections/*`),
    ),
  );
}

function allow(service: string, actions: readonly string[], resources: readonly Text[]): Statement {
  return { Effect: 'Allow', Action: actions.map((action) => `${service}:${action}`), Resource: resources };
}

/** ARN of the on-failure queue. */
export function queueArn(): Intrinsic {
  return getAtt(QUEUE_ID, 'Arn');
}

/** ARN of the fan-out queue. */
export function fanOutQueueArn(): Intrinsic {
  return getAtt(FAN_OUT_QUEUE_ID, 'Arn');
}

/** ARN of the queue for what the fan-out could not deliver. */
export function fanOutDeadLetterQueueArn(): Intrinsic {
  return getAtt(FAN_OUT_DEAD_LETTER_QUEUE_ID, 'Arn');
}

/** Name of the relay table, as CloudFormation resolves it. */
export function relayTableName(): Intrinsic {
  return ref(RELAY_TABLE_ID);
}
