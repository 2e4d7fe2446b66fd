import { describe, expect, test } from '@jest/globals';
import { type DeploymentSettings, deployment } from '../../../src/deploy/deployment.ts';
import { FUNCTION_NAMES, type FunctionName, roleId } from '../../../src/deploy/roles.ts';
import { readSettings } from '../../../src/deploy/settings.ts';
import { loadModel } from '../../../src/schema/load.ts';
import type { Model } from '../../../src/schema/model.ts';

const SDL = `
  type A @table(name: "A-table") { id: ID! }
  type B @table(name: "B-table") { id: ID! }`;
const STREAM = 'arn:aws-cn:dynamodb:cn-north-1:123456789012:table/b-prod/stream/2026-11-01T00:00:00.000';

function deployed(
  b: object,
  resolvedFields: Model['resolvedFields'] = new Map(),
  more: Partial<DeploymentSettings> = {},
) {
  const settings = readSettings({ tables: { 'A-table': 'managed', 'B-table': b }, fanOut: true });
  const service = { service: 'shop', stage: 'dev', handlers: 'handlers' };
  return deployment({ ...settings, ...service, ...more }, { ...loadModel(SDL), resolvedFields });
}

const RELAY = '{"Fn::GetAtt":["TablecastRelayTable","Arn"]}';
const A = '{"Fn::GetAtt":["TablecastTableAx45xtable","Arn"]}';
const B = '"arn:aws-cn:dynamodb:cn-north-1:123456789012:table/b-prod"';

/** DynamoDB actions on anything but the relay table and streams: action → resources, as JSON. */
function allowed(from: ReturnType<typeof deployed>, name: FunctionName): Record<string, string[]> {
  const text = JSON.stringify(from.resources.Resources[roleId(name)]?.Properties['Policies']);
  const [policy] = JSON.parse(text);
  const statements: { Action: string[]; Resource: unknown[] }[] = policy.PolicyDocument.Statement;
  const found: Record<string, string[]> = {};
  for (const { Action, Resource } of statements) {
    const resources = Resource.map((resource) => JSON.stringify(resource));
    if (resources.includes(RELAY) || resources.some((resource) => /stream/i.test(resource))) continue;
    for (const action of Action.filter((one) => one.startsWith('dynamodb:'))) found[action] = resources;
  }
  return found;
}

const READS = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];
const WRITES = ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
const on = (actions: string[], ...resources: string[]) =>
  Object.fromEntries(actions.map((action) => [action, resources]));

describe("access to the users' tables", () => {
  test.each(['graphql', 'subscribe'] as const)('%s writes an existing one with writes: true', (name) => {
    const all = on([...READS, 'dynamodb:Scan', ...WRITES], A, B);
    expect(allowed(deployed({ streamArn: STREAM, writes: true }), name)).toEqual(all);
  });

  test.each([
    ['graphql', {}],
    ['graphql', { writes: false }],
    ['subscribe', {}],
    ['subscribe', { writes: false }],
  ] as const)('%s may not write an existing one that says %j', (name, writes) => {
    const from = deployed({ streamArn: STREAM, ...writes });
    expect(allowed(from, name)).toEqual({
      ...on([...READS, 'dynamodb:Scan'], A, B),
      ...on(WRITES, A),
    });
    expect(from.functions[name].environment['TABLECAST_READ_ONLY_TABLES']).toBe('["B-table"]');
  });

  test('a managed one may be closed to mutations as well', () => {
    const from = deployed({ managed: true, writes: false });
    const writable = allowed(from, 'graphql')['dynamodb:PutItem'];
    expect(writable).toEqual([A]);
  });

  test('only functions that run mutations are told which tables are read only', () => {
    const { functions } = deployed({ streamArn: STREAM });
    const told = Object.entries(functions).filter(([, { environment }]) => {
      return environment['TABLECAST_READ_ONLY_TABLES'] !== undefined;
    });
    expect(told.map(([name]) => name)).toEqual(['subscribe', 'graphql']);
    const none = deployed({ streamArn: STREAM, writes: true }).functions.graphql.environment;
    expect(none).not.toHaveProperty('TABLECAST_READ_ONLY_TABLES');
  });

  test('on this machine every table may be written that does not say otherwise', () => {
    const readOnly = (b: object) =>
      deployed(b, new Map(), { isLocal: true }).functions.graphql.environment['TABLECAST_READ_ONLY_TABLES'];
    expect(readOnly({ streamArn: STREAM })).toBeUndefined();
    expect(readOnly({ streamArn: STREAM, writes: false })).toBe('["B-table"]');
  });

  test('a table whose stream only CloudFormation knows is named by its name', () => {
    const stream = { 'Fn::ImportValue': 'b-changes' };
    const named = JSON.stringify({
      'Fn::Sub': `arn:\${AWS::Partition}:dynamodb:\${AWS::Region}:\${AWS::AccountId}:table/b-prod`,
    });
    expect(allowed(deployed({ stream, name: 'b-prod', writes: true }), 'graphql')).toEqual(
      on([...READS, 'dynamodb:Scan', ...WRITES], A, named),
    );
  });

  test('no other function has any', () => {
    const others = FUNCTION_NAMES.filter((name) => name !== 'graphql' && name !== 'subscribe');
    const root = new Map([['Query.hello', { type: 'Query', field: 'hello' }]]);
    for (const fields of [new Map(), root]) {
      for (const name of others) expect(allowed(deployed({ streamArn: STREAM }, fields), name)).toEqual({});
    }
  });

  test('stream reads them, without Scan, when a resolver answers a field of a stored type; the others still nothing', () => {
    const from = deployed({ streamArn: STREAM }, new Map([['A.b', { type: 'A', field: 'b' }]]));
    expect(allowed(from, 'stream')).toEqual(on(READS, A, B));
    expect(from.functions.stream?.environment['TABLECAST_PAGE_SECRET']).toEqual({ Ref: 'AWS::StackId' });
    for (const name of ['connect', 'disconnect', 'gap', 'keepalive'] as const) {
      expect(allowed(from, name)).toEqual({});
    }
    expect(deployed({ streamArn: STREAM }).functions.stream?.environment).not.toHaveProperty(
      'TABLECAST_PAGE_SECRET',
    );
  });
});
