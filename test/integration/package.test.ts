import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RELAY_ACTIONS } from '../../src/deploy/roles.ts';
import { builtCopy, run, temporaryFolder } from '../fixtures/packaging/built-copy.ts';
import { type Packaged, packageProject, serverless } from '../fixtures/packaging/serverless-package.ts';
import { STREAM_ARN, userProject } from '../fixtures/packaging/user-project.ts';

const NAMES = ['connect', 'subscribe', 'disconnect', 'stream', 'gap', 'graphql', 'keepalive'];
/** What `serverless offline` takes over from the environment. */
const LOCAL = {
  TABLECAST_AUTH: 'off-for-the-laptop',
  DYNAMODB_ENDPOINT: 'http://dynamodb-local:8000',
  TABLECAST_CONNECTIONS_ENDPOINT: 'http://gateway-local:3001',
};
const KEYS = 'key-of-the-first-client, key-of-the-second-client';

let root: string;
let user: string;
let packaged: Packaged;
let existing: Packaged;
/** The root again, with access logs, from a shell that is set up for local work. */
let logged: Packaged;

beforeAll(async () => {
  root = await builtCopy();
  user = await userProject(root);
  packaged = await packageProject(root, join(root, 'out'), { TABLECAST_API_KEYS: KEYS });
  existing = await packageProject(user, join(user, 'out'));
  logged = await packageProject(root, join(root, 'out-logged'), { ...LOCAL, TABLECAST_ACCESS_LOGS: 'true' });
}, 180_000);

afterAll(async () => {
  for (const folder of [root, user]) if (folder) await rm(folder, { recursive: true, force: true });
});

function resource(from: Packaged, logicalId: string) {
  const found = from.resources[logicalId];
  if (!found)
    throw new Error(`Expected a resource ${logicalId}, got ${Object.keys(from.resources).join(', ')}`);
  return found;
}

const ofType = (from: Packaged, type: string) =>
  Object.entries(from.resources).filter(([, { Type }]) => Type === type);

const functionId = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
const roleId = (name: string) => `Tablecast${name.charAt(0).toUpperCase()}${name.slice(1)}Role`;
/** Of the WebSocket API. */
const STAGES = ['WebsocketsDeploymentStage', 'TablecastGraphqlStage', 'TablecastRealtimeStage'];
const getAtt = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const sub = (text: string) => ({ 'Fn::Sub': text });
const ACCOUNT = `\${AWS::Region}:\${AWS::AccountId}`;

describe('the packaged functions', () => {
  test('are these seven, each on nodejs22.x and arm64', () => {
    expect(ofType(packaged, 'AWS::Lambda::Function').map(([id]) => id)).toEqual(NAMES.map(functionId));
    for (const name of NAMES) {
      expect(resource(packaged, functionId(name)).Properties).toMatchObject({
        FunctionName: `todos-dev-${name}`,
        Runtime: 'nodejs22.x',
        Architectures: ['arm64'],
        Role: getAtt(roleId(name)),
      });
    }
  });

  test('know what they need and no more', () => {
    const relay = { Ref: 'TablecastRelayTable' };
    const common = {
      TABLECAST_SCHEMA: 'schema.graphql',
      TABLECAST_RELAY_TABLE: relay,
      TABLECAST_SERVICE: 'todos',
      TABLECAST_STAGE: 'dev',
      TABLECAST_LOG_LEVEL: 'info',
    };
    const posting = {
      ...common,
      TABLECAST_API_ID: { Ref: 'WebsocketsApi' },
      TABLECAST_URL_SUFFIX: { Ref: 'AWS::URLSuffix' },
    };
    const hashes = KEYS.split(', ').map((key) => createHash('sha256').update(key).digest('hex'));
    const credentials = { TABLECAST_API_KEY_HASHES: hashes.join(',') };
    const answering = { ...posting, ...credentials, TABLECAST_PAGE_SECRET: { Ref: 'AWS::StackId' } };
    const variables = (name: string) => resource(packaged, functionId(name)).Properties['Environment'];
    expect(variables('connect')).toEqual({ Variables: { ...common, ...credentials } });
    expect(variables('subscribe')).toEqual({ Variables: answering });
    expect(variables('graphql')).toEqual({ Variables: answering });
    expect(variables('disconnect')).toEqual({ Variables: common });
    for (const name of ['stream', 'gap', 'keepalive']) {
      expect(variables(name)).toEqual({ Variables: posting });
    }
  });

  test('C8 secrets: no key is in the template in clear, and nothing meant for a laptop is', () => {
    for (const key of KEYS.split(', ')) expect(packaged.text).not.toContain(key);
    for (const text of [...Object.entries(LOCAL).flat(), '127.0.0.1'])
      expect(logged.text).not.toContain(text);
  });

  test('a schema without a rule is said to have none', () => {
    expect(packaged.output).toContain(
      'no rules: whoever is let in may read and write every item (docs/authorization.md).',
    );
    expect(packaged.output).not.toContain('ALLOW ANYONE');
  });
});

