import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judgeResponse } from '../../../src/testing/batch-response.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import {
  createEventSourceMapping,
  type EventSourceMappingSettings,
} from '../../../src/testing/event-source-mapping.ts';
import type { InvocationFaults } from '../../../src/testing/invocation.ts';
import type { OnFailureMessage } from '../../../src/testing/on-failure.ts';

const START = Date.UTC(2026, 0, 1);
const ARN = 'arn:aws:dynamodb:eu-central-1:000000000000:table/Todos/stream/2026-01-01T00:00:00.000';

/** Sequence numbers cross a power of ten, where text order and number order part. */
const numberOf = (n: number) => `${9_999_999_999_999_999_990n + BigInt(n)}`;
const placeOf = (sequenceNumber: string) => Number(BigInt(sequenceNumber) - 9_999_999_999_999_999_990n);
const record = (n: number, ageSeconds = 0) => ({
  eventID: `e${n}`,
  eventSourceARN: ARN,
  dynamodb: { SequenceNumber: numberOf(n), ApproximateCreationDateTime: START / 1_000 - ageSeconds },
});
const records = (count: number) => Array.from({ length: count }, (_, n) => record(n));

type Answer = (batch: readonly number[], invocation: number) => unknown;
const failAt = (n: number) => ({ batchItemFailures: [{ itemIdentifier: numberOf(n) }] });

/** Runs the answers through a mapping; gives every batch the function saw. */
function world(answer: Answer, settings: EventSourceMappingSettings = {}, faults?: InvocationFaults) {
  const clock = createVirtualClock(START);
  const batches: number[][] = [];
  const times: number[] = [];
  const messages: OnFailureMessage[] = [];
  const mapping = createEventSourceMapping<ReturnType<typeof record>>({
    handler: async ({ Records }, context) => {
      expect(context.getRemainingTimeInMillis()).toBe(settings.functionTimeoutMs ?? 60_000);
      const batch = Records.map(({ dynamodb }) => placeOf(dynamodb.SequenceNumber));
      batches.push(batch);
      times.push(clock.now() - START);
      return answer(batch, batches.length);
    },
    settings: { reportBatchItemFailures: true, ...settings },
    clock,
    onFailure: (message) => {
      messages.push(message);
    },
    ...(faults && { faults }),
  });
  return { mapping, clock, batches, times, messages, drain: () => clock.run(mapping.drain()) };
}

describe('answers of a handler with ReportBatchItemFailures', () => {
  const batch = ['9', '10', '11'];
  test.each([[undefined], [null], [{}], [{ batchItemFailures: null }], [{ batchItemFailures: [] }]])(
    '%j is success',
    (response) => {
      expect(judgeResponse(response, batch)).toEqual({ kind: 'success' });
    },
  );
  test.each([
    [[{ itemIdentifier: '' }]],
    [[{ itemIdentifier: null }]],
    [[{ id: '10' }]],
    [[{ itemIdentifier: '12' }]],
    [[{ itemIdentifier: 10 }]],
    [[null]],
    [['10']],
    [[{ itemIdentifier: '10' }, { itemIdentifier: '' }]],
    ['10'],
  ])('failures %j fail the whole batch', (batchItemFailures) => {
    expect(judgeResponse({ batchItemFailures }, batch).kind).toBe('failure');
  });
  test('the lowest sequence number is the checkpoint, as a number and not as text', () => {
    const batchItemFailures = [{ itemIdentifier: '11' }, { itemIdentifier: '10' }];
    expect(judgeResponse({ batchItemFailures }, batch)).toEqual({ kind: 'partial', index: 1 });
    expect(
      judgeResponse({ batchItemFailures: [{ itemIdentifier: '10' }, { itemIdentifier: '9' }] }, batch),
    ).toEqual({
      kind: 'partial',
      index: 0,
    });
  });
});

