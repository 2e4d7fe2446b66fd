import { type DocumentNode, parse } from 'graphql';
import { byteLength, LIMITS, type Limits } from '../protocol/limits.ts';
import type { OperationRequest, ReasonCode } from '../protocol/messages.ts';
import { documentCost } from './document-cost.ts';

/** Of the limits of a deployment, those on documents and their variables. */
export type DocumentLimits = Pick<
  Limits,
  | 'documentBytes'
  | 'documentTokens'
  | 'documentDepth'
  | 'aliases'
  | 'directives'
  | 'variableBytes'
  | 'introspection'
>;

/**
 * Reads a document that a client sent, within what any may be before it is validated: its bytes, its tokens, the bytes of
 * its variables, what it comes to with its fragments inlined, and a nesting that graphql-js does not overflow the stack
 * on, which the limit of tokens alone allows.
 * @param read gets the parsed document, with locations
 * @param refuse makes the result of a reason and its words
 * @throws GraphQLError what graphql-js says of a text that cannot be parsed, or has more tokens than allowed
 */
export function withinLimits<T>(
  request: OperationRequest,
  limits: DocumentLimits,
  read: (document: DocumentNode) => T,
  refuse: (code: ReasonCode, message: string) => T,
): T {
  const { query, variables } = request;
  const bytes = byteLength(query);
  if (bytes > limits.documentBytes) return refuse(...tooLarge(limits.documentBytes, 'bytes', bytes));
  const variableBytes = variables === undefined ? 0 : byteLength(JSON.stringify(variables));
  if (variableBytes > limits.variableBytes) {
    const words = `Variables: expected at most ${limits.variableBytes} bytes of JSON, got ${variableBytes}`;
    return refuse('BAD_REQUEST', words);
  }
  try {
    const document = parse(query, { maxTokens: limits.documentTokens });
    const fault = beyond(document, limits);
    return fault ? refuse(...fault) : read(document);
  } catch (error) {
    if (error instanceof RangeError) return refuse('BAD_REQUEST', 'Document: expected less nesting');
    throw error;
  }
}

type Refusal = readonly [code: ReasonCode, message: string];

/** Why a document may not be run, however valid it is. */
function beyond(document: DocumentNode, limits: DocumentLimits): Refusal | undefined {
  const { depth, nodes, aliases, directives, introspects, objects } = documentCost(document);
  if (introspects && !limits.introspection) return ['GRAPHQL_VALIDATION_FAILED', NO_INTROSPECTION];
  if (depth > limits.documentDepth) return tooLarge(limits.documentDepth, 'levels of selections', depth);
  if (aliases > limits.aliases) return tooLarge(limits.aliases, 'aliases', aliases);
  if (directives > limits.directives) return tooLarge(limits.directives, 'directives', directives);
  if (objects > LIMITS.documentObjects) {
    const words = `Document: expected at most ${LIMITS.documentObjects} fields with selections, got ${objects}`;
    return ['DOCUMENT_TOO_LARGE', words];
  }
  if (nodes > LIMITS.documentNodes) return tooLarge(LIMITS.documentNodes, 'selections', nodes);
  return undefined;
}

const NO_INTROSPECTION =
  'Introspection: expected neither __schema nor __type, which are not answered here; TABLECAST_INTROSPECTION=on (custom.tablecast.limits.introspection: true) has them answered';

/** Numbers that no text of this size could have by itself are not spelt out. */
const LARGEST_TOLD = 1_000_000;

function tooLarge(most: number, unit: string, got: number): Refusal {
  const inlined = unit === 'bytes' ? '' : ', its fragments inlined';
  const amount = got > LARGEST_TOLD ? 'more' : String(got);
  return ['DOCUMENT_TOO_LARGE', `Document: expected at most ${most} ${unit}${inlined}, got ${amount}`];
}
