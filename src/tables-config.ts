import { type Environment, invalid } from './environment.ts';

/**
 * `TABLECAST_TABLE_NAMES`, a JSON object: stored name → name in the schema, of the tables that have two; none by default.
 * @throws TablecastError `CONFIG_INVALID` when it is anything else
 */
export function readTableNames(env: Environment): ReadonlyMap<string, string> {
  const name = 'TABLECAST_TABLE_NAMES';
  const value = env[name];
  if (!value) return new Map();
  const parsed = parsedJson(value);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    const entries = Object.entries(parsed);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
      return new Map(entries);
  }
  throw invalid(name, 'a JSON object of stored name to schema name', value);
}

/**
 * `TABLECAST_READ_ONLY_TABLES`, a JSON array: names in the schema of the tables whose mutations are refused; none by
 * default.
 * @throws TablecastError `CONFIG_INVALID` when it is anything else
 */
export function readReadOnlyTables(env: Environment): ReadonlySet<string> {
  const name = 'TABLECAST_READ_ONLY_TABLES';
  const value = env[name];
  if (!value) return new Set();
  const parsed = parsedJson(value);
  if (Array.isArray(parsed) && parsed.every((entry): entry is string => typeof entry === 'string'))
    return new Set(parsed);
  throw invalid(name, 'a JSON array of schema names of tables', value);
}

/** The value of a text, or undefined when it is no JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
