import { getAtt, type Resources } from './intrinsics.ts';
import { DEAD_LETTER_QUEUE_ID, QUEUE_ID } from './roles.ts';

/** A message is hidden for six times the consumer's timeout (60 s), as AWS advises for queues that Lambda reads. */
export const QUEUE_VISIBILITY_SECONDS = 360;

/**
 * After so many failures a message goes to the dead-letter queue. At one in six minutes that is 2 h 24 min: by then
 * nobody is connected any more who was when the records were lost, so that there is nobody left to tell.
 */
export const MAX_RECEIVE_COUNT = 24;

const FOURTEEN_DAYS = 14 * 24 * 3600;

/**
 * Where the event source mapping reports records it gave up, and where what `gap` kept failing on goes: positions in a
 * stream, no data. Age counts from the first queue on, and a message lives there for four days at most.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
 */
export function queues(): Resources {
  return {
    [QUEUE_ID]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        SqsManagedSseEnabled: true,
        VisibilityTimeout: QUEUE_VISIBILITY_SECONDS,
        RedrivePolicy: {
          deadLetterTargetArn: getAtt(DEAD_LETTER_QUEUE_ID, 'Arn'),
          maxReceiveCount: MAX_RECEIVE_COUNT,
        },
      },
    },
    [DEAD_LETTER_QUEUE_ID]: {
      Type: 'AWS::SQS::Queue',
      Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: FOURTEEN_DAYS },
    },
  };
}
