import { connectAuthorizer, graphqlEvents } from './authorizer.ts';
import type { FunctionInput } from './functions.ts';
import type { Text } from './intrinsics.ts';
import { fanOutDeadLetterQueueArn, fanOutQueueArn, queueArn } from './roles.ts';

/** Records a stream batch holds at most. */
const STREAM_BATCH_SIZE = 100;
/** Messages of a queue that a batch holds at most; of a FIFO queue there can be no more. */
const QUEUE_BATCH_SIZE = 10;

/** What triggers a function, as osls reads it. */
export function events(input: FunctionInput): readonly object[] {
  switch (input.functionName) {
    case 'connect':
      return [{ websocket: { route: '$connect', ...connectAuthorizer(input.authorizer) } }];
    case 'subscribe':
      // With a route response the body this function returns is the frame that answers the client's own.
      return [{ websocket: { route: '$default', routeResponseSelectionExpression: '$default' } }];
    case 'disconnect':
      return [{ websocket: { route: '$disconnect' } }];
    case 'stream':
      return input.streams.map((arn) => ({ stream: streamEvent(arn, input) }));
    case 'gap':
      return [queueEvent(queueArn()), ...(input.fanOut ? [queueEvent(fanOutDeadLetterQueueArn())] : [])];
    case 'deliver':
      return [queueEvent(fanOutQueueArn(), input.fanOut?.maximumConcurrency)];
    case 'graphql':
      // Every method: the handler answers a preflight itself, and tells what it does not take.
      return graphqlEvents(input.authorizer);
    case 'keepalive':
      return [{ schedule: { rate: [rate(input.keepAliveSeconds / 60)] } }];
    default:
      return input.functionName satisfies never;
  }
}

/**
 * One event source mapping of a queue. Lambda takes a FIFO queue's groups side by side, and nothing of a group while an
 * invocation has some of it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
function queueEvent(arn: Text, maximumConcurrency?: number): object {
  return {
    sqs: {
      arn,
      batchSize: QUEUE_BATCH_SIZE,
      functionResponseType: 'ReportBatchItemFailures',
      ...(maximumConcurrency !== undefined && { maximumConcurrency }),
    },
  };
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html */
function rate(minutes: number): string {
  return `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`;
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
