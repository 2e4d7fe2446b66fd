import type { AlarmSettings } from './alarm-settings.ts';
import { getAtt, type Intrinsic, type Resource, type Resources, ref } from './intrinsics.ts';
import {
  DEAD_LETTER_QUEUE_ID,
  FAN_OUT_DEAD_LETTER_QUEUE_ID,
  FAN_OUT_QUEUE_ID,
  type FunctionName,
  functionId,
  QUEUE_ID,
} from './roles.ts';

/** Seconds after which the oldest message of the on-failure queue tells that `gap` fails: once hidden, and half again. */
const OLDEST_MESSAGE_SECONDS = 600;

/** What sets one alarm apart. */
interface AlarmInput {
  readonly description: string;
  readonly namespace: 'AWS/Lambda' | 'AWS/SQS';
  readonly metric: string;
  readonly of: Intrinsic;
  readonly statistic: 'Maximum' | 'Sum';
  /** In the metric's own unit; the alarm goes on above it. */
  readonly threshold: number;
  /** Seconds. */
  readonly period: 60 | 300;
  /** Periods looked at, and how many of them must be above. One and one by default. */
  readonly within?: readonly [periods: number, above: number];
}

/**
 * The alarms of a deployment (docs/deploy.md says why each threshold). No data is no alarm: a metric of a function that
 * is not called, and of a queue that nothing is in, is not there.
 * @param functions those that are deployed; without `stream` nothing is asked of the streams
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export function alarms(settings: AlarmSettings, functions: readonly FunctionName[]): Resources {
  if (!settings.enabled) return {};
  const entries: (readonly [id: string, input: AlarmInput])[] = [
    ...(functions.includes('stream') ? streamAlarms(settings) : []),
    ...queueAlarms(),
    ...(functions.includes('deliver') ? fanOutAlarms(settings) : []),
    ...functions.flatMap(functionAlarms),
  ];
  return Object.fromEntries(entries.map(([id, input]) => [`Tablecast${id}Alarm`, alarm(input, settings)]));
}

function streamAlarms({ iteratorAgeSeconds }: AlarmSettings): (readonly [string, AlarmInput])[] {
  const lag: AlarmInput = {
    description: `Tablecast: changes are delivered more than ${iteratorAgeSeconds} s late`,
    namespace: 'AWS/Lambda',
    metric: 'IteratorAge',
    of: ref(functionId('stream')),
    statistic: 'Maximum',
    // The metric counts milliseconds.
    threshold: iteratorAgeSeconds * 1000,
    period: 60,
    // A shard that is held up is tried at growing distances: not every minute has a value.
    within: [5, 2],
  };
  return [['IteratorAge', lag]];
}

function queueAlarms(): (readonly [string, AlarmInput])[] {
  const queue = { namespace: 'AWS/SQS', of: getAtt(QUEUE_ID, 'QueueName'), period: 60 } as const;
  return [
    [
      'RecordsGivenUp',
      {
        ...queue,
        description:
          'Tablecast: changes were given up, and their subscribers are being told (docs/operations.md)',
        metric: 'NumberOfMessagesSent',
        statistic: 'Sum',
        threshold: 0,
      },
    ],
    [
      'OnFailureQueueDepth',
      {
        ...queue,
        description: 'Tablecast: messages of changes that were given up wait on the on-failure queue',
        metric: 'ApproximateNumberOfMessagesVisible',
        statistic: 'Maximum',
        threshold: 0,
      },
    ],
    [
      'OnFailureQueueAge',
      {
        ...queue,
        description: 'Tablecast: the gap function fails, and subscribers who missed changes are not told',
        metric: 'ApproximateAgeOfOldestMessage',
        statistic: 'Maximum',
        threshold: OLDEST_MESSAGE_SECONDS,
      },
    ],
    [
      'DeadLetterQueueDepth',
      {
        ...queue,
        of: getAtt(DEAD_LETTER_QUEUE_ID, 'QueueName'),
        description:
          'Tablecast: the gap function kept failing, and nobody was told of changes that were given up',
        metric: 'ApproximateNumberOfMessagesVisible',
        statistic: 'Maximum',
        threshold: 0,
      },
    ],
  ];
}

function fanOutAlarms({ iteratorAgeSeconds }: AlarmSettings): (readonly [string, AlarmInput])[] {
  const queue = { namespace: 'AWS/SQS', of: getAtt(FAN_OUT_QUEUE_ID, 'QueueName'), period: 60 } as const;
  return [
    [
      'FanOutQueueAge',
      {
        ...queue,
        description: `Tablecast: what was handed over is delivered more than ${iteratorAgeSeconds} s late`,
        metric: 'ApproximateAgeOfOldestMessage',
        statistic: 'Maximum',
        threshold: iteratorAgeSeconds,
      },
    ],
    [
      'FanOutDeadLetterQueueDepth',
      {
        ...queue,
        of: getAtt(FAN_OUT_DEAD_LETTER_QUEUE_ID, 'QueueName'),
        description: 'Tablecast: frames were given up, and those who were owed them are being told',
        metric: 'ApproximateNumberOfMessagesVisible',
        statistic: 'Maximum',
        threshold: 0,
      },
    ],
  ];
}

function functionAlarms(name: FunctionName): (readonly [string, AlarmInput])[] {
  const of = { namespace: 'AWS/Lambda', of: ref(functionId(name)), statistic: 'Sum', threshold: 0 } as const;
  const label = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return [
    [
      `${label}Errors`,
      {
        ...of,
        description: `Tablecast: ${name} ended in an error or ran out of time`,
        metric: 'Errors',
        period: 300,
      },
    ],
    [
      `${label}Throttles`,
      {
        ...of,
        description: `Tablecast: ${name} was not run, for want of concurrency`,
        metric: 'Throttles',
        period: 300,
      },
    ],
  ];
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-alarm.html */
function alarm(input: AlarmInput, { topic }: AlarmSettings): Resource {
  const [periods, above] = input.within ?? [1, 1];
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmDescription: input.description,
      Namespace: input.namespace,
      MetricName: input.metric,
      Dimensions: [
        { Name: input.namespace === 'AWS/Lambda' ? 'FunctionName' : 'QueueName', Value: input.of },
      ],
      Statistic: input.statistic,
      Period: input.period,
      EvaluationPeriods: periods,
      DatapointsToAlarm: above,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: input.threshold,
      TreatMissingData: 'notBreaching',
      ...(topic !== undefined && { AlarmActions: [topic], OKActions: [topic] }),
    },
  };
}
