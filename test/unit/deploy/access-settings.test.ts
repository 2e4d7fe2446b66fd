import { describe, expect, test } from '@jest/globals';
import { checkAuthentication } from '../../../src/deploy/access-settings.ts';
import { type Deployment, deployment } from '../../../src/deploy/deployment.ts';
import { offlineFunctions } from '../../../src/deploy/offline.ts';
import { readSettings } from '../../../src/deploy/settings.ts';
import { loadModel } from '../../../src/schema/load.ts';
import type { Model } from '../../../src/schema/model.ts';

const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:authorize';
const MODEL = loadModel('type Todo @table(name: "Todos") { id: ID! }', { file: 'schema.graphql' });

const deployed = (given: object, model: Model = MODEL): Deployment =>
  deployment(
    {
      ...readSettings({ tables: { Todos: 'managed' }, ...given }),
      service: 'todos',
      stage: 'dev',
      handlers: 'handlers',
    },
    model,
  );
const environments = ({ functions }: Pick<Deployment, 'functions'>) =>
  Object.fromEntries(Object.entries(functions).map(([name, { environment }]) => [name, environment]));
const having = (from: Pick<Deployment, 'functions'>, variable: string) =>
  Object.entries(environments(from)).flatMap(([name, all]) => (all[variable] ? [name] : []));
const offline = (from: Deployment) => ({
  functions: offlineFunctions(from.functions, {
    environment: {},
    relayTable: 'relay',
    connectionsEndpoint: 'http://localhost:3001',
    pageSecret: 'of-this-run',
  }),
});

describe('an authoriser', () => {
  test.each([['aws_iam'], [{ type: 'aws_iam' }]])('of IAM: %j', (authorizer) => {
    const from = deployed({ authorizer });
    const { connect, graphql } = from.functions;
    // osls knows no IAM before a WebSocket route, so that the route itself is changed.
    expect(connect.events).toEqual([{ websocket: { route: '$connect' } }]);
    expect(from.resources.extensions).toMatchObject({
      SconnectWebsocketsRoute: { Properties: { AuthorizationType: 'AWS_IAM' } },
    });
    expect(graphql.events).toEqual([
      { httpApi: { method: '*', path: '/graphql', authorizer: { type: 'aws_iam' } } },
      { httpApi: { method: 'OPTIONS', path: '/graphql' } },
    ]);
    expect(having(from, 'TABLECAST_GATEWAY_AUTH')).toEqual(['connect', 'graphql']);
    expect(connect.environment['TABLECAST_GATEWAY_AUTH']).toBe('iam');
    // Offline nobody checks a signature, and so nobody is believed to have.
    expect(having(offline(from), 'TABLECAST_GATEWAY_AUTH')).toEqual([]);
    expect(offline(from).functions.graphql.events).toEqual([{ httpApi: { method: '*', path: '/graphql' } }]);
  });

  test('that is a function of the same serverless.yml', () => {
    const from = deployed({ authorizer: { name: 'my-authorizer' } });
    const event = {
      websocket: { route: '$connect', authorizer: { name: 'my-authorizer', identitySource: [] } },
    };
    expect(from.functions.connect.events).toEqual([event]);
    expect(from.resources.extensions).toMatchObject({
      HttpApiRouteAnyGraphql: {
        Properties: { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'TablecastHttpAuthorizer' } },
      },
    });
    expect(from.resources.Resources['TablecastHttpAuthorizer']?.Properties).toMatchObject({
      ApiId: { Ref: 'HttpApi' },
      AuthorizerResultTtlInSeconds: 0,
    });
    expect(from.resources.Resources['TablecastHttpAuthorizerPermission']?.Properties).toMatchObject({
      FunctionName: { 'Fn::GetAtt': ['MyDashauthorizerLambdaFunction', 'Arn'] },
    });
    expect(from.functions.connect.environment['TABLECAST_GATEWAY_AUTH']).toBe('lambda');
    // The plugin runs it before the WebSocket, and nothing before HTTP.
    expect(offline(from).functions.connect.events).toEqual([event]);
    expect(having(offline(from), 'TABLECAST_GATEWAY_AUTH')).toEqual(['connect']);
  });

  test('that is deployed elsewhere', () => {
    const from = deployed({ authorizer: { arn: ARN } });
    expect(from.functions.connect.events).toEqual([
      {
        websocket: {
          route: '$connect',
          authorizer: { name: 'tablecastAuthorizer', arn: ARN, identitySource: [] },
        },
      },
    ]);
    expect(offline(from).functions.connect.events).toEqual([{ websocket: { route: '$connect' } }]);
    expect(having(offline(from), 'TABLECAST_GATEWAY_AUTH')).toEqual([]);
  });

  test('without one the template says nothing of it', () => {
    const from = deployed({});
    expect(having(from, 'TABLECAST_GATEWAY_AUTH')).toEqual([]);
    expect(Object.keys(from.resources.Resources).filter((id) => /Authorizer/.test(id))).toEqual([]);
    expect(from.resources.extensions).not.toHaveProperty('SconnectWebsocketsRoute');
    expect(from.functions.graphql.events).toEqual([{ httpApi: { method: '*', path: '/graphql' } }]);
  });

  test.each<[unknown, string]>([
    ['iam', 'custom.tablecast.authorizer: expected aws_iam, {name: FUNCTION} or {arn: ARN}, got "iam"'],
    [{ type: 'jwt' }, 'custom.tablecast.authorizer.type: expected aws_iam, alone, got "jwt"'],
    [{ type: 'aws_iam', name: 'x' }, 'custom.tablecast.authorizer.type: expected aws_iam, alone'],
    [{ name: 'x', arn: ARN }, 'expected either a name or an arn, not both'],
    [{ arn: 'arn:aws:s3:::bucket' }, 'expected the ARN of a Lambda function'],
    [{}, 'custom.tablecast.authorizer.name: expected the name of a function'],
    [{ name: '../x' }, 'custom.tablecast.authorizer.name: expected the name of a function'],
    [{ header: 'x' }, 'custom.tablecast.authorizer.header: expected one of type, name, arn'],
  ])('%j is none', (authorizer, message) => {
    expect(() => readSettings({ authorizer })).toThrow(message);
  });
});

