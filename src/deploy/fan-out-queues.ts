import { getAtt, type Resources } from './intrinsics.ts';
import { FAN_OUT_DEAD_LETTER_QUEUE_ID, FAN_OUT_QUEUE_ID } from './roles.ts';
import type { TablecastSettings } from './settings.ts';

/**
 * A message is hidden for twice the consumer's timeout (60 s), and its lane with it when it fails: the six times that AWS
 * advises for queues that Lambda reads would hold up everybody else in the lane for six minutes. Were one still worked on
 * when it shows again, its frames would come twice, in order all the same: whoever takes it begins with the first of its
 * lane that is not deleted.
 */
export const FAN_OUT_VISIBILITY_SECONDS = 120;

/**
 * The queue drops a message when nobody is connected any more who was when it was sent (`MESSAGE_LIFE_SECONDS` of the
 * relay): the longest life of a connection, 2 h 10 min.
 */
export const FAN_OUT_RETENTION_SECONDS = 7_800;

const FOURTEEN_DAYS = 14 * 24 * 3600;

/**
 * The queue between `stream` and `deliver`, and where a message goes that `deliver` kept failing on, which is read by
 * `gap`. Both hold item values, encrypted. A message that fails holds up its lane, so that it is tried for as long as a
 * change of a table is (`maximumRecordAgeInSeconds`), and never to the end of its life: then nobody would be told.
 *
 * High throughput: both properties together, for the quota counts each message group by itself.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
 */
export function fanOutQueues({
  fanOut,
  maximumRecordAgeInSeconds,
}: Pick<TablecastSettings, 'fanOut' | 'maximumRecordAgeInSeconds'>): Resources {
  if (!fanOut) return {};
  const fifo = {
    FifoQueue: true,
    ContentBasedDeduplication: false,
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    SqsManagedSseEnabled: true,
    VisibilityTimeout: FAN_OUT_VISIBILITY_SECONDS,
  };
  const tries = Math.ceil(maximumRecordAgeInSeconds / FAN_OUT_VISIBILITY_SECONDS);
  const most = Math.floor(FAN_OUT_RETENTION_SECONDS / FAN_OUT_VISIBILITY_SECONDS) - 1;
  return {
    [FAN_OUT_QUEUE_ID]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        ...fifo,
        MessageRetentionPeriod: FAN_OUT_RETENTION_SECONDS,
        RedrivePolicy: {
          deadLetterTargetArn: getAtt(FAN_OUT_DEAD_LETTER_QUEUE_ID, 'Arn'),
          maxReceiveCount: Math.min(tries, most),
        },
      },
    },
    [FAN_OUT_DEAD_LETTER_QUEUE_ID]: {
      Type: 'AWS::SQS::Queue',
      Properties: { ...fifo, MessageRetentionPeriod: FOURTEEN_DAYS },
    },
  };
}