describe('the WebSocket API', () => {
  test('has the three routes, and a response on $default alone', () => {
    const routes = ofType(packaged, 'AWS::ApiGatewayV2::Route')
      .map(([, { Properties }]) => Properties)
      .filter(({ ApiId }) => JSON.stringify(ApiId) === '{"Ref":"WebsocketsApi"}');
    expect(routes.map(({ RouteKey, Target }) => [RouteKey, Target])).toEqual([
      ['$connect', { 'Fn::Join': ['/', ['integrations', { Ref: 'ConnectWebsocketsIntegration' }]] }],
      ['$default', { 'Fn::Join': ['/', ['integrations', { Ref: 'SubscribeWebsocketsIntegration' }]] }],
      ['$disconnect', { 'Fn::Join': ['/', ['integrations', { Ref: 'DisconnectWebsocketsIntegration' }]] }],
    ]);
    expect(routes.map((route) => route['RouteResponseSelectionExpression'])).toEqual([
      undefined,
      '$default',
      undefined,
    ]);
    expect(
      ofType(packaged, 'AWS::ApiGatewayV2::RouteResponse').map(([, { Properties }]) => Properties),
    ).toEqual([
      {
        ApiId: { Ref: 'WebsocketsApi' },
        RouteId: { Ref: 'SdefaultWebsocketsRoute' },
        RouteResponseKey: '$default',
      },
    ]);
  });

  test('a deployment waits for the route response, or replies would be lost until the next one', () => {
    const [deployment] = ofType(packaged, 'AWS::ApiGatewayV2::Deployment');
    expect(deployment?.[1].DependsOn).toEqual(
      expect.arrayContaining(['SdefaultWebsocketsRoute', 'SdefaultWebsocketsRouteResponse']),
    );
  });

  test('C8 secrets: no frame is logged by the gateway, on none of its stages', () => {
    for (const id of STAGES) {
      const { Properties } = resource(packaged, id);
      expect(Properties['DefaultRouteSettings']).toMatchObject({
        DataTraceEnabled: false,
        LoggingLevel: 'OFF',
      });
      expect(Properties).not.toHaveProperty('AccessLogSettings');
    }
  });

  test('has stages for the paths of gql and Amplify, which deploy themselves and log as the own one does', () => {
    const stages = ofType(packaged, 'AWS::ApiGatewayV2::Stage').filter(([id]) => id !== 'HttpApiStage');
    expect(stages.map(([id]) => id)).toEqual(STAGES);
    for (const from of [packaged, logged]) {
      const { StageName, DeploymentId, Description, ...own } = resource(
        from,
        'WebsocketsDeploymentStage',
      ).Properties;
      for (const [id, name] of [
        ['TablecastGraphqlStage', 'graphql'],
        ['TablecastRealtimeStage', 'realtime'],
      ] as const) {
        expect(resource(from, id).Properties).toEqual({ ...own, StageName: name, AutoDeploy: true });
      }
    }
  });

  test('takes no more of all clients together than it is set to, over HTTP too', () => {
    const limits = { ThrottlingRateLimit: 5_000, ThrottlingBurstLimit: 2_500 };
    for (const id of [...STAGES, 'HttpApiStage']) {
      expect(resource(packaged, id).Properties['DefaultRouteSettings']).toMatchObject(limits);
    }
  });

  test('C8 secrets: a project whose logs would hold claims is not packaged, and is told why', async () => {
    const file = join(user, 'serverless.yml');
    const text = await readFile(file, 'utf8');
    try {
      await writeFile(file, text.replace('$context.requestId', '$context.authorizer.claims.sub'));
      const { code, stdout, stderr } = await serverless(user, [
        'package',
        '--package',
        join(user, 'out-claims'),
      ]);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain('provider.logs.websocket.format: expected variables that hold no');
    } finally {
      await writeFile(file, text);
    }
  });

  test('C8 secrets: access logs, switched on, hold no header, no query string and no frame', () => {
    const { Properties } = resource(logged, 'WebsocketsDeploymentStage');
    expect(Properties['DefaultRouteSettings']).toMatchObject({
      DataTraceEnabled: false,
      LoggingLevel: 'OFF',
    });
    const { Format } = Object(Properties['AccessLogSettings']);
    const variables = [...String(Format).matchAll(/\$[\w.]+/g)].map(([variable]) => variable);
    expect(variables).toEqual([
      '$context.requestTime',
      '$context.eventType',
      '$context.routeKey',
      '$context.status',
      '$context.connectionId',
      '$context.requestId',
    ]);
    // The framework would bring a function along that may attach any policy to any role.
    expect(ofType(logged, 'Custom::ApiGatewayAccountRole')).toEqual([]);
    expect(logged.text).not.toContain('iam:');
  });
});

