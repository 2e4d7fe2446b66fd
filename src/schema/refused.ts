import type { DocumentNode } from 'graphql';
import { Kind, visit } from 'graphql';
import type { Problems } from './problems.ts';

/** Directives of Amplify's GraphQL transformer but for `@auth`: instructions to generate another schema. */
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
  return AMPLIFY.has(name);
}

/** Reports each use of a directive that cannot be honoured; the result is the document without them. */
export function refuseDirectives(document: DocumentNode, problems: Problems): DocumentNode {
  return visit(document, {
    [Kind.DIRECTIVE]: (node) => {
      const name = node.name.value;
      if (!isRefusedDirective(name)) return undefined;
      problems.add(
        `@${name} is an Amplify directive; expected a schema as AppSync serves it, its types marked with @table`,
        node,
      );
      return null;
    },
  });
}
