import { describe, expect, test } from '@jest/globals';
import { type Deployment, deployment } from '../../../src/deploy/deployment.ts';
import { readSettings } from '../../../src/deploy/settings.ts';
import { loadModel } from '../../../src/schema/load.ts';

const MODEL = loadModel('type Todo @table(name: "Todos") { id: ID! title: String! }');
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:ops';
const NAMES = ['connect', 'subscribe', 'disconnect', 'stream', 'gap', 'graphql', 'keepalive'];

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

const ofType = (from: Deployment, type: string) =>
  new Map(
    Object.entries(from.resources.Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties }]) => [id, Properties]),
  );
const alarms = (given?: object) => ofType(deployed(given), 'AWS::CloudWatch::Alarm');
const label = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

describe('alarms', () => {
  test('are those of every function, of the lag of the streams, and of both queues; each says what is wrong', () => {
    const found = alarms();
    const ofFunctions = NAMES.flatMap((name) =>
      ['Errors', 'Throttles'].map((metric) => `Tablecast${label(name)}${metric}Alarm`),
    );
    const others = [
      'IteratorAge',
      'RecordsGivenUp',
      'OnFailureQueueDepth',
      'OnFailureQueueAge',
      'DeadLetterQueueDepth',
    ];
    expect([...found.keys()].sort()).toEqual(
      [...ofFunctions, ...others.map((name) => `Tablecast${name}Alarm`)].sort(),
    );
    for (const properties of found.values()) {
      expect(properties['AlarmDescription']).toMatch(/^Tablecast: \S/);
      expect(properties).toMatchObject({
        TreatMissingData: 'notBreaching',
        ComparisonOperator: 'GreaterThanThreshold',
      });
      expect(properties).not.toHaveProperty('AlarmActions');
    }
  });

  test('the age of what the stream function reads is compared in milliseconds, at its greatest', () => {
    expect(alarms().get('TablecastIteratorAgeAlarm')).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'IteratorAge',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'StreamLambdaFunction' } }],
      Statistic: 'Maximum',
      Threshold: 60_000,
      Period: 60,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 2,
    });
    const given = { alarms: { iteratorAgeSeconds: '300' } };
    expect(alarms(given).get('TablecastIteratorAgeAlarm')).toMatchObject({ Threshold: 300_000 });
  });

  test('a queue is watched by its name: what comes, what waits, how long it has waited', () => {
    const found = alarms();
    const queue = (id: string) => [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }];
    const of = (id: string) => {
      const { MetricName, Dimensions, Statistic, Threshold } = Object(found.get(`Tablecast${id}Alarm`));
      return [MetricName, Statistic, Threshold, Dimensions];
    };
    const [onFailure, deadLetter] = [queue('TablecastOnFailureQueue'), queue('TablecastDeadLetterQueue')];
    const visible = 'ApproximateNumberOfMessagesVisible';
    expect(of('RecordsGivenUp')).toEqual(['NumberOfMessagesSent', 'Sum', 0, onFailure]);
    expect(of('OnFailureQueueDepth')).toEqual([visible, 'Maximum', 0, onFailure]);
    expect(of('OnFailureQueueAge')).toEqual(['ApproximateAgeOfOldestMessage', 'Maximum', 600, onFailure]);
    expect(of('DeadLetterQueueDepth')).toEqual([visible, 'Maximum', 0, deadLetter]);
  });

  test.each(NAMES)('one error or throttle of %s in five minutes is enough', (name) => {
    for (const metric of ['Errors', 'Throttles']) {
      expect(alarms().get(`Tablecast${label(name)}${metric}Alarm`)).toMatchObject({
        Namespace: 'AWS/Lambda',
        MetricName: metric,
        Dimensions: [{ Name: 'FunctionName', Value: { Ref: `${label(name)}LambdaFunction` } }],
        Statistic: 'Sum',
        Threshold: 0,
        Period: 300,
        EvaluationPeriods: 1,
      });
    }
  });

  test.each([TOPIC, { Ref: 'Ops' }, { 'Fn::ImportValue': 'ops-topic' }])(
    'the topic %j is told when one goes on and when it goes off',
    (topic) => {
      const found = alarms({ alarms: { topic } });
      expect(found.size).toBe(19);
      for (const properties of found.values()) {
        expect(properties).toMatchObject({ AlarmActions: [topic], OKActions: [topic] });
      }
    },
  );

  test('an empty topic, as of a variable that is not set, is none; and alarms can be left out', () => {
    for (const properties of alarms({ alarms: { topic: '' } }).values()) {
      expect(properties).not.toHaveProperty('AlarmActions');
    }
    expect(alarms({ alarms: { enabled: false } }).size).toBe(0);
  });
});

describe('the queues', () => {
  test('what gap keeps failing on is kept for two weeks, once nobody is left to tell', () => {
    const queues = ofType(deployed(), 'AWS::SQS::Queue');
    expect(queues.get('TablecastDeadLetterQueue')).toEqual({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1_209_600,
    });
    const { RedrivePolicy, VisibilityTimeout } = Object(queues.get('TablecastOnFailureQueue'));
    expect(RedrivePolicy.deadLetterTargetArn).toEqual({ 'Fn::GetAtt': ['TablecastDeadLetterQueue', 'Arn'] });
    expect(VisibilityTimeout).toBe(6 * deployed().functions.gap.timeout);
    // A connection lives for two hours and ten minutes at most (src/relay/context.ts).
    expect(RedrivePolicy.maxReceiveCount * VisibilityTimeout).toBeGreaterThan(2 * 3600 + 600);
  });
});

describe('delivery by a worker', () => {
  const [lambda, worker] = [deployed(), deployed({ delivery: 'worker' })];

  test('leaves out the stream function, its role and its alarms, and nothing else', () => {
    const left = (from: Deployment) => [
      ...Object.keys(from.functions),
      ...Object.keys(from.resources.Resources),
    ];
    const gone = left(lambda).filter((name) => !left(worker).includes(name));
    expect(gone).toEqual([
      'stream',
      'TablecastIteratorAgeAlarm',
      'TablecastStreamErrorsAlarm',
      'TablecastStreamThrottlesAlarm',
      'TablecastStreamRole',
    ]);
    expect(left(worker).filter((name) => !left(lambda).includes(name))).toEqual([]);
    expect(JSON.stringify(worker)).not.toContain('StreamLambdaFunction');
    expect(JSON.stringify(Object.values(worker.functions).map(({ events }) => events))).not.toContain(
      'StreamArn',
    );
  });

  test('subscribe of a new version waits for its stream function, which finds what it writes', () => {
    expect(lambda.functions.subscribe.dependsOn).toEqual(['StreamLambdaFunction']);
    expect(worker.functions.subscribe).not.toHaveProperty('dependsOn');
    for (const [name, definition] of Object.entries(lambda.functions)) {
      if (name !== 'subscribe') expect(definition).not.toHaveProperty('dependsOn');
    }
  });
});
