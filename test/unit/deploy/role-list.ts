import { type DeploymentSettings, deployment } from '../../../src/deploy/deployment.ts';
import { FUNCTION_NAMES, type FunctionName, roleId } from '../../../src/deploy/roles.ts';
import { readSettings } from '../../../src/deploy/settings.ts';
import { loadModel } from '../../../src/schema/load.ts';

/** One permission of one function: an action on a resource, as the policy names both. */
export interface Permission {
  readonly functionName: FunctionName;
  /** Such as `dynamodb:PutItem`. */
  readonly action: string;
  /** The ARN as CloudFormation's `Sub` would have it, or `LOGICAL-ID.ATTRIBUTE`. */
  readonly resource: string;
}

/** Every permission of every function of a project, in the order of the policies. */
export function permissionsOf(
  tablecast: object,
  sdl: string,
  more: Partial<DeploymentSettings> = {},
): readonly Permission[] {
  const service = { service: 'shop', stage: 'prod', handlers: 'handlers' };
  const { resources } = deployment({ ...readSettings(tablecast), ...service, ...more }, loadModel(sdl));
  return FUNCTION_NAMES.flatMap((functionName) => {
    const role = resources.Resources[roleId(functionName)];
    return role === undefined ? [] : statementsOf(role.Properties).flatMap(permissions(functionName));
  });
}

interface PlainStatement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly unknown[];
}

const permissions = (functionName: FunctionName) => (statement: PlainStatement) => {
  if (statement.Effect !== 'Allow') throw new Error(`Expected Allow, got ${statement.Effect}`);
  return statement.Action.flatMap((action) =>
    statement.Resource.map((resource) => ({ functionName, action, resource: named(resource) })),
  );
};

function statementsOf(role: object): readonly PlainStatement[] {
  // As CloudFormation gets it.
  const { Policies } = JSON.parse(JSON.stringify(role));
  return Policies.flatMap((policy: { PolicyDocument: { Statement: PlainStatement[] } }) => {
    return policy.PolicyDocument.Statement;
  });
}

function named(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const [[kind, value] = []] = Object.entries(Object(resource));
  if (kind === 'Fn::Sub' && typeof value === 'string') return value;
  if (kind === 'Fn::GetAtt' && Array.isArray(value)) return value.join('.');
  throw new Error(`Expected an ARN, Fn::Sub or Fn::GetAtt, got ${JSON.stringify(resource)}`);
}
