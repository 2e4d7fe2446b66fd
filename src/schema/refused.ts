import type { DocumentNode } from 'graphql';
import { Kind, visit } from 'graphql';
import type { Problems } from './problems.ts';

/**
 * Directives that decide who may read what. A schema that relies on them must not be served without them.
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
 */
const AUTHORISATION: ReadonlySet<string> = new Set([
  'aws_api_key',
  'aws_auth',
  'aws_cognito_user_pools',
  'aws_iam',
  'aws_lambda',
  'aws_oidc',
  'auth',
]);

/** Directives of Amplify's GraphQL transformer: instructions to generate another schema. */
const AMPLIFY: ReadonlySet<string> = new Set([
  'belongsTo',
  'connection',
  'conversation',
  'default',
  'function',
  'generation',
  'hasMany',
  'hasOne',
  'http',
  'index',
  'key',
  'manyToMany',
  'mapsTo',
  'model',
  'predictions',
  'primaryKey',
  'refersTo',
  'searchable',
  'sql',
  'validate',
  'versioned',
]);

/** True for a directive that is reported wherever it is used, whether the file defines it or not. */
export function isRefusedDirective(name: string): boolean {
  return AUTHORISATION.has(name) || AMPLIFY.has(name);
}

/** Reports each use of a directive that cannot be honoured; the result is the document without them. */
export function refuseDirectives(document: DocumentNode, problems: Problems): DocumentNode {
  return visit(document, {
    [Kind.DIRECTIVE]: (node) => {
      const name = node.name.value;
      if (!isRefusedDirective(name)) return undefined;
      problems.add(refusal(name), node);
      return null;
    },
  });
}

function refusal(name: string): string {
  if (AUTHORISATION.has(name)) {
    return `@${name} is an authorisation rule, and authorisation rules are not enforced in this release; expected a schema without them`;
  }
  return `@${name} is an Amplify directive; expected a schema as AppSync serves it, its types marked with @table`;
}
