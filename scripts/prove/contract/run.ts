import { isDeepStrictEqual } from 'node:util';
import type { RelayContext } from '../../../src/relay/context.ts';
import { judgeResponse } from '../../../src/testing/batch-response.ts';
import { createEventSourceMapping, type StreamRecord } from '../../../src/testing/event-source-mapping.ts';
import type { StreamHandler } from '../../../src/testing/invocation.ts';
import type { ContractCase, Verdict } from './cases.ts';
import { createWorld, SUBSCRIBERS, type World } from './world.ts';

/** The handler under test, on the parts given. */
export type HandlerOf = (context: RelayContext) => StreamHandler<unknown>;

interface Envelope extends StreamRecord {
  readonly content: unknown;
}

/**
 * Runs one case through the event source mapping: the trouble is there for the first invocation and over for the next.
 * @returns what did not hold, in words
 */
export async function runCase(contract: ContractCase, handlerOf: HandlerOf): Promise<readonly string[]> {
  const { subscribers = SUBSCRIBERS, excused = [], verdict, by } = contract;
  const world = await createWorld(contract.settings ?? {}, subscribers);
  const records =
    contract.records?.(world) ?? ['1', '2', '3'].map((id) => world.created(id, { title: `title ${id}` }));
  const handler = handlerOf(world.relay.context);
  const answers: { readonly response?: unknown }[] = [];
  const batches: (readonly string[])[] = [];
  contract.trouble?.(world);

  const invoke: StreamHandler<unknown> = async ({ Records }, lambda) => {
    const answer: { response?: unknown } = {};
    answers.push(answer);
    try {
      const remaining = { ...lambda, getRemainingTimeInMillis: () => world.remainingMs() };
      answer.response = await handler({ Records }, remaining);
      return answer.response;
    } finally {
      world.heal();
    }
  };
  // What has no sequence number of its own has one in the stream all the same.
  const numbers = records.map((record, place) => sequenceNumberOf(record) ?? String(place));
  const mapping = createEventSourceMapping<Envelope>({
    handler: (event, lambda) => {
      batches.push(event.Records.map(({ dynamodb }) => dynamodb?.SequenceNumber ?? ''));
      return invoke({ Records: event.Records.map(({ content }) => content) }, lambda);
    },
    settings: { reportBatchItemFailures: true, maximumRetryAttempts: 3 },
    retryDelayMs: () => 1,
  });
  const faults: string[] = [];
  if (records.length === 0) {
    // Lambda hands out no empty batch; answered it must be all the same.
    await invoke({ Records: [] }, LAMBDA);
  } else {
    mapping.push(
      records.map((content, place) => ({ dynamodb: { SequenceNumber: numbers[place] }, content })),
    );
    const report = await mapping.drain();
    if (report.done !== records.length || report.discarded.length > 0) {
      faults.push(`expected ${records.length} records done and none given up, got ${report.done} done`);
    }
  }
  faults.push(...judgeAnswer(answers[0]?.response, 'response' in (answers[0] ?? {}), numbers, verdict, by));
  faults.push(...judgeInvocations(batches, numbers, verdict));
  faults.push(...judgeFrames(world, records, subscribers, excused));
  return faults;
}

const LAMBDA = {
  awsRequestId: '00000000-0000-0000-0000-000000000000',
  functionName: 'stream',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:stream',
  getRemainingTimeInMillis: () => 60_000,
};

function judgeAnswer(
  response: unknown,
  answered: boolean,
  numbers: readonly string[],
  verdict: Verdict,
  by: ContractCase['by'],
): string[] {
  if (by === 'threw') return answered ? ['expected the handler to throw, and it answered'] : [];
  if (!answered) return ['expected an answer, and the handler threw'];
  const failed =
    verdict === 'success' ? [] : [{ itemIdentifier: by === 'unnamed' ? '' : numbers[fromOf(verdict)] }];
  const wanted = { batchItemFailures: failed };
  if (!isDeepStrictEqual(response, wanted))
    return [`expected ${JSON.stringify(wanted)}, got ${JSON.stringify(response)}`];
  const judged = judgeResponse(response, numbers);
  const kind = typeof verdict === 'string' ? verdict : 'partial';
  return judged.kind === kind ? [] : [`expected Lambda to see ${kind}, got ${judged.kind}`];
}

function fromOf(verdict: Verdict): number {
  return typeof verdict === 'string' ? 0 : verdict.from;
}

/** What Lambda hands out: the batch, and what is not done of it once more. */
function judgeInvocations(
  batches: readonly (readonly string[])[],
  numbers: readonly string[],
  verdict: Verdict,
): string[] {
  if (numbers.length === 0) return [];
  const wanted = verdict === 'success' ? [numbers] : [numbers, numbers.slice(fromOf(verdict))];
  // One that outgrew its invocation may take more of them, each beginning where the last one ended.
  const begun = batches.slice(0, wanted.length);
  return isDeepStrictEqual(begun, wanted)
    ? []
    : [`expected the batch to come again from record ${fromOf(verdict)}, got ${JSON.stringify(batches)}`];
}

/** In the end everyone has everything, each event first in order. */
function judgeFrames(
  { connections }: World,
  records: readonly unknown[],
  subscribers: readonly string[],
  excused: readonly string[],
): string[] {
  const events = records.map(eventIdOfCreated).filter((eventId) => eventId !== undefined);
  return subscribers.flatMap((id) => {
    if (excused.includes(id)) return [];
    const got = connections.frames(id).map((frame) => JSON.parse(frame).payload?.extensions?.eventId);
    const first = [...new Set(got)];
    return isDeepStrictEqual(first, events)
      ? []
      : [`expected ${events.length} events in order at ${id}, got ${first.length}`];
  });
}

function eventIdOfCreated(record: unknown): unknown {
  if (sequenceNumberOf(record) === undefined) return undefined;
  return Reflect.get(Object(record), 'eventID');
}

function sequenceNumberOf(record: unknown): string | undefined {
  const body: unknown = record === null ? undefined : Reflect.get(Object(record), 'dynamodb');
  const number: unknown =
    typeof body === 'object' && body !== null ? Reflect.get(body, 'SequenceNumber') : undefined;
  return typeof number === 'string' ? number : undefined;
}