describe('the HTTP API', () => {
  test('hands every method of /graphql to the graphql function, and answers no preflight itself', () => {
    const routes = ofType(packaged, 'AWS::ApiGatewayV2::Route').filter(
      ([, { Properties }]) => JSON.stringify(Properties['ApiId']) === '{"Ref":"HttpApi"}',
    );
    expect(routes.map(([, { Properties }]) => [Properties['RouteKey'], Properties['Target']])).toEqual([
      ['ANY /graphql', { 'Fn::Join': ['/', ['integrations', { Ref: 'HttpApiIntegrationGraphql' }]] }],
    ]);
    expect(resource(packaged, 'HttpApiIntegrationGraphql').Properties).toMatchObject({
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: getAtt('GraphqlLambdaFunction'),
      PayloadFormatVersion: '2.0',
    });
    expect(resource(packaged, 'HttpApi').Properties).not.toHaveProperty('CorsConfiguration');
    expect(resource(packaged, 'HttpApiStage').Properties).not.toHaveProperty('AccessLogSettings');
  });

  test('the template tells the endpoints', () => {
    const { Outputs } = JSON.parse(packaged.text);
    const url = (text: string) => sub(text.replace('REGION', `\${AWS::Region}.\${AWS::URLSuffix}`));
    expect(Outputs.TablecastGraphqlUrl.Value).toEqual(url(`https://\${HttpApi}.execute-api.REGION/graphql`));
    expect(Outputs.TablecastWebSocketUrl.Value).toEqual(
      url(`wss://\${WebsocketsApi}.execute-api.REGION/dev`),
    );
    expect(Outputs.TablecastGqlUrl.Value).toEqual(
      url(`https://\${WebsocketsApi}.execute-api.REGION/graphql`),
    );
    expect(Outputs.TablecastAppSyncUrl.Value).toEqual(url(`https://\${WebsocketsApi}.execute-api.REGION`));
  });
});

