import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { builtCopy } from '../fixtures/packaging/built-copy.ts';
import { type Packaged, packageProject } from '../fixtures/packaging/serverless-package.ts';
import { userProject } from '../fixtures/packaging/user-project.ts';

/** A project whose large batches are delivered by several invocations (docs/scale.md). */

let root: string;
let user: string;
let packaged: Packaged;

beforeAll(async () => {
  root = await builtCopy();
  user = await userProject(root);
  const file = join(user, 'serverless.yml');
  const yaml = await readFile(file, 'utf8');
  const setting = '    fanOut: { above: 5000, lanes: 8, maximumConcurrency: 6 }\n';
  const edited = yaml.replace('\n    schema: schema.graphql\n', `\n    schema: schema.graphql\n${setting}`);
  expect(edited).toContain(setting);
  await writeFile(file, edited);
  packaged = await packageProject(user, join(user, 'out'));
}, 180_000);

afterAll(async () => {
  for (const folder of [root, user]) if (folder) await rm(folder, { recursive: true, force: true });
});

const idsOf = (type: string) =>
  Object.entries(packaged.resources).flatMap(([id, { Type }]) => (Type === type ? [id] : []));
const properties = (id: string) => packaged.resources[id]?.Properties ?? {};
const getAtt = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

test('has the function deliver with a role, a log group, alarms and queues of its own', () => {
  expect(idsOf('AWS::Lambda::Function')).toContain('DeliverLambdaFunction');
  expect(properties('DeliverLambdaFunction')).toMatchObject({
    Runtime: 'nodejs22.x',
    Architectures: ['arm64'],
    Timeout: 60,
    Role: getAtt('TablecastDeliverRole'),
    Environment: { Variables: { TABLECAST_POSTS_PER_SECOND: '1666' } },
  });
  expect(idsOf('AWS::SQS::Queue')).toEqual([
    'TablecastOnFailureQueue',
    'TablecastDeadLetterQueue',
    'TablecastFanOutQueue',
    'TablecastFanOutDeadLetterQueue',
  ]);
  expect(idsOf('AWS::CloudWatch::Alarm')).toEqual(
    expect.arrayContaining([
      'TablecastFanOutQueueAgeAlarm',
      'TablecastFanOutDeadLetterQueueDepthAlarm',
      'TablecastDeliverErrorsAlarm',
      'TablecastDeliverThrottlesAlarm',
    ]),
  );
  expect(properties('DeliverLogGroup')).toMatchObject({ RetentionInDays: 14 });
});

test('reads the FIFO queue by ten with at most six invocations, and gap reads its dead letters', () => {
  const mappings = idsOf('AWS::Lambda::EventSourceMapping').map(properties);
  const of = (queue: string) =>
    mappings.filter(({ EventSourceArn }) => JSON.stringify(EventSourceArn) === JSON.stringify(getAtt(queue)));
  expect(of('TablecastFanOutQueue')).toEqual([
    expect.objectContaining({
      FunctionName: getAtt('DeliverLambdaFunction'),
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 6 },
    }),
  ]);
  expect(of('TablecastFanOutQueue')[0]).not.toHaveProperty('MaximumBatchingWindowInSeconds');
  expect(of('TablecastFanOutDeadLetterQueue')).toEqual([
    expect.objectContaining({
      FunctionName: getAtt('GapLambdaFunction'),
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
  ]);
});

test('stream may send to that queue and knows it; its bundle has a client of SQS, and no other has', () => {
  expect(properties('StreamLambdaFunction')['Environment']).toMatchObject({
    Variables: {
      TABLECAST_FAN_OUT_QUEUE_URL: { Ref: 'TablecastFanOutQueue' },
      TABLECAST_FAN_OUT_ABOVE: '5000',
      TABLECAST_FAN_OUT_LANES: '8',
    },
  });
  expect(JSON.stringify(properties('TablecastStreamRole'))).toContain(
    JSON.stringify({
      Effect: 'Allow',
      Action: ['sqs:SendMessage'],
      Resource: [getAtt('TablecastOnFailureQueue'), getAtt('TablecastFanOutQueue')],
    }),
  );
  const withSqs = [...packaged.zips].flatMap(([name, files]) =>
    [...files.values()].some((file) => file.includes('SendMessageBatch')) ? [name] : [],
  );
  expect(withSqs).toEqual(['stream.zip']);
  expect(packaged.text).not.toContain('sqs:*');
});
