import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TablecastError } from '../errors.ts';
import { checkDocumentList } from '../render/allowed-document.ts';
import type { DocumentLimits } from '../render/document-limits.ts';
import { type DocumentList, readDocumentList } from '../render/document-list.ts';
import type { Model } from '../schema/model.ts';

/**
 * The only documents that may run (docs/limits.md), each checked against the schema and the limits.
 * @param file relative to the working directory
 * @throws TablecastError `CONFIG_INVALID` when it cannot be read, or a document of it does not fit
 */
export function readDocuments(file: string, model: Model, limits: DocumentLimits): DocumentList {
  let json: string;
  try {
    json = readFileSync(resolve(file), 'utf8');
  } catch (cause) {
    const expected = `Documents file: expected one at ${resolve(file)}, got none that can be read`;
    throw new TablecastError('CONFIG_INVALID', expected, { cause });
  }
  const list = readDocumentList(json, file);
  checkDocumentList(model, list, limits, file);
  return list;
}
