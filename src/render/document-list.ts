import { createHash } from 'node:crypto';
import { stripIgnoredCharacters } from 'graphql';
import { kindOf, TablecastError } from '../errors.ts';
import { isObject } from '../protocol/json-object.ts';

/** One document of a list, as its file has it. */
export interface ListedDocument {
  /** Id it may be asked for by; without one it is asked for by the SHA-256 of its text. */
  readonly id?: string;
  /** How an error names it: its name in the file, its id, or its place. */
  readonly label: string;
  readonly text: string;
}

/** The only documents that may run. */
export interface DocumentList {
  readonly documents: readonly ListedDocument[];
  /** The text of a document by its id, its SHA-256 in lower-case hex, or `sha256:` and that. */
  byId(id: string): string | undefined;
  /** Whether a text is that of a listed document, to the letter or save for what GraphQL ignores (blanks, commas, comments). */
  has(text: string): boolean;
}

/**
 * Reads the JSON of a list of documents: a list of texts; an object of id → text, as Relay and graphql-codegen write it;
 * or Apollo's manifest, `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{id, name, body}]}`.
 * @param file how an error names it
 * @see https://www.apollographql.com/docs/graphos/platform/security/persisted-queries
 * @throws TablecastError `CONFIG_INVALID` for anything else, or for an id that two different texts have
 */
export function readDocumentList(json: string, file: string): DocumentList {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid(file, 'JSON text', 'something else');
  }
  return documentList(documentsIn(value, file), file);
}

function documentsIn(value: unknown, file: string): readonly ListedDocument[] {
  if (Array.isArray(value)) {
    return value.map((text, index) => ({ label: `[${index}]`, text: textAt(text, `${file}[${index}]`) }));
  }
  const fields = fieldsOf(value, file, 'a list of documents, an object of id to document, or a manifest');
  const operations = fields.get('operations');
  if (!Array.isArray(operations)) {
    return [...fields].map(([id, text]) => ({ id, label: `"${id}"`, text: textAt(text, `${file} "${id}"`) }));
  }
  return operations.map((entry: unknown, index) => {
    const at = `${file} operations[${index}]`;
    const operation = fieldsOf(entry, at, 'an object with id and body');
    const [id, name] = [operation.get('id'), operation.get('name')];
    if (typeof id !== 'string' || id === '') throw invalid(`${at}.id`, 'a text', kindOf(id));
    const label = typeof name === 'string' ? name : `"${id}"`;
    return { id, label, text: textAt(operation.get('body'), `${at}.body`) };
  });
}

function documentList(documents: readonly ListedDocument[], file: string): DocumentList {
  const byId = new Map<string, string>();
  const bare = new Set<string>();
  for (const { id, text } of documents) {
    const hash = sha256(text);
    for (const name of id === undefined ? [hash, `sha256:${hash}`] : [id, hash, `sha256:${hash}`]) {
      if ((byId.get(name) ?? text) !== text) throw invalid(`${file} "${name}"`, 'one document', 'two');
      byId.set(name, text);
    }
    const stripped = strippedOf(text);
    if (stripped !== undefined) bare.add(sha256(stripped));
  }
  return {
    documents,
    byId: (id) => byId.get(id),
    has(text) {
      if (byId.get(sha256(text)) === text) return true;
      const stripped = strippedOf(text);
      return stripped !== undefined && bare.has(sha256(stripped));
    },
  };
}

/** `undefined` for what is no GraphQL text. */
function strippedOf(text: string): string | undefined {
  try {
    return stripIgnoredCharacters(text);
  } catch {
    return undefined;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function textAt(value: unknown, at: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw invalid(at, 'the text of a document', value === '' ? 'an empty text' : kindOf(value));
}

function fieldsOf(value: unknown, at: string, expected: string): ReadonlyMap<string, unknown> {
  if (isObject(value)) return new Map(Object.entries(value));
  throw invalid(at, expected, kindOf(value));
}

function invalid(at: string, expected: string, got: string): TablecastError {
  return new TablecastError('CONFIG_INVALID', `${at}: expected ${expected}, got ${got}`);
}
