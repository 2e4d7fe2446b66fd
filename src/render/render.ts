import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  GraphQLObjectType,
  GraphQLSchema,
  Kind,
  parse,
  validate,
} from 'graphql';
import { type Guards, guarded } from '../auth/guards.ts';
import type { Model } from '../schema/model.ts';
import { selectsResolvedField } from './resolved.ts';

/** A stored document, parsed and checked against the schema of today. */
export interface PreparedDocument {
  readonly document: DocumentNode;
  /** Key of the root field in `data`: its alias or its name. */
  readonly responseKey: string;
  /** Root field's name in the schema. */
  readonly field: string;
  /** True when a resolver answers a field of the selection: then it is rendered for an identity. */
  readonly isResolved: boolean;
}

export type Preparation =
  | { readonly ok: true; readonly prepared: PreparedDocument }
  /** The schema has changed since the client subscribed. */
  | { readonly ok: false; readonly message: string };

/** Parses and validates once; the caller keeps the result by the document's hash. */
export function prepareDocument(model: Model, text: string): Preparation {
  let document: DocumentNode;
  try {
    // Places in it are told to nobody, and would double what a parsed document weighs.
    document = parse(text, { noLocation: true });
  } catch (error) {
    if (error instanceof GraphQLError) return { ok: false, message: error.message };
    throw error;
  }
  const [problem] = validate(servedSchema(model), document, undefined, {
    maxErrors: 1,
    hideSuggestions: true,
  });
  if (problem) return { ok: false, message: problem.message };
  const [definition] = document.definitions;
  const root =
    definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections[0] : undefined;
  if (root?.kind !== Kind.FIELD) return { ok: false, message: 'Document: expected one root field' };
  const field = root.name.value;
  const isResolved = selectsResolvedField(model, document);
  return { ok: true, prepared: { document, field, isResolved, responseKey: root.alias?.value ?? field } };
}

const served = new WeakMap<Model, GraphQLSchema>();

/**
 * The schema that stored documents are checked and rendered against: subscription fields take no arguments there, for
 * those of a subscription were made its filter, and one that is required would be missing.
 */
function servedSchema(model: Model): GraphQLSchema {
  const known = served.get(model);
  if (known) return known;
  const config = model.schema.toConfig();
  const root = config.subscription?.toConfig();
  const fields = Object.entries(root?.fields ?? {}).map(
    ([name, field]) => [name, { ...field, args: {} }] as const,
  );
  const schema = root
    ? new GraphQLSchema({
        ...config,
        subscription: new GraphQLObjectType({ ...root, fields: Object.fromEntries(fields) }),
        types: config.types.filter((type) => type !== config.subscription),
        assumeValid: true,
      })
    : model.schema;
  served.set(model, schema);
  return schema;
}

/** Facts about the change that go beside `data`; they hold no values of the item. */
export interface PayloadExtensions {
  readonly eventId: string;
  readonly sequenceNumber: string;
  /** ISO 8601, as exact as the stream tells it (AWS: whole seconds). */
  readonly approximateCreationTime: string;
  readonly updatedFields?: readonly string[];
  readonly expired?: true;
}

/** What a selection with resolvers in it needs beside the image. */
export interface Resolving {
  /** Third argument of every resolver. */
  readonly context: object;
  /** Keeps to itself what is not meant for clients. */
  formatError(error: GraphQLError): {
    readonly message: string;
    readonly extensions?: Readonly<Record<string, unknown>>;
  };
}

/**
 * Renders one payload as JSON text, at once unless a resolver has to be waited for: `{"data":{KEY:…},"errors":[…]?,"extensions":{…}}`. A field that does not fit
 * is null with an error; `data` itself is always an object, since clients drop `data: null` silently.
 * @param source what the root field resolves to: an image, or the parts of a `…Change`
 * @param resolving where a resolver answers a field of the selection: its context, and what is told of its errors
 * @param guards what its reader may read; without them every field that has rules is null
 */
export function renderPayload(
  model: Model,
  prepared: PreparedDocument,
  source: unknown,
  extensions: PayloadExtensions,
  resolving?: Resolving,
  guards?: Guards,
): string | Promise<string> {
  const rootValue = Object.assign(Object.create(null), { [prepared.field]: source });
  const result = execute({
    schema: servedSchema(model),
    document: prepared.document,
    rootValue,
    contextValue: guards ? guarded({ ...resolving?.context }, guards) : resolving?.context,
  });
  if ('then' in result) return result.then((each) => payloadText(prepared, each, extensions, resolving));
  return payloadText(prepared, result, extensions, resolving);
}

function payloadText(
  prepared: PreparedDocument,
  result: ExecutionResult,
  extensions: PayloadExtensions,
  resolving: Resolving | undefined,
): string {
  const data = result.data ?? { [prepared.responseKey]: null };
  // Locations would point into the stored document, which the client never saw.
  const errors = result.errors?.map((error) => {
    const { message, extensions: details = {} } = resolving?.formatError(error) ?? error;
    return {
      message,
      ...(error.path && { path: error.path }),
      ...(Object.keys(details).length > 0 && { extensions: details }),
    };
  });
  return JSON.stringify({ data, ...(errors && { errors }), extensions });
}

/** The payload that stands in for one too large to send: says what was not sent, by its key. */
export function tooLargePayload(
  prepared: PreparedDocument,
  key: { readonly [field: string]: unknown },
  bytes: number,
  maxBytes: number,
  extensions: PayloadExtensions,
): string {
  return JSON.stringify({
    data: { [prepared.responseKey]: null },
    errors: [
      {
        message: `Payload: expected a frame of at most ${maxBytes} bytes, got ${bytes}; read the item by its key`,
        path: [prepared.responseKey],
        extensions: { code: 'PAYLOAD_TOO_LARGE', key, eventId: extensions.eventId, bytes },
      },
    ],
    extensions,
  });
}

/** The payload of a change that could not be rendered at all: the client knows that something happened, and to what event. */
export function failedPayload(prepared: PreparedDocument, extensions: PayloadExtensions): string {
  return JSON.stringify({
    data: { [prepared.responseKey]: null },
    errors: [
      {
        message: 'Internal error; read the item again',
        path: [prepared.responseKey],
        extensions: { code: 'INTERNAL_SERVER_ERROR', eventId: extensions.eventId },
      },
    ],
    extensions,
  });
}

/** The payload that says a subscription is live (contract C1, asked for by the client). */
export function confirmationPayload(responseKey: string): string {
  return JSON.stringify({ data: { [responseKey]: null }, extensions: { subscribed: true } });
}
