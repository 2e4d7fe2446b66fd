import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readTableFile } from '../../src/cli/table-files.ts';
import { LOCAL_REGION } from '../../src/testing/dynamodb-local.ts';
import { useDynamoDB } from '../fixtures/dynamodb.ts';
import { type Packaged, packageProject } from '../fixtures/packaging/serverless-package.ts';
import { runPackaged } from './example-bundle.ts';
import { EXAMPLE_HOOK_MS, linkedExample } from './example-project.ts';

const NEW = { title: '買い物', memo: '牛乳と卵 🥚', priority: 2 };
/** A table that is there under another name than the schema's. */
const TABLE = 'todos-prod';
let out: string;
let packaged: Packaged;
let place: Record<string, string>;

const dynamodb = useDynamoDB();

beforeAll(async () => {
  const folder = await linkedExample('todos');
  out = mkdtempSync(join(tmpdir(), 'tablecast-todos-'));
  const file = join(folder, 'tables/todos.json');
  const { create } = readTableFile(readFileSync(file, 'utf8'), file);
  await dynamodb.client.send(new CreateTableCommand({ ...create, TableName: TABLE }));
  // Where the SDK itself is told to find DynamoDB: the project's own variable is not set, as on AWS.
  place = {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  packaged = await packageProject(folder, out, {
    ...place,
    TODOS_TABLE: TABLE,
    TABLECAST_API_KEYS: 'a-key',
  });
}, EXAMPLE_HOOK_MS);
afterAll(() => rmSync(out, { recursive: true, force: true }));

test('the REST function may do to that table what it does, and nothing else', () => {
  const { Policies } = Object(packaged.resources['RestRole']?.Properties);
  expect(Policies).toHaveLength(1);
  expect(Policies[0].PolicyDocument.Statement).toEqual([
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: {
        'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/todos-rest-dev-rest:*`,
      },
    },
    {
      Effect: 'Allow',
      Action: [
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Scan',
        'dynamodb:UpdateItem',
      ],
      Resource: {
        'Fn::Sub': `arn:\${AWS::Partition}:dynamodb:\${AWS::Region}:\${AWS::AccountId}:table/${TABLE}`,
      },
    },
  ]);
  expect(packaged.resources).not.toHaveProperty('IamRoleLambdaExecution');
  expect(packaged.text).not.toContain('"Resource":"*"');
});

test('its name, its log group and its role agree, and it is told no endpoint', () => {
  expect(packaged.resources['RestLambdaFunction']?.Properties).toMatchObject({
    FunctionName: 'todos-rest-dev-rest',
    Role: { 'Fn::GetAtt': ['RestRole', 'Arn'] },
    Environment: { Variables: { TODOS_TABLE: TABLE } },
  });
  expect(packaged.text).not.toContain('DYNAMODB_ENDPOINT');
});

test('all six routes of the REST API ask for a signature, and /graphql for a key', () => {
  const routes = Object.values(packaged.resources).flatMap(({ Type, Properties }) =>
    Type === 'AWS::ApiGatewayV2::Route' && !String(Properties['RouteKey']).startsWith('$')
      ? [[Properties['RouteKey'], Properties['AuthorizationType'] ?? 'NONE']]
      : [],
  );
  expect(routes.sort()).toEqual([
    ['ANY /graphql', 'NONE'],
    ['DELETE /todos/{id}', 'AWS_IAM'],
    ['GET /todos', 'AWS_IAM'],
    ['GET /todos/{id}', 'AWS_IAM'],
    ['PATCH /todos/{id}', 'AWS_IAM'],
    ['POST /todos', 'AWS_IAM'],
    ['PUT /todos/{id}', 'AWS_IAM'],
  ]);
});

test('the bundle writes where the SDK finds DynamoDB, to the table its environment names', async () => {
  const run = (event: object) =>
    runPackaged(packaged, {
      zip: 'rest.zip',
      bundle: 'rest/handler.mjs',
      event: { pathParameters: {}, isBase64Encoded: false, ...event },
      env: { ...place, TODOS_TABLE: TABLE },
    });
  const body = Buffer.from(JSON.stringify(NEW)).toString('base64');
  const { statusCode, body: created } = await run({ routeKey: 'POST /todos', body, isBase64Encoded: true });
  expect([statusCode, JSON.parse(created)]).toEqual([
    201,
    { ...NEW, id: expect.any(String), completed: false },
  ]);
  expect(JSON.parse((await run({ routeKey: 'GET /todos' })).body)).toEqual([JSON.parse(created)]);
}, 60_000);
