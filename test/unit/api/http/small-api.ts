import { buildSchema, execute, GraphQLError, getOperationAST, parse, validate } from 'graphql';
import { pino } from 'pino';
import type { Api, Caller, OperationContext } from '../../../../src/api/ports.ts';
import type { WireError } from '../../../../src/protocol/messages.ts';

const schema = buildSchema(`
  type Query {
    echo(text: String = "hello"): String
    whoAmI: String
    broken: String
    many(count: Int!): [String!]
    given(names: Names!): [String!]
  }
  input Names { constructor: String, toString: String, inner: [Names!] }
  type Mutation { count: Int }
  type Subscription { counted: Int }
`);

export interface SmallApi extends Api {
  /** How often the mutation ran. */
  counted(): number;
}

/** An API of a few fields on graphql-js alone, with errors in AppSync's shape: enough to test what is around it. */
export function createSmallApi(): SmallApi {
  let count = 0;
  const rootValue = (caller: Caller) => ({
    echo: ({ text }: { readonly text: string }) => text,
    whoAmI: () => caller.identity.hash,
    broken: () => {
      throw new Error('out of order');
    },
    many: (args: { readonly count: number }) => Array.from({ length: args.count }, () => 'あ'),
    given: ({ names }: { readonly names: object }) => Object.keys(names),
    count: () => {
      count += 1;
      return count;
    },
  });
  const formatError = (error: GraphQLError): WireError => ({
    message: error.message,
    ...(error.path && { path: error.path }),
    locations: (error.locations ?? []).map(({ line, column }) => ({ line, column })),
    errorType: String(error.extensions['code'] ?? 'Formatted'),
  });
  return {
    schema,
    formatError,
    counted: () => count,
    contextFor: ({ identity }): OperationContext => ({
      identity,
      tables: Object.create(null),
      publish: async () => ({ eventId: 'none', matched: 0, sent: 0 }),
      logger: pino({ level: 'silent' }),
    }),
    allowed: (request) => ({ ok: true, request }),
    check({ query, operationName }) {
      try {
        const document = parse(query);
        const operation = getOperationAST(document, operationName);
        if (!operation) throw new GraphQLError(`no operation ${operationName ?? ''}`);
        if (operation.operation === 'subscription') return { ok: true, kind: 'subscription' };
        const errors = validate(schema, document);
        if (errors.length > 0) return { ok: false, errors: errors.map(formatError) };
        return { ok: true, kind: operation.operation, document };
      } catch (error) {
        if (error instanceof GraphQLError) return { ok: false, errors: [formatError(error)] };
        throw error;
      }
    },
    async run({ document }, { variables, operationName }, caller) {
      const { data, errors } = await execute({
        schema,
        document,
        rootValue: rootValue(caller),
        ...(variables && { variableValues: variables }),
        ...(operationName !== undefined && { operationName }),
      });
      return { ...(data !== undefined && { data }), ...(errors && { errors: errors.map(formatError) }) };
    },
  };
}