describe('the schedule', () => {
  test('runs keepalive every nine minutes, and a run that failed is not repeated', () => {
    expect(ofType(packaged, 'AWS::Events::Rule').map(([, { Properties }]) => Properties)).toEqual([
      {
        ScheduleExpression: 'rate(9 minutes)',
        State: 'ENABLED',
        Targets: [{ Arn: getAtt('KeepaliveLambdaFunction'), Id: 'keepaliveSchedule' }],
      },
    ]);
    expect(
      ofType(packaged, 'AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => Properties),
    ).toEqual([
      expect.objectContaining({
        FunctionName: { Ref: 'KeepaliveLambdaFunction' },
        MaximumRetryAttempts: 0,
      }),
    ]);
  });
});

describe('the event source mappings', () => {
  const mapping = (from: Packaged, name: string) => {
    const found = ofType(from, 'AWS::Lambda::EventSourceMapping').filter(
      ([, { Properties }]) =>
        JSON.stringify(Properties['FunctionName']) === JSON.stringify(getAtt(functionId(name))),
    );
    return found.map(([, { Properties, DependsOn }]) => ({ ...Properties, DependsOn }));
  };
  const stream = {
    Enabled: true,
    FunctionName: getAtt('StreamLambdaFunction'),
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 0,
    ParallelizationFactor: 1,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: -1,
    MaximumRecordAgeInSeconds: 3600,
    DestinationConfig: { OnFailure: { Destination: getAtt('TablecastOnFailureQueue') } },
    DependsOn: ['TablecastStreamRole'],
  };

  test('the stream of a managed table is read as the contracts need it', () => {
    const EventSourceArn = { 'Fn::GetAtt': ['TablecastTableTodos', 'StreamArn'] };
    expect(mapping(packaged, 'stream')).toEqual([{ ...stream, EventSourceArn }]);
  });

  test('so is that of an existing table, by its ARN', () => {
    expect(mapping(existing, 'stream')).toEqual([{ ...stream, EventSourceArn: STREAM_ARN }]);
    expect(existing.output).toContain('two readers a shard');
  });

  test('what is given up reaches the gap function by the encrypted queue', () => {
    expect(resource(packaged, 'TablecastOnFailureQueue')).toEqual({
      Type: 'AWS::SQS::Queue',
      Properties: {
        SqsManagedSseEnabled: true,
        VisibilityTimeout: 360,
        RedrivePolicy: { deadLetterTargetArn: getAtt('TablecastDeadLetterQueue'), maxReceiveCount: 24 },
      },
    });
    expect(resource(packaged, 'TablecastDeadLetterQueue')).toEqual({
      Type: 'AWS::SQS::Queue',
      Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 },
    });
    expect(resource(packaged, 'GapLambdaFunction').Properties['Timeout']).toBe(60);
    expect(mapping(packaged, 'gap')).toEqual([
      {
        BatchSize: 10,
        Enabled: true,
        EventSourceArn: getAtt('TablecastOnFailureQueue'),
        FunctionName: getAtt('GapLambdaFunction'),
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        DependsOn: ['TablecastGapRole'],
      },
    ]);
  });
});

describe('the alarms', () => {
  test('watch functions and queues that the template has, and tell nobody without a topic: the command says so', () => {
    const alarms = ofType(packaged, 'AWS::CloudWatch::Alarm');
    expect(alarms).toHaveLength(2 * NAMES.length + 5);
    for (const [, { Properties }] of alarms) {
      const [dimension] = Object(Properties['Dimensions']);
      const id = dimension.Name === 'FunctionName' ? dimension.Value.Ref : dimension.Value['Fn::GetAtt'][0];
      expect(resource(packaged, id).Type).toBe(
        dimension.Name === 'FunctionName' ? 'AWS::Lambda::Function' : 'AWS::SQS::Queue',
      );
      expect(Properties).not.toHaveProperty('AlarmActions');
    }
    expect(packaged.output).toContain('alarms are set but tell nobody: custom.tablecast.alarms.topic');
  });

  test('IteratorAge of stream goes on above a minute', () => {
    expect(resource(packaged, 'TablecastIteratorAgeAlarm').Properties).toEqual({
      AlarmDescription: 'Tablecast: changes are delivered more than 60 s late',
      Namespace: 'AWS/Lambda',
      MetricName: 'IteratorAge',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'StreamLambdaFunction' } }],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 2,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 60_000,
      TreatMissingData: 'notBreaching',
    });
  });
});