describe('event source mapping', () => {
  test('batches come in order, at most batchSize long, once when all goes well', async () => {
    const { mapping, batches, drain } = world(() => undefined, { batchSize: 4 });
    mapping.push(records(6));
    mapping.push([record(6), record(7), record(8)]);
    const report = await drain();
    expect(batches).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8]]);
    expect(report).toMatchObject({ invocations: 3, done: 9, retries: 0, discarded: [], trimmed: [] });
  });

  test('one invocation carries no more than 6 MB', async () => {
    const clock = createVirtualClock(START);
    const sizes: number[] = [];
    const mapping = createEventSourceMapping({
      handler: async ({ Records }) => {
        sizes.push(Records.length);
      },
      clock,
    });
    mapping.push(records(10).map((one) => ({ ...one, padding: 'x'.repeat(1024 * 1024) })));
    await clock.run(mapping.drain());
    expect(sizes).toEqual([5, 5]);
  });

  test('a partial answer is retried from its checkpoint on, and nothing later is seen before', async () => {
    const { mapping, batches, drain } = world((_, invocation) => (invocation <= 2 ? failAt(2) : undefined), {
      batchSize: 4,
    });
    mapping.push(records(6));
    const report = await drain();
    expect(batches).toEqual([
      [0, 1, 2, 3],
      [2, 3],
      [2, 3],
      [4, 5],
    ]);
    expect(report).toMatchObject({ done: 6, retries: 2 });
  });

  test('without ReportBatchItemFailures a partial answer is success, and an exception fails all', async () => {
    const quiet = world(() => failAt(1), { reportBatchItemFailures: false });
    quiet.mapping.push(records(3));
    expect(await quiet.drain()).toMatchObject({ done: 3, retries: 0 });
    const loud = world(
      (_, invocation) => {
        if (invocation === 1) throw new Error('no');
      },
      { reportBatchItemFailures: false },
    );
    loud.mapping.push(records(3));
    await loud.drain();
    expect(loud.batches).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  test('an exception and a bad identifier retry the whole batch, with growing waits', async () => {
    const { mapping, batches, times, drain } = world((_, invocation) => {
      if (invocation === 1) throw new Error('no');
      return invocation === 2 ? { batchItemFailures: [{ itemIdentifier: '' }] } : undefined;
    });
    mapping.push(records(3));
    await drain();
    expect(batches).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(times).toEqual([0, 1_000, 3_000]);
  });

  test('bisect halves a failed batch until the poison record stands alone; splitting uses up no retry', async () => {
    const { mapping, batches, messages, drain } = world(
      (batch) => {
        if (batch.includes(5)) throw new Error('poison');
      },
      { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 },
    );
    mapping.push(records(8));
    const report = await drain();
    expect(batches).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [4, 5],
      [4],
      [5],
      [5],
      [6, 7],
    ]);
    expect(report).toMatchObject({ done: 7, retries: 1, splits: 3 });
    expect(messages.map(({ DDBStreamBatchInfo }) => DDBStreamBatchInfo.startSequenceNumber)).toEqual([
      numberOf(5),
    ]);
  });

  test('bisect with a partial answer splits at the checkpoint and goes on at once', async () => {
    const { mapping, batches, times, drain } = world((batch) => (batch[0] === 0 ? failAt(3) : undefined), {
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 0,
    });
    mapping.push(records(5));
    expect(await drain()).toMatchObject({ done: 5, retries: 0, splits: 1, discarded: [] });
    expect(batches).toEqual([
      [0, 1, 2, 3, 4],
      [3, 4],
    ]);
    expect(times).toEqual([0, 0]);
  });

  test('retries run out: the rest of the batch is given up, told as AWS tells it, and the shard goes on', async () => {
    const { mapping, batches, messages, drain } = world(
      (batch) => (batch.includes(2) ? failAt(1) : undefined),
      {
        batchSize: 3,
        maximumRetryAttempts: 2,
      },
    );
    mapping.push(records(4));
    const report = await drain();
    expect(batches).toEqual([[0, 1, 2], [1, 2], [1, 2], [3]]);
    expect(report.discarded).toEqual([
      { condition: 'RetryAttemptsExhausted', sequenceNumbers: [numberOf(1), numberOf(2)] },
    ]);
    expect(messages).toEqual([
      {
        requestContext: {
          requestId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
          functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:stream',
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: 3,
        },
        responseContext: { statusCode: 200, executedVersion: '$LATEST' },
        version: '1.0',
        timestamp: '2026-01-01T00:00:03.000Z',
        DDBStreamBatchInfo: {
          shardId: 'shardId-00000000000000000000-00000000',
          startSequenceNumber: numberOf(1),
          endSequenceNumber: numberOf(2),
          approximateArrivalOfFirstRecord: '2026-01-01T00:00:00Z',
          approximateArrivalOfLastRecord: '2026-01-01T00:00:00Z',
          batchSize: 2,
          streamArn: ARN,
        },
      },
    ]);
  });

  test('records too old are given up one by one as they age, also before a first invocation', async () => {
    const { mapping, batches, messages, drain } = world(
      () => {
        throw new Error('down');
      },
      { maximumRecordAgeInSeconds: 60 },
    );
    mapping.push([record(0, 61), record(1, 58), record(2, 0)]);
    const report = await drain();
    expect(batches[0]).toEqual([1, 2]);
    expect(batches.at(-1)).toEqual([2]);
    expect(report.discarded).toEqual([
      { condition: 'RecordAgeExceeded', sequenceNumbers: [numberOf(0)] },
      { condition: 'RecordAgeExceeded', sequenceNumbers: [numberOf(1)] },
      { condition: 'RecordAgeExceeded', sequenceNumbers: [numberOf(2)] },
    ]);
    expect(messages[0]).not.toHaveProperty('responseContext');
    expect(messages[0]?.requestContext.approximateInvokeCount).toBe(0);
    expect(messages[1]?.responseContext).toEqual({
      statusCode: 200,
      executedVersion: '$LATEST',
      functionError: 'Unhandled',
    });
  });

  test('with retries and age without end, a poison record holds its shard for 24 hours and is then lost untold', async () => {
    const { mapping, clock, batches, messages, drain } = world(
      (batch) => (batch.includes(0) ? failAt(0) : undefined),
      {
        batchSize: 1,
      },
    );
    mapping.push(records(2));
    const report = await drain();
    expect(report.trimmed).toEqual([numberOf(0), numberOf(1)]);
    expect(messages).toEqual([]);
    expect(batches.length).toBeGreaterThan(1_000);
    expect(batches.flat()).not.toContain(1);
    expect(clock.now() - START).toBeGreaterThan(24 * 3_600_000);
  });

  test('a function that outlives its time-out has failed', async () => {
    const clock = createVirtualClock(START);
    let invocations = 0;
    const mapping = createEventSourceMapping({
      handler: async (_event, context) => {
        invocations += 1;
        if (invocations === 1) await clock.sleep(10_001);
        return context.awsRequestId;
      },
      settings: { functionTimeoutMs: 10_000 },
      clock,
    });
    mapping.push(records(1));
    expect(await clock.run(mapping.drain())).toMatchObject({ invocations: 2, retries: 1, done: 1 });
  });

  test('shards are worked side by side: one that fails does not hold the other', async () => {
    const { mapping, batches, times, drain } = world((batch, invocation) => {
      if (batch.includes(0) && invocation < 4) throw new Error('down');
    });
    mapping.push([record(0)], 'shard-a');
    mapping.push([record(1)], 'shard-b');
    await drain();
    expect(times[batches.findIndex((batch) => batch.includes(1))]).toBe(0);
    expect(batches.filter((batch) => batch.includes(0)).length).toBeGreaterThan(1);
  });

  test('throttled invocations wait and use up no retry', async () => {
    const { mapping, drain } = world(
      () => undefined,
      { maximumRetryAttempts: 0 },
      { seed: 1, throttle: 0.7 },
    );
    mapping.push(records(1));
    const report = await drain();
    expect(report).toMatchObject({ done: 1, retries: 0, discarded: [], invocations: 1 });
    expect(report.throttled).toBeGreaterThan(0);
  });

  test('the handler gets a copy: what it does to its event is not in the next one', async () => {
    const clock = createVirtualClock(START);
    const seen: unknown[] = [];
    const mapping = createEventSourceMapping<{ dynamodb: { SequenceNumber: string; Keys?: object } }>({
      handler: async ({ Records }) => {
        seen.push(JSON.parse(JSON.stringify(Records)));
        for (const one of Records) delete one.dynamodb.Keys;
        if (seen.length === 1) throw new Error('again');
      },
      clock,
    });
    mapping.push([{ dynamodb: { SequenceNumber: '1', Keys: { id: { S: 'a' } } } }]);
    await clock.run(mapping.drain());
    expect(seen[1]).toEqual(seen[0]);
  });

  test('whatever goes wrong, every record is done at least once, first times are in order, and a seed repeats itself', async () => {
    const rate = fc.constantFrom(0, 0.1, 0.4);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.integer(),
          crashBefore: rate,
          crashAfter: rate,
          throttle: rate,
          redeliver: rate,
        }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        fc.array(fc.nat(9), { maxLength: 10 }),
        async (faults, batchSize, bisectBatchOnFunctionError, failures) => {
          const run = async () => {
            const fails = [...failures];
            const done: number[] = [];
            const { mapping, batches, drain } = world(
              (batch) => {
                const at = fails.shift();
                const failed = at !== undefined && batch.includes(at) ? at : undefined;
                done.push(...batch.filter((n) => failed === undefined || n < failed));
                return failed === undefined ? undefined : failAt(failed);
              },
              { batchSize, bisectBatchOnFunctionError },
              faults,
            );
            mapping.push(records(10));
            const report = await drain();
            return { done, batches, report };
          };
          const first = await run();
          expect([...new Set(first.done)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
          expect(first.report).toMatchObject({ done: 10, discarded: [], trimmed: [] });
          expect(await run()).toEqual(first);
        },
      ),
      { numRuns: 150 },
    );
  });
});
