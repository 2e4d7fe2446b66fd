import type { AuthorizerSetting } from './access-settings.ts';
import { getAtt, type Resources, ref, type Text } from './intrinsics.ts';
import { HTTP_API_ID } from './roles.ts';
import type { Extension } from './stages.ts';

const HTTP_AUTHORIZER_ID = 'TablecastHttpAuthorizer';
const HTTP_PERMISSION_ID = 'TablecastHttpAuthorizerPermission';
/** Logical ids of osls. */
const CONNECT_ROUTE_ID = 'SconnectWebsocketsRoute';
const GRAPHQL_ROUTE_ID = 'HttpApiRouteAnyGraphql';

/** The authoriser of the event of `$connect`: without an identity source it runs whatever the client sent. */
export function connectAuthorizer(authorizer: AuthorizerSetting | undefined): object {
  if (authorizer?.kind !== 'lambda') return {};
  const { arn, name } = authorizer;
  return { authorizer: { name, ...(arn !== undefined && { arn }), identitySource: [] } };
}

/**
 * What `/graphql` is called by. Where an authoriser stands before it, a browser's preflight, which carries no credential,
 * has a route of its own; the function answers nothing else of that method.
 */
export function graphqlEvents(authorizer: AuthorizerSetting | undefined): readonly object[] {
  const path = '/graphql';
  if (!authorizer) return [{ httpApi: { method: '*', path } }];
  const iam = authorizer.kind === 'iam' && { authorizer: { type: 'aws_iam' } };
  return [{ httpApi: { method: '*', path, ...iam } }, { httpApi: { method: 'OPTIONS', path } }];
}

/**
 * What osls has no words for: IAM before a WebSocket route, and an authoriser of the HTTP API that no `provider` section
 * tells of.
 */
export function authorizerExtensions(
  authorizer: AuthorizerSetting | undefined,
): Readonly<Record<string, Extension>> {
  switch (authorizer?.kind) {
    case 'iam':
      return { [CONNECT_ROUTE_ID]: { Properties: { AuthorizationType: 'AWS_IAM' } } };
    case 'lambda':
      return {
        [GRAPHQL_ROUTE_ID]: {
          Properties: { AuthorizationType: 'CUSTOM', AuthorizerId: ref(HTTP_AUTHORIZER_ID) },
        },
      };
    default:
      return {};
  }
}

/**
 * A Lambda authoriser of the HTTP API. By payload format 1.0, which has the shape of a WebSocket's event (`methodArn`,
 * `headers`), so that one function serves both; never cached, for a cache would go by headers that are not there.
 * @param httpApi an HTTP API of another stack
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-authorizer.html
 */
export function authorizerResources(
  authorizer: AuthorizerSetting | undefined,
  httpApi: Text = ref(HTTP_API_ID),
): Resources {
  if (authorizer?.kind !== 'lambda') return {};
  const functionArn = authorizer.arn ?? getAtt(lambdaId(authorizer.name), 'Arn');
  return {
    [HTTP_AUTHORIZER_ID]: {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: {
        ApiId: httpApi,
        Name: 'tablecast',
        AuthorizerType: 'REQUEST',
        AuthorizerPayloadFormatVersion: '1.0',
        AuthorizerResultTtlInSeconds: 0,
        AuthorizerUri: joined(
          'arn:',
          ref('AWS::Partition'),
          ':apigateway:',
          ref('AWS::Region'),
          ':lambda:path/2015-03-31/functions/',
          functionArn,
          '/invocations',
        ),
      },
    },
    [HTTP_PERMISSION_ID]: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: functionArn,
        Principal: 'apigateway.amazonaws.com',
        SourceArn: joined(
          'arn:',
          ref('AWS::Partition'),
          ':execute-api:',
          ref('AWS::Region'),
          ':',
          ref('AWS::AccountId'),
          ':',
          httpApi,
          '/authorizers/',
          ref(HTTP_AUTHORIZER_ID),
        ),
      },
    },
  };
}

function joined(...parts: readonly Text[]): object {
  return { 'Fn::Join': ['', parts] };
}

/** As osls names a function of a serverless.yml. */
function lambdaId(name: string): string {
  const plain = name.replaceAll('-', 'Dash').replaceAll('_', 'Underscore');
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}LambdaFunction`;
}