describe('an update of the stack', () => {
  test('has stream deployed before subscribe, so that whoever a new version takes in is found', () => {
    const predecessors = (name: string) => [resource(packaged, functionId(name)).DependsOn].flat();
    expect(predecessors('subscribe')).toContain('StreamLambdaFunction');
    expect(predecessors('stream')).not.toContain('SubscribeLambdaFunction');
  });
});

describe('the tables', () => {
  test('the relay table has a time to live, is encrypted, and has no index', () => {
    expect(resource(packaged, 'TablecastRelayTable').Properties).toEqual({
      TableName: 'todos-dev-tablecast-relay',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      SSESpecification: { SSEEnabled: true },
    });
  });

  test('a managed table is encrypted, streams both images, and outlives the stack', () => {
    expect(resource(packaged, 'TablecastTableTodos')).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: 'Todos',
        SSESpecification: { SSEEnabled: true },
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      },
    });
  });

  test('an existing table is no resource of the template, and goes by its real name', () => {
    expect(ofType(existing, 'AWS::DynamoDB::Table').map(([id]) => id)).toEqual(['TablecastRelayTable']);
    const { Properties } = resource(existing, 'StreamLambdaFunction');
    expect(Properties['Environment']).toMatchObject({
      Variables: { TABLECAST_TABLE_NAMES: '{"orders-prod":"Orders"}' },
    });
  });
});

