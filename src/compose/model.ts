import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TablecastError } from '../errors.ts';
import { loadModel } from '../schema/load.ts';
import type { Model } from '../schema/model.ts';

/**
 * The completed model of a schema file.
 * @param file relative to the working directory
 * @throws SchemaError with file, line and column · TablecastError `CONFIG_INVALID` when it cannot be read
 */
export function readModel(file: string): Model {
  let sdl: string;
  try {
    sdl = readFileSync(resolve(file), 'utf8');
  } catch (cause) {
    throw new TablecastError(
      'CONFIG_INVALID',
      `Schema file: expected one at ${resolve(file)}, got none that can be read`,
      { cause },
    );
  }
  return loadModel(sdl, { file });
}