describe('C6 a project is deployed only where something tells who connects', () => {
  const check = (given: object, ways = 0) => checkAuthentication(readSettings(given), ways);

  test('a key, an issuer, an authoriser or a hook of its own', () => {
    expect(() => check({})).toThrow(
      'custom.tablecast: expected a way to tell who may connect: apiKeys, jwt, authorizer',
    );
    check({}, 1);
    check({ authorizer: 'aws_iam' });
    check({ authorizeHook: true });
  });

  test('or where it says in so many words that anyone may', () => {
    check({ allowAnyone: true });
    const from = deployed({ allowAnyone: true });
    expect(having(from, 'TABLECAST_ALLOW_ANYONE')).toEqual(['connect', 'subscribe', 'graphql']);
    expect(from.functions.subscribe.environment).toMatchObject({
      TABLECAST_AUTH: 'off',
      TABLECAST_ALLOW_ANYONE: 'true',
    });
    expect(having(deployed({}), 'TABLECAST_AUTH')).toEqual([]);
  });

  test('but not where both are said', () => {
    expect(() => check({ allowAnyone: true }, 1)).toThrow('custom.tablecast.allowAnyone: expected true only');
    expect(() => check({ allowAnyone: true, authorizer: 'aws_iam' })).toThrow('allowAnyone');
    expect(() => check({ allowAnyone: 'yes' })).toThrow('allowAnyone: expected true or false');
  });
});

describe('origins, claims and the default mode', () => {
  test('S1 the origins are for $connect alone, and an upgrade without one is refused unless it is said', () => {
    const from = deployed({ origins: ['https://app.example.com', 'http://localhost:5173'] });
    expect(having(from, 'TABLECAST_ORIGINS')).toEqual(['connect']);
    expect(from.functions.connect.environment).toMatchObject({
      TABLECAST_ORIGINS: 'https://app.example.com,http://localhost:5173',
      TABLECAST_ORIGIN_MISSING: 'refuse',
    });
    expect(
      deployed({ origins: 'https://a.example', originMissing: 'allow' }).functions.connect.environment,
    ).toMatchObject({ TABLECAST_ORIGIN_MISSING: 'allow' });
    expect(having(deployed({ origins: '*' }), 'TABLECAST_ORIGINS')).toEqual([]);
    expect(() => deployed({ origins: 'https://app.example.com/' })).toThrow(
      'custom.tablecast.origins: expected * alone, or origins such as https://app.example.com',
    );
  });

  test('claims that rules read are kept by whoever authenticates', () => {
    const access = { fields: new Map(), usesDefault: false, claims: ['tenant', 'https://example.com/roles'] };
    const from = deployed({}, { ...MODEL, access });
    expect(having(from, 'TABLECAST_CLAIMS')).toEqual(['connect', 'subscribe', 'graphql']);
    expect(from.functions.connect.environment['TABLECAST_CLAIMS']).toBe('tenant,https://example.com/roles');
  });

  test('C6 a schema that leaves rules to the default mode is refused without one', () => {
    const access = { fields: new Map(), usesDefault: true, claims: [] };
    expect(() => deployed({}, { ...MODEL, access })).toThrow(
      'custom.tablecast.defaultAuthorization: expected',
    );
    const from = deployed({ defaultAuthorization: 'apiKey, userPools' }, { ...MODEL, access });
    expect(from.functions.subscribe.environment['TABLECAST_DEFAULT_AUTH']).toBe('apiKey,userPools');
    expect(() => deployed({ defaultAuthorization: ['everyone'] })).toThrow(
      'custom.tablecast.defaultAuthorization: expected modes of apiKey, userPools, oidc, iam, lambda, got "everyone"',
    );
  });
});