describe('the roles', () => {
  const allow = (Action: string[], ...Resource: unknown[]) => ({ Effect: 'Allow', Action, Resource });
  const logs = (service: string, name: string) =>
    allow(
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      sub(`arn:\${AWS::Partition}:logs:${ACCOUNT}:log-group:/aws/lambda/${service}-dev-${name}:*`),
    );
  const relay = (...actions: string[]) =>
    allow(
      actions.map((action) => `dynamodb:${action}`),
      getAtt('TablecastRelayTable'),
    );
  const every = ['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'];
  const streamActions = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
    (action) => `dynamodb:${action}`,
  );
  const queue = getAtt('TablecastOnFailureQueue');
  const connections = ['dev', 'graphql', 'realtime'].flatMap((stage) =>
    ['POST', 'DELETE'].map((method) =>
      sub(
        `arn:\${AWS::Partition}:execute-api:${ACCOUNT}:\${WebsocketsApi}/${stage}/${method}/@connections/*`,
      ),
    ),
  );
  const post = allow(['execute-api:ManageConnections'], ...connections);
  const reads = (arn: unknown) =>
    allow(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'], arn);
  const writes = (arn: unknown) =>
    allow(['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], arn);

  const policies = (service: string, streamArn: unknown, tables: unknown[]): Record<string, unknown[]> => ({
    connect: [logs(service, 'connect'), relay('BatchWriteItem')],
    subscribe: [logs(service, 'subscribe'), relay(...every), post, ...tables],
    disconnect: [logs(service, 'disconnect'), relay('BatchGetItem', 'BatchWriteItem', 'Query', 'UpdateItem')],
    stream: [
      logs(service, 'stream'),
      relay(...every),
      allow(streamActions, streamArn),
      allow(['sqs:SendMessage'], queue),
      post,
    ],
    gap: [
      logs(service, 'gap'),
      relay('BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'PutItem', 'Query', 'UpdateItem'),
      allow(['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], queue),
      post,
    ],
    // The relay table and @connections only where something is published: no schema here has such a field.
    graphql: [logs(service, 'graphql'), ...tables],
    keepalive: [logs(service, 'keepalive'), relay(...RELAY_ACTIONS.keepalive), post],
  });

  test.each(NAMES)('%s may do exactly this', (name) => {
    const of = (from: Packaged) => resource(from, roleId(name)).Properties;
    const trust = {
      Effect: 'Allow',
      Principal: { Service: ['lambda.amazonaws.com'] },
      Action: ['sts:AssumeRole'],
    };
    const expected = (Statement: unknown) => ({
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
      Policies: [{ PolicyName: `tablecast-${name}`, PolicyDocument: { Version: '2012-10-17', Statement } }],
    });
    const managedStream = { 'Fn::GetAtt': ['TablecastTableTodos', 'StreamArn'] };
    const todos = getAtt('TablecastTableTodos');
    const managed = policies('todos', managedStream, [reads(todos), writes(todos)]);
    expect(of(packaged)).toEqual(expected(managed[name]));
    const table = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders-prod';
    expect(of(existing)).toEqual(expected(policies('orders', STREAM_ARN, [reads(table)])[name]));
  });

  test('there is no other role, no wildcard of actions, and no Scan of the relay table', () => {
    for (const from of [packaged, existing]) {
      expect(ofType(from, 'AWS::IAM::Role').map(([id]) => id)).toEqual(NAMES.map(roleId));
      expect(ofType(from, 'AWS::IAM::Policy')).toEqual([]);
      expect(from.text).not.toContain('dynamodb:*');
      expect(from.text).not.toContain('"Resource":"*"');
    }
    expect(Object.values(RELAY_ACTIONS).flat()).not.toContain('Scan');
  });

  test('each function writes to a log group that the template makes and keeps for two weeks', () => {
    const groups = ofType(packaged, 'AWS::Logs::LogGroup').map(([, { Properties }]) => Properties);
    for (const name of NAMES) {
      expect(groups).toContainEqual({ LogGroupName: `/aws/lambda/todos-dev-${name}`, RetentionInDays: 14 });
    }
  });
});

describe('the zips', () => {
  test('one a function, holding its bundle and the schema file, and nothing else', () => {
    const contents = (from: Packaged) =>
      new Map([...from.zips].map(([name, files]) => [name, [...files.keys()].sort()]));
    expect(contents(packaged)).toEqual(
      new Map([...NAMES].sort().map((name) => [`${name}.zip`, [`handlers/${name}.mjs`, 'schema.graphql']])),
    );
    const installed = 'node_modules/tablecast/dist/handlers';
    expect(contents(existing)).toEqual(
      new Map(
        [...NAMES].sort().map((name) => [`${name}.zip`, [`${installed}/${name}.mjs`, 'schema.graphql']]),
      ),
    );
    for (const name of NAMES) {
      expect(resource(existing, functionId(name)).Properties['Handler']).toBe(`${installed}/${name}.handler`);
    }
  });

  test('a bundle is minified and holds one copy of graphql', () => {
    const bundle = packaged.zips.get('stream.zip')?.get('handlers/stream.mjs')?.toString('utf8') ?? '';
    expect(bundle.match(/\[Symbol\.toStringTag\]\(\)\{return["']GraphQLScalarType["']\}/g)).toHaveLength(1);
    expect(bundle.length).toBeLessThan(1_000_000);
  });

  test.each(NAMES)(
    '%s imports from its zip alone, as Lambda would load it',
    async (name) => {
      for (const [from, project] of [
        [packaged, 'handlers'],
        [existing, 'node_modules/tablecast/dist/handlers'],
      ] as const) {
        const folder = await temporaryFolder();
        for (const [path, data] of from.zips.get(`${name}.zip`) ?? []) {
          await mkdir(dirname(join(folder, path)), { recursive: true });
          await writeFile(join(folder, path), data);
        }
        const script = `const { handler } = await import('./${project}/${name}.mjs'); console.log(typeof handler);`;
        const env = {
          AWS_REGION: 'us-east-1',
          TABLECAST_SCHEMA: 'schema.graphql',
          TABLECAST_RELAY_TABLE: 'x',
          TABLECAST_API_ID: 'x',
          // What `subscribe` and `graphql` say at start: that the schema has no rules.
          TABLECAST_LOG_LEVEL: 'error',
        };
        const ran = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, env });
        await rm(folder, { recursive: true, force: true });
        expect({ ...ran, stderr: ran.stderr.includes('Error') ? ran.stderr : '' }).toEqual({
          code: 0,
          stdout: 'function\n',
          stderr: '',
        });
      }
    },
    60_000,
  );
});
