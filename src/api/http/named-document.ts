import { isObject } from '../../protocol/json-object.ts';
import { namedDocument } from '../../protocol/named-document.ts';

/** The parts of a request that `graphql-http` reads. */
interface Parsed {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

/**
 * A request that names a document instead of sending its text (`documentId`, or Apollo's `persistedQuery`), as one that
 * `graphql-http` takes: with an empty text, and the id as Apollo has it. Any other request as it is, faults included.
 */
export function withNamedDocument<Request extends Parsed>(request: Request): Request {
  return request.method === 'GET' ? inQuery(request) : inBody(request);
}

function inQuery<Request extends Parsed>(request: Request): Request {
  const at = request.url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
  if (query.get('query')) return request;
  const extensions = fieldsOf(jsonOf(query.get('extensions') ?? '{}'));
  const id = namedDocument(query.get('documentId'), extensions);
  if (id === undefined) return request;
  query.set('query', '');
  query.set('extensions', JSON.stringify(withId(undefined, id)));
  return { ...request, url: `${request.url.slice(0, at)}?${query}` };
}

function inBody<Request extends Parsed>(request: Request): Request {
  const { body } = request;
  const text = isReader(body) ? textOf(body) : undefined;
  const fields = typeof text === 'string' ? fieldsOf(jsonOf(text)) : undefined;
  if (!fields || fields['query'] != null) return request;
  const id = namedDocument(fields['documentId'], fields['extensions']);
  if (id === undefined) return request;
  const extensions = withId(fieldsOf(fields['extensions']), id);
  // Not as text: who writes out what nests very deep overflows the stack.
  return { ...request, body: { ...fields, query: '', extensions } };
}

function withId(extensions: Fields | undefined, sha256Hash: string): Fields {
  return { ...extensions, persistedQuery: { version: 1, sha256Hash } };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | undefined {
  return isObject(value) ? { ...value } : undefined;
}

/** Of what is no JSON, or not even text, nothing: whoever reads the request next says so. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isReader(body: unknown): body is () => unknown {
  return typeof body === 'function';
}

function textOf(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}
