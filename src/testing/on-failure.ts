/** Why a mapping gave records up. */
export type DiscardCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/**
 * What an on-failure destination of SQS or SNS gets: where the records are, not the records. They can be read from the
 * stream until they are 24 h old.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
export interface OnFailureMessage {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: DiscardCondition;
    readonly approximateInvokeCount: number;
  };
  /** Absent when the function was never invoked with these records. */
  readonly responseContext?: {
    readonly statusCode: 200;
    readonly executedVersion: '$LATEST';
    /** Absent when the function answered, with failures. */
    readonly functionError?: 'Unhandled';
  };
  readonly version: '1.0';
  /** ISO 8601. */
  readonly timestamp: string;
  readonly DDBStreamBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    /** ISO 8601, whole seconds. */
    readonly approximateArrivalOfFirstRecord: string;
    readonly approximateArrivalOfLastRecord: string;
    readonly batchSize: number;
    readonly streamArn: string;
  };
}

export interface Discarded {
  readonly shardId: string;
  readonly streamArn: string;
  readonly functionArn: string;
  readonly requestId: string;
  readonly condition: DiscardCondition;
  readonly invocations: number;
  /** True when the last invocation threw or timed out rather than answer. */
  readonly threw: boolean;
  /** In order; at least one. `at` is epoch ms. */
  readonly records: readonly { readonly sequenceNumber: string; readonly at: number }[];
}

/** The message for records given up at `now` (epoch ms). */
export function onFailureMessage(discarded: Discarded, now: number): OnFailureMessage {
  const { records, invocations } = discarded;
  const first = records[0];
  const last = records.at(-1);
  if (!first || !last) throw new Error('expected at least one discarded record, got none');
  return {
    requestContext: {
      requestId: discarded.requestId,
      functionArn: discarded.functionArn,
      condition: discarded.condition,
      approximateInvokeCount: invocations,
    },
    ...(invocations > 0 && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(discarded.threw && { functionError: 'Unhandled' }),
      },
    }),
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    DDBStreamBatchInfo: {
      shardId: discarded.shardId,
      startSequenceNumber: first.sequenceNumber,
      endSequenceNumber: last.sequenceNumber,
      approximateArrivalOfFirstRecord: wholeSeconds(first.at),
      approximateArrivalOfLastRecord: wholeSeconds(last.at),
      batchSize: records.length,
      streamArn: discarded.streamArn,
    },
  };
}

function wholeSeconds(at: number): string {
  return new Date(Math.floor(at / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
}
