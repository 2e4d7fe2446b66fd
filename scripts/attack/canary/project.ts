import { GraphQLError } from 'graphql';
import type { Project } from '../../../src/project.ts';
import type { Canaries } from './kinds.ts';

export const CANARY_SDL = `
type Todo @table(name: "Todos", writer: "by") { id: ID!  title: String  by: String  priority: Int  mine: String @resolved }
type Query { fails: String  refuses: String }
`;

/** Resolvers and hooks that fail in every way, with words that are nobody's business. */
export function failingProject(canaries: Canaries): Project {
  const fault = () => {
    const error = new Error(`item ${canaries.of('error')} is broken`, {
      cause: new Error(canaries.of('error')),
    });
    // What libraries hang on their errors: requests, and with them items.
    Object.assign(error, {
      request: { body: canaries.of('error') },
      $metadata: { note: canaries.of('error') },
    });
    error.name = `Fault ${canaries.of('error')}`;
    return error;
  };
  return {
    resolvers: {
      Todo: {
        mine: () => {
          throw fault();
        },
      },
      Query: {
        fails: () => {
          throw fault();
        },
        refuses: () => {
          throw new GraphQLError(canaries.of('error'));
        },
      },
    },
    hooks: {
      connect: ({ params }) => {
        if (params.get('ban') === 'refused') throw new GraphQLError(canaries.of('error'));
        if (params.get('ban') === 'broken') throw fault();
      },
      operation: async ({ operationName }, next) => {
        if (operationName?.startsWith('Banned')) throw fault();
        await next();
      },
    },
  };
}
