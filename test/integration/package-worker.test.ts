import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { builtCopy } from '../fixtures/packaging/built-copy.ts';
import { type Packaged, packageProject } from '../fixtures/packaging/serverless-package.ts';
import { userProject } from '../fixtures/packaging/user-project.ts';

/** A project whose streams a worker reads, with every setting of an operator's set. */

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:ops';
const SETTINGS = `
    delivery: worker
    explainLog: true
    metricsNamespace: Shop/Live
    alarms: { topic: '${TOPIC}' }
`;

const RESOURCES = `\${file(node_modules/tablecast/serverless.cjs):resources}`;
/** docs/deploy.md, "Alarms". */
const LESS_SENSITIVE = `
  - Resources:
      TablecastConnectThrottlesAlarm:
        Properties: { Threshold: 10 }
`;

let root: string;
let user: string;
let packaged: Packaged;

beforeAll(async () => {
  root = await builtCopy();
  user = await userProject(root);
  const file = join(user, 'serverless.yml');
  const yaml = await readFile(file, 'utf8');
  const edited = yaml
    .replace('\n    schema: schema.graphql\n', `${SETTINGS}    schema: schema.graphql\n`)
    .replace(`resources: ${RESOURCES}`, `resources:\n  - ${RESOURCES}\n${LESS_SENSITIVE}`);
  expect(edited).toContain('Threshold: 10');
  await writeFile(file, edited);
  packaged = await packageProject(user, join(user, 'out'));
}, 180_000);

afterAll(async () => {
  for (const folder of [root, user]) if (folder) await rm(folder, { recursive: true, force: true });
});

const idsOf = (type: string) =>
  Object.entries(packaged.resources).flatMap(([id, { Type }]) => (Type === type ? [id] : []));

test('has no function that reads a stream, no mapping and no role for it; everything else stays', () => {
  const names = ['Connect', 'Subscribe', 'Disconnect', 'Gap', 'Graphql', 'Keepalive'];
  expect(idsOf('AWS::Lambda::Function')).toEqual(names.map((name) => `${name}LambdaFunction`));
  expect(idsOf('AWS::IAM::Role')).toEqual(names.map((name) => `Tablecast${name}Role`));
  expect(idsOf('AWS::SQS::Queue')).toEqual(['TablecastOnFailureQueue', 'TablecastDeadLetterQueue']);
  const mappings = idsOf('AWS::Lambda::EventSourceMapping').map((id) => packaged.resources[id]?.Properties);
  expect(mappings).toEqual([
    expect.objectContaining({ EventSourceArn: { 'Fn::GetAtt': ['TablecastOnFailureQueue', 'Arn'] } }),
  ]);
  expect(packaged.text).not.toContain('StreamLambdaFunction');
  expect(packaged.text).not.toContain('dynamodb:GetRecords');
  expect([...packaged.zips.keys()]).not.toContain('stream.zip');
});

test('its alarms tell the topic, and ask nothing of a function that is not there', () => {
  const alarms = idsOf('AWS::CloudWatch::Alarm');
  expect(alarms).toHaveLength(2 * 6 + 4);
  expect(alarms).not.toContain('TablecastIteratorAgeAlarm');
  for (const id of alarms) {
    expect(packaged.resources[id]?.Properties).toMatchObject({ AlarmActions: [TOPIC], OKActions: [TOPIC] });
  }
  expect(packaged.output).not.toContain('tell nobody');
});

test('a second entry under resources changes what it names of an alarm, and no more', () => {
  expect(packaged.resources['TablecastConnectThrottlesAlarm']?.Properties).toMatchObject({
    Threshold: 10,
    MetricName: 'Throttles',
    Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'ConnectLambdaFunction' } }],
  });
});

test('those that decide about changes explain it in their logs, and all count in one namespace', () => {
  for (const id of idsOf('AWS::Lambda::Function')) {
    const { Variables } = Object(packaged.resources[id]?.Properties['Environment']);
    const explains = ['SubscribeLambdaFunction', 'GraphqlLambdaFunction'].includes(id);
    expect([id, Variables.TABLECAST_EXPLAIN_LOG]).toEqual([id, explains ? 'on' : undefined]);
    expect([id, Variables.TABLECAST_METRICS_NAMESPACE]).toEqual([id, 'Shop/Live']);
  }
});
