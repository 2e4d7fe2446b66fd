import {
  SendMessageBatchCommand,
  type SendMessageBatchCommandOutput,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import type { FanOutQueue, QueueMessage, SendOutcome } from '../../relay/fan-out/ports.ts';
import type { Clock } from '../../relay/ports.ts';
import { mapConcurrently } from '../dynamodb/concurrency.ts';
import { packed } from './pack.ts';

/** The part of an `SQSClient` that is used. Its own retries send the same deduplication ids again, and so no message twice. */
export interface SqsClient {
  send(command: SendMessageBatchCommand): Promise<SendMessageBatchCommandOutput>;
}

export interface SqsQueueOptions {
  /** With time-outs and retries of its own for requests that get no answer. */
  readonly client: SqsClient;
  /** URL of a FIFO queue without content-based deduplication. */
  readonly queueUrl: string;
  readonly clock: Clock;
  /** In [0, 1): jitter of the pauses between tries. Default `Math.random`. */
  readonly random?: () => number;
}

/** Requests under way at once. */
const REQUESTS = 10;

/** Tries for entries that SQS itself failed on (throttling, internal errors): about 3 s of pauses in all. */
const MAX_TRIES = 6;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1_600;

/**
 * {@link FanOutQueue} on SQS, by SendMessageBatch: 10 messages and 256 KB a request. The message group is `group`, the
 * deduplication id `id`.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 */
export function createSqsQueue(options: SqsQueueOptions): FanOutQueue {
  return {
    async send(messages) {
      const outcomes = await mapConcurrently(packed(messages), REQUESTS, (batch) =>
        sendBatch(options, batch),
      );
      const detail = outcomes.find((outcome) => outcome.detail !== undefined)?.detail;
      return {
        refused: outcomes.flatMap(({ refused }) => refused),
        unsure: outcomes.flatMap(({ unsure }) => unsure),
        ...(detail !== undefined && { detail }),
      };
    },
  };
}

async function sendBatch(
  { client, queueUrl, clock, random = Math.random }: SqsQueueOptions,
  batch: readonly QueueMessage[],
): Promise<SendOutcome> {
  const refused: string[] = [];
  let detail: string | undefined;
  let left = batch;
  for (let tries = 1; left.length > 0 && tries <= MAX_TRIES; tries += 1) {
    if (tries > 1) {
      const longest = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 2));
      await clock.sleep(longest * (0.5 + 0.5 * random()));
    }
    let failures: SendMessageBatchCommandOutput['Failed'];
    try {
      ({ Failed: failures } = await client.send(commandOf(queueUrl, left)));
    } catch (error) {
      const ids = left.map(({ id }) => id);
      const isCertain = error instanceof SQSServiceException && error.$fault === 'client';
      return {
        refused: isCertain ? [...refused, ...ids] : refused,
        unsure: isCertain ? [] : ids,
        detail: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      };
    }
    const again: QueueMessage[] = [];
    for (const { Id, Code, Message, SenderFault } of failures ?? []) {
      const message = left[Number(Id)];
      if (!message) continue;
      detail = `${Code ?? 'no code'}: ${Message ?? 'no message'}`;
      if (SenderFault) refused.push(message.id);
      else again.push(message);
    }
    left = again;
  }
  refused.push(...left.map(({ id }) => id));
  return { refused, unsure: [], ...(refused.length > 0 && detail !== undefined && { detail }) };
}

/** Entries are named by their place. */
function commandOf(QueueUrl: string, messages: readonly QueueMessage[]): SendMessageBatchCommand {
  return new SendMessageBatchCommand({
    QueueUrl,
    Entries: messages.map(({ id, group, body }, place) => ({
      Id: String(place),
      MessageBody: body,
      MessageGroupId: group,
      MessageDeduplicationId: id,
    })),
  });
}
