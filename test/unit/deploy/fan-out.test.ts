import { describe, expect, test } from '@jest/globals';
import { type Deployment, deployment } from '../../../src/deploy/deployment.ts';
import { FAN_OUT_RETENTION_SECONDS, FAN_OUT_VISIBILITY_SECONDS } from '../../../src/deploy/fan-out-queues.ts';
import { offlineFunctions } from '../../../src/deploy/offline.ts';
import { readSettings } from '../../../src/deploy/settings.ts';
import { MESSAGE_LIFE_SECONDS, TOKEN_LIFE_SECONDS } from '../../../src/relay/fan-out/life.ts';
import { loadModel } from '../../../src/schema/load.ts';

const MODEL = loadModel('type Todo @table(name: "Todos") { id: ID! title: String! }');

const deployed = (given: object = {}): Deployment =>
  deployment(
    {
      ...readSettings({ tables: { Todos: 'managed' }, ...given }),
      service: 'todos',
      stage: 'dev',
      handlers: 'handlers',
    },
    MODEL,
  );

const resource = (from: Deployment, id: string) => from.resources.Resources[id]?.Properties ?? {};
const QUEUE = { 'Fn::GetAtt': ['TablecastFanOutQueue', 'Arn'] };
const DEAD_LETTERS = { 'Fn::GetAtt': ['TablecastFanOutDeadLetterQueue', 'Arn'] };

describe('the setting fanOut', () => {
  test('is nothing by default, the defaults when true, and what it says when it is more', () => {
    for (const value of [undefined, null, false]) {
      expect(readSettings({ fanOut: value })).not.toHaveProperty('fanOut');
    }
    const defaults = { above: 20_000, lanes: 20, postsPerSecond: 10_000 };
    expect(readSettings({ fanOut: true }).fanOut).toEqual(defaults);
    expect(readSettings({ fanOut: {} }).fanOut).toEqual(defaults);
    const all = { above: 5, lanes: 3, maximumConcurrency: 2, postsPerSecond: 40_000 };
    expect(readSettings({ fanOut: all }).fanOut).toEqual(all);
  });

  test.each([
    [{ fanOut: 'yes' }, 'custom.tablecast.fanOut: expected true, or an object of above, lanes'],
    [{ fanOut: { lane: 3 } }, 'custom.tablecast.fanOut.lane: expected one of above, lanes'],
    [{ fanOut: { above: 0 } }, 'custom.tablecast.fanOut.above: expected a whole number from 1 to 10000000'],
    [{ fanOut: { lanes: 1_001 } }, 'custom.tablecast.fanOut.lanes: expected a whole number from 1 to 1000'],
    [{ fanOut: { maximumConcurrency: 1 } }, 'maximumConcurrency: expected a whole number from 2 to 1000'],
    [{ fanOut: { postsPerSecond: -1 } }, 'postsPerSecond: expected a whole number from 1 to 1000000'],
    [{ fanOut: true, delivery: 'worker' }, 'fanOut: expected nothing with "delivery: worker"'],
  ])('refuses %j', (given, message) => {
    expect(() => readSettings(given)).toThrow(message);
  });
});

describe('without it', () => {
  test('the template has nothing of it', () => {
    const text = JSON.stringify(deployed());
    expect(text).not.toMatch(/fan.?out/i);
    expect(text).not.toContain('deliver.handler');
  });
});

