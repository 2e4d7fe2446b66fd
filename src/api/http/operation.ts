import { type ExecutionResult, GraphQLError } from 'graphql';
import type { RequestParams, Response } from 'graphql-http';
import type { Logger } from 'pino';
import type { Hooks } from '../../project.ts';
import { withoutPrototypes } from '../../protocol/frame.ts';
import { nestsDeeperThan } from '../../protocol/limits.ts';
import type { OperationRequest, WireError } from '../../protocol/messages.ts';
import { namedDocument } from '../../protocol/named-document.ts';
import { insideHook } from '../operation-hook.ts';
import type { Api, Caller, CheckedOperation, OperationResult } from '../ports.ts';
import type { HttpSettings } from './exchange.ts';
import { CarriedError, problem } from './problems.ts';

/** What running an operation of a request takes. */
export interface OperationParts {
  readonly api: Api;
  readonly hooks: Hooks;
  readonly logger: Logger;
  readonly settings: Pick<HttpSettings, 'jsonDepth'>;
}

/** What `graphql-http` answers with: errors before execution have a status of their own, results have 200. */
export type Answer = ExecutionResult | readonly GraphQLError[] | Response;

type Runnable = Extract<CheckedOperation, { readonly ok: true; readonly kind: 'query' | 'mutation' }>;

const SUBSCRIPTION: WireError = {
  message: 'Operation: expected a query or a mutation, got a subscription; use the WebSocket for it',
  errorType: 'UnsupportedOperation',
  extensions: { code: 'OPERATION_NOT_SUPPORTED' },
};

function tooDeep(most: number): CarriedError {
  return new CarriedError({
    message: `Variables and extensions: expected at most ${most} levels of arrays and objects, got more`,
    errorType: 'MalformedHttpRequestException',
    extensions: { code: 'BAD_REQUEST' },
  });
}

/** Checks one operation and runs it inside the project's operation hook. */
export async function answerOperation(
  parts: OperationParts,
  method: string,
  params: RequestParams,
  caller: Caller,
): Promise<Answer> {
  // Deeper ones would overflow the stack of whoever reads them.
  const { jsonDepth } = parts.settings;
  if (nestsDeeperThan([params.variables, params.extensions], jsonDepth)) return [tooDeep(jsonDepth)];
  const allowed = parts.api.allowed(operationRequest(params));
  if (!allowed.ok) return [new CarriedError(allowed.error)];
  const { request } = allowed;
  const checked = parts.api.check(request);
  if (!checked.ok) return checked.errors.map((error) => new CarriedError(error));
  if (checked.kind === 'subscription') return [new CarriedError(SUBSCRIPTION)];
  if (checked.kind === 'mutation' && method === 'GET') {
    // A link or an image on any page makes a browser send GET.
    const message = 'Method: expected POST for a mutation, got GET';
    const { body, status, headers } = problem(405, 'UnsupportedOperation', message, { allow: 'POST' });
    return [body, { status, statusText: 'Method Not Allowed', headers: { ...headers } }];
  }
  return resultOf(await run(parts, checked, request, caller));
}

function operationRequest({ query, operationName, variables, extensions }: RequestParams): OperationRequest {
  const documentId = namedDocument(undefined, extensions);
  return {
    query,
    ...(documentId !== undefined && { documentId }),
    ...(operationName != null && { operationName }),
    ...(variables != null && { variables: withoutPrototypes(variables) }),
    ...(extensions != null && { extensions: new Map(Object.entries(extensions)) }),
  };
}

/** A result is withheld when the hook refuses the operation after all. */
async function run(
  { api, hooks, logger }: OperationParts,
  checked: Runnable,
  request: OperationRequest,
  caller: Caller,
): Promise<OperationResult> {
  const { operation } = hooks;
  if (!operation) return api.run(checked, request, caller);
  const { query, operationName } = request;
  const context = api.contextFor(caller);
  const event = { kind: checked.kind, query, context, ...(operationName && { operationName }) };
  const { result, thrown } = await insideHook(operation, event, () => api.run(checked, request, caller));
  if (thrown) return { errors: [api.formatError(hookError(logger, thrown.error))] };
  return result ?? { errors: [api.formatError(forbidden('Operation: refused by the operation hook'))] };
}

function hookError(logger: Logger, error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return forbidden(error.message, error.extensions);
  logger.error({ event: 'hook.failed', hook: 'operation', err: error });
  return new GraphQLError('Internal error; try again', { extensions: { code: 'INTERNAL_SERVER_ERROR' } });
}

function forbidden(message: string, extensions: Readonly<Record<string, unknown>> = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN', ...extensions } });
}

function resultOf({ data, errors }: OperationResult): Answer {
  const wrapped = errors?.map((error) => new CarriedError(error));
  // Without data nothing was executed, which is a request error (variables that do not fit, a hook that refused).
  if (data === undefined && wrapped && wrapped.length > 0) return wrapped;
  return { data: isData(data) ? data : null, ...(wrapped && { errors: wrapped }) };
}

function isData(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
