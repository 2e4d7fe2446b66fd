import { GraphQLError, parse } from 'graphql';
import { TablecastError } from '../errors.ts';
import { byteLength } from '../protocol/limits.ts';
import { type OperationRequest, type WireError, wireError } from '../protocol/messages.ts';
import type { Model } from '../schema/model.ts';
import { type DocumentLimits, withinLimits } from './document-limits.ts';
import type { DocumentList } from './document-list.ts';
import { problemsOf } from './operation.ts';

export type Admission =
  /** With the text of the document, wherever it came from. */
  | { readonly ok: true; readonly request: OperationRequest }
  | { readonly ok: false; readonly error: WireError };

/**
 * Settles which document a request is for: the text it sent, or the listed one whose id it sent. With a list nothing else
 * runs; without one a text is needed. To be asked of who was let in alone: the answer tells what is listed.
 *
 * A client of Apollo's that sends a hash first is told in Apollo's words that ids are not supported, at which it sends
 * texts from then on.
 */
export function allowedDocument(
  request: OperationRequest,
  list: DocumentList | undefined,
  limits: DocumentLimits,
): Admission {
  const { documentId, query } = request;
  if (!list) return query === '' && documentId !== undefined ? NOT_SUPPORTED : { ok: true, request };
  if (query === '') {
    const text = documentId === undefined ? undefined : list.byId(documentId);
    return text === undefined ? NOT_ALLOWED : { ok: true, request: { ...request, query: text } };
  }
  // No listed one is longer, so that a longer one need not be looked at.
  const isListed = byteLength(query) <= limits.documentBytes && list.has(query);
  return isListed ? { ok: true, request } : NOT_ALLOWED;
}

const NOT_SUPPORTED: Admission = {
  ok: false,
  error: wireError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported'),
};

const NOT_ALLOWED: Admission = {
  ok: false,
  error: wireError(
    'OPERATION_NOT_ALLOWED',
    'Operation: expected a document of the list that this API allows (custom.tablecast.documents), got another',
  ),
};

/**
 * Checks every listed document against the schema and the limits, so that none is refused only when a client asks for it.
 * @param file how an error names the list
 * @throws TablecastError `CONFIG_INVALID`, a line for each that does not fit
 */
export function checkDocumentList(
  model: Pick<Model, 'schema'>,
  list: DocumentList,
  limits: DocumentLimits,
  file: string,
): void {
  const faults = list.documents.flatMap(({ label, text }) => {
    const why = faultOf(text);
    return why === undefined ? [] : [`${file} ${label}: ${why}`];
  });
  if (faults.length > 0) throw new TablecastError('CONFIG_INVALID', faults.join('\n'));

  function faultOf(query: string): string | undefined {
    try {
      // What is wrong with the text itself comes before what is too much of it.
      parse(query, { noLocation: true });
      return withinLimits<string | undefined>(
        { query },
        limits,
        (document) => problemsOf(model, document)[0]?.message,
        (_code, message) => message,
      );
    } catch (error) {
      if (error instanceof GraphQLError) return error.message;
      throw error;
    }
  }
}