describe('with it', () => {
  const from = deployed({ fanOut: { above: 7, lanes: 5 } });

  test('both queues are FIFO, encrypted and of high throughput, and one is the other’s dead letters', () => {
    const fifo = {
      FifoQueue: true,
      ContentBasedDeduplication: false,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 120,
    };
    expect(resource(from, 'TablecastFanOutQueue')).toEqual({
      ...fifo,
      MessageRetentionPeriod: 7_800,
      RedrivePolicy: { deadLetterTargetArn: DEAD_LETTERS, maxReceiveCount: 30 },
    });
    expect(resource(from, 'TablecastFanOutDeadLetterQueue')).toEqual({
      ...fifo,
      MessageRetentionPeriod: 1_209_600,
    });
  });

  test.each([60, 3_600, 604_800])(
    'C5 with an age limit of %i s a message is given up before the queue drops it, and tokens outlive both',
    (maximumRecordAgeInSeconds) => {
      const queue = resource(deployed({ fanOut: true, maximumRecordAgeInSeconds }), 'TablecastFanOutQueue');
      const { maxReceiveCount }: { maxReceiveCount: number } = Object(queue['RedrivePolicy']);
      expect(maxReceiveCount).toBeGreaterThanOrEqual(1);
      expect(maxReceiveCount * FAN_OUT_VISIBILITY_SECONDS).toBeLessThan(FAN_OUT_RETENTION_SECONDS);
      expect(FAN_OUT_RETENTION_SECONDS).toBe(MESSAGE_LIFE_SECONDS);
      expect(TOKEN_LIFE_SECONDS).toBeGreaterThan(FAN_OUT_RETENTION_SECONDS + FAN_OUT_VISIBILITY_SECONDS);
    },
  );

  test('deliver reads the queue, gap the dead letters as well, and both name the messages that come again', () => {
    const mapping = (arn: object, more: object = {}) => ({
      sqs: { arn, batchSize: 10, functionResponseType: 'ReportBatchItemFailures', ...more },
    });
    expect(from.functions.deliver).toMatchObject({
      handler: 'handlers/deliver.handler',
      name: 'todos-dev-deliver',
      timeout: FAN_OUT_VISIBILITY_SECONDS / 2,
      events: [mapping(QUEUE)],
    });
    const onFailure = { 'Fn::GetAtt': ['TablecastOnFailureQueue', 'Arn'] };
    expect(from.functions.gap.events).toEqual([mapping(onFailure), mapping(DEAD_LETTERS)]);
    const bounded = deployed({ fanOut: { maximumConcurrency: 4 } });
    expect(bounded.functions.deliver?.events).toEqual([mapping(QUEUE, { maximumConcurrency: 4 })]);
  });

  test('stream knows the queue, and deliver its share of the account’s quota', () => {
    expect(from.functions.stream?.environment).toMatchObject({
      TABLECAST_FAN_OUT_QUEUE_URL: { Ref: 'TablecastFanOutQueue' },
      TABLECAST_FAN_OUT_ABOVE: '7',
      TABLECAST_FAN_OUT_LANES: '5',
    });
    expect(from.functions.deliver?.environment).toMatchObject({ TABLECAST_POSTS_PER_SECOND: '2000' });
    const share = (fanOut: object) =>
      deployed({ fanOut }).functions.deliver?.environment['TABLECAST_POSTS_PER_SECOND'];
    expect(share({ maximumConcurrency: 2 })).toBe('5000');
    expect(share({ lanes: 3, maximumConcurrency: 100 })).toBe('3333');
    expect(share({ lanes: 1_000, postsPerSecond: 10 })).toBe('1');
    for (const [name, { environment }] of Object.entries(from.functions)) {
      if (name !== 'stream') expect(environment).not.toHaveProperty('TABLECAST_FAN_OUT_QUEUE_URL');
    }
    expect(deployed({ fanOut: true }).functions.stream?.environment).not.toHaveProperty(
      'TABLECAST_FAN_OUT_ABOVE',
    );
  });

  test('each may do with the queues what it does, and nothing else', () => {
    const sqs = (name: string) => {
      const [policy]: { PolicyDocument: { Statement: { Action: string[]; Resource: unknown }[] } }[] = Object(
        resource(from, `Tablecast${name}Role`)['Policies'],
      );
      const statements = policy?.PolicyDocument.Statement ?? [];
      return statements.filter(({ Action }) => Action.some((action) => action.startsWith('sqs:')));
    };
    const onFailure = { 'Fn::GetAtt': ['TablecastOnFailureQueue', 'Arn'] };
    const read = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
    expect(sqs('Stream')).toEqual([
      { Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: [onFailure, QUEUE] },
    ]);
    expect(sqs('Deliver')).toEqual([{ Effect: 'Allow', Action: read, Resource: [QUEUE] }]);
    expect(sqs('Gap')).toEqual([{ Effect: 'Allow', Action: read, Resource: [onFailure, DEAD_LETTERS] }]);
    for (const name of ['Connect', 'Subscribe', 'Disconnect', 'Graphql', 'Keepalive'])
      expect(sqs(name)).toEqual([]);
  });

  test('alarms tell when the queue is late, when frames were given up, and of errors of deliver', () => {
    const late = deployed({ fanOut: true, alarms: { iteratorAgeSeconds: 90 } });
    expect(resource(late, 'TablecastFanOutQueueAgeAlarm')).toMatchObject({
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['TablecastFanOutQueue', 'QueueName'] } }],
      Threshold: 90,
    });
    expect(resource(late, 'TablecastFanOutDeadLetterQueueDepthAlarm')).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Threshold: 0,
    });
    expect(resource(late, 'TablecastDeliverErrorsAlarm')).toMatchObject({ MetricName: 'Errors' });
  });

  test('on a developer’s machine there is no queue, and all is delivered where it came in', () => {
    const { deliver, stream } = offlineFunctions(from.functions, {
      environment: {},
      relayTable: 't',
      connectionsEndpoint: 'http://localhost:3001',
      pageSecret: 'of-this-run',
    });
    expect(deliver).toBeUndefined();
    expect(stream?.environment).not.toHaveProperty('TABLECAST_FAN_OUT_QUEUE_URL');
    for (const value of Object.values(stream?.environment ?? {})) expect(typeof value).toBe('string');
  });
});
