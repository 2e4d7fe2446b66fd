import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  validate,
} from 'graphql';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { type OperationRequest, type ReasonCode, wireError } from '../protocol/messages.ts';
import { type DocumentLimits, withinLimits } from '../render/document-limits.ts';
import { refusal } from './format-error.ts';
import type { CheckedOperation } from './ports.ts';

/** Names that were not asked for are not suggested: they would tell the schema to who may not read it. */
const CHECKING = { maxErrors: 10, hideSuggestions: true };

/** Longest operation name repeated in a message. */
const SHOWN_NAME_LENGTH = 64;

/** `Api.check`: what is wrong with a document comes back as errors; nothing is thrown. */
export function checkOperation(
  schema: GraphQLSchema,
  request: OperationRequest,
  limits: DocumentLimits = DEFAULT_LIMITS,
): CheckedOperation {
  try {
    return withinLimits(request, limits, (document) => check(schema, request, document), refused);
  } catch (error) {
    if (error instanceof GraphQLError) return { ok: false, errors: [refusal(error)] };
    throw error;
  }
}

function check(schema: GraphQLSchema, request: OperationRequest, document: DocumentNode): CheckedOperation {
  const operation = chosenOperation(document, request.operationName);
  if (typeof operation === 'string') return refused('BAD_REQUEST', operation);
  // Its own reader validates it, and knows what a subscription may hold.
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) return { ok: true, kind: 'subscription' };
  const problems = validate(schema, document, undefined, CHECKING);
  if (problems.length > 0) return { ok: false, errors: problems.map((problem) => refusal(problem)) };
  return { ok: true, kind: operation.operation, document };
}

/** The operation of that name; without a name, the only one. */
function chosenOperation(document: DocumentNode, name?: string): OperationDefinitionNode | string {
  const operations = document.definitions.filter(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (name === undefined || name === '') {
    const [operation, ...others] = operations;
    if (operation && others.length === 0) return operation;
    return operation
      ? `operationName: expected one, as the document has ${operations.length} operations, got none`
      : 'Document: expected an operation, got none';
  }
  const operation = operations.find((definition) => definition.name?.value === name);
  return (
    operation ??
    `operationName: expected the name of an operation of the document, got "${name.slice(0, SHOWN_NAME_LENGTH)}"`
  );
}

function refused(code: ReasonCode, message: string): CheckedOperation {
  return { ok: false, errors: [wireError(code, message)] };
}
