import {
  type DocumentNode,
  GraphQLError,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  validate,
} from 'graphql';
import { byteLength, DEFAULT_LIMITS, LIMITS } from '../protocol/limits.ts';
import type { OperationRequest, ReasonCode, WireError } from '../protocol/messages.ts';
import type { Model, SubscriptionField } from '../schema/model.ts';
import { type DocumentLimits, withinLimits } from './document-limits.ts';
import { inlineSelection } from './inline.ts';
import { selectsResolvedField } from './resolved.ts';

/** A subscription as a client asked for it, checked against the schema. */
export interface SubscriptionOperation {
  readonly field: SubscriptionField;
  /** Coerced arguments that were given, explicit nulls included. */
  readonly arguments: ReadonlyMap<string, unknown>;
  /**
   * The selection alone, as a document of its own: arguments of the root field removed, fragments inlined,
   * variables substituted. Equal for all subscribers who want the same of an item.
   */
  readonly document: string;
  /** Key of the root field in `data`: its alias or its name. */
  readonly responseKey: string;
  /** True when a field of the selection is answered by a resolver, so that no two identities may share a rendering. */
  readonly isResolved: boolean;
}

export type OperationResult =
  | { readonly ok: true; readonly operation: SubscriptionOperation }
  | { readonly ok: false; readonly errors: readonly WireError[] };

/** Names that were not asked for are not suggested: they would tell the schema to who may not read it. */
const CHECKING = { maxErrors: 10, hideSuggestions: true };

const RULES_BESIDE_SINGLE_FIELD = specifiedRules.filter((rule) => rule !== SingleFieldSubscriptionsRule);

/**
 * Reads a subscribe request: parse within the limits, one operation, validation, variables, arguments. Whatever is wrong
 * comes back as errors for that operation; nothing is thrown.
 * @param limits those of the deployment; the defaults without them
 * @see https://spec.graphql.org/October2021/#sec-Validation
 */
export function readOperation(
  model: Model,
  request: OperationRequest,
  limits: DocumentLimits = DEFAULT_LIMITS,
): OperationResult {
  try {
    return withinLimits(request, limits, (document) => read(model, request, document), refused);
  } catch (error) {
    if (error instanceof GraphQLError) return failed('GRAPHQL_PARSE_FAILED', [error]);
    throw error;
  }
}

function read(model: Model, request: OperationRequest, document: DocumentNode): OperationResult {
  const operation = onlyOperation(document, request.operationName);
  if (typeof operation === 'string') return refused('BAD_REQUEST', operation);
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
    return refused(
      'OPERATION_NOT_SUPPORTED',
      `Operation: expected a subscription, got a ${operation.operation}`,
    );
  }
  const problems = problemsOf(model, document);
  if (problems.length > 0) return failed('GRAPHQL_VALIDATION_FAILED', problems);
  const variables = getVariableValues(
    model.schema,
    operation.variableDefinitions ?? [],
    request.variables ?? {},
    CHECKING,
  );
  if (variables.errors) return failed('GRAPHQL_VALIDATION_FAILED', variables.errors);
  return readRootField(model, document, operation, variables.coerced);
}

function readRootField(
  model: Model,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: { readonly [name: string]: unknown },
): OperationResult {
  const inlined = inlineSelection(model.schema, document, operation, variables, LIMITS.documentNodes);
  if (!inlined.ok) return refused('BAD_REQUEST', inlined.message);
  const [root, ...others] = inlined.fields;
  if (!root || others.length > 0) {
    return refused('BAD_REQUEST', `Subscription: expected one root field, got ${inlined.fields.length}`);
  }
  const field = model.subscriptions.get(root.name.value);
  const definition = model.schema.getSubscriptionType()?.getFields()[root.name.value];
  if (!field || !definition) {
    return refused('BAD_REQUEST', `Subscription field ${root.name.value}: expected one that a table feeds`);
  }
  try {
    // An argument whose variable was not given is absent here; an explicit null stays null.
    const values = new Map(Object.entries(getArgumentValues(definition, root, variables)));
    const responseKey = root.alias?.value ?? root.name.value;
    const text = inlined.print(root);
    const bytes = byteLength(text);
    if (bytes > LIMITS.storedDocumentBytes) {
      return refused(
        'DOCUMENT_TOO_LARGE',
        `Document: expected at most ${LIMITS.storedDocumentBytes} bytes with its fragments inlined, got ${bytes}`,
      );
    }
    const isResolved = selectsResolvedField(model, parse(text, { noLocation: true }));
    return { ok: true, operation: { field, arguments: values, document: text, responseKey, isResolved } };
  } catch (error) {
    if (error instanceof GraphQLError) return failed('GRAPHQL_VALIDATION_FAILED', [error]);
    throw error;
  }
}

/**
 * What kind of operation a request asks for: told before anything is checked, for each kind has its own reader.
 * `undefined` when it cannot be told; any reader then says why.
 */
export function operationKind(
  { query, operationName }: OperationRequest,
  limits: DocumentLimits = DEFAULT_LIMITS,
): 'query' | 'mutation' | 'subscription' | undefined {
  if (byteLength(query) > limits.documentBytes) return undefined;
  try {
    return getOperationAST(
      parse(query, { maxTokens: limits.documentTokens, noLocation: true }),
      operationName || null,
    )?.operation;
  } catch {
    return undefined;
  }
}

/**
 * What of a document does not fit the schema, ten faults at most.
 *
 * graphql-js counts root fields before it knows the variables, and throws on `@include(if: $variable)` at the root.
 * The other rules then judge alone: the root fields are counted after inlining, with the variables at hand.
 */
export function problemsOf(
  { schema }: Pick<Model, 'schema'>,
  document: DocumentNode,
): readonly GraphQLError[] {
  try {
    return validate(schema, document, undefined, CHECKING);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return validate(schema, document, RULES_BESIDE_SINGLE_FIELD, CHECKING);
  }
}

/** What `operationName` may be beside an operation that has none. */
const NO_NAME = "none, as the document's only operation has no name";

function onlyOperation(document: DocumentNode, operationName?: string): OperationDefinitionNode | string {
  const operations = document.definitions.filter(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const [operation, ...others] = operations;
  if (!operation || others.length > 0) return `Document: expected one operation, got ${operations.length}`;
  if (operationName !== undefined && operationName !== '' && operation.name?.value !== operationName) {
    const only = operation.name ? `"${operation.name.value}", the document's only operation` : NO_NAME;
    return `operationName: expected ${only}, got "${operationName.slice(0, 64)}"`;
  }
  return operation;
}

function refused(code: ReasonCode, message: string): OperationResult {
  return { ok: false, errors: [{ message, extensions: { code } }] };
}

function failed(code: ReasonCode, errors: readonly GraphQLError[]): OperationResult {
  return {
    ok: false,
    errors: errors.map((error) => ({
      message: error.message,
      ...(error.locations && { locations: error.locations.map(({ line, column }) => ({ line, column })) }),
      extensions: { code },
    })),
  };
}
