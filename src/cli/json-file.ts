import { TablecastError } from '../errors.ts';
import { jsonErrorPlace } from './json-place.ts';

/**
 * The content of a JSON file; a byte order mark is no error.
 * @param file named in the message
 * @throws TablecastError `CONFIG_INVALID` with the line and column where it stops being JSON
 */
export function parseJsonFile(text: string, file: string): unknown {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    return JSON.parse(body);
  } catch (cause) {
    const rest = body.trim() === '' ? 'an empty file' : 'something else';
    throw new TablecastError('CONFIG_INVALID', `${file}:${jsonErrorPlace(body)} expected JSON, got ${rest}`, {
      cause,
    });
  }
}
