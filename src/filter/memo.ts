import type { TableType } from '../schema/model.ts';
import { parseCanonicalFilter } from './canonical.ts';
import { type Compiled, compilePredicate } from './predicate.ts';

/** Default bound of a memo, in characters of canonical text kept: 10,000 filters that fit a row are within it. */
export const MEMO_CHARACTERS = 8_000_000;

/** What an entry costs beside its text. */
const ENTRY_CHARACTERS = 200;

/** Parses and compiles a canonical filter for a type, or says why it no longer fits. */
export type PredicateMemo = (canonicalText: string, type: TableType) => Compiled;

/**
 * A memo of compiled filters: the least recently used go when the texts kept exceed `maxCharacters`. Filters that do
 * not fit are remembered as well. Types are told apart by identity, so a reloaded schema starts anew.
 */
export function predicateMemo(maxCharacters: number = MEMO_CHARACTERS): PredicateMemo {
  const entries = new Map<string, { readonly compiled: Compiled; readonly type: TableType }>();
  let characters = 0;

  function drop(key: string): void {
    if (entries.delete(key)) characters -= weightOf(key);
  }

  return (canonicalText, type) => {
    const key = `${type.name} ${canonicalText}`;
    const known = entries.get(key);
    drop(key);
    const compiled = known?.type === type ? known.compiled : compileText(canonicalText, type);
    if (weightOf(key) > maxCharacters) return compiled;
    entries.set(key, { compiled, type });
    characters += weightOf(key);
    for (const leastRecentlyUsed of entries.keys()) {
      if (characters <= maxCharacters) break;
      drop(leastRecentlyUsed);
    }
    return compiled;
  };
}

function weightOf(key: string): number {
  return key.length + ENTRY_CHARACTERS;
}

/** The memo of this process. */
export const predicateFor: PredicateMemo = predicateMemo();

function compileText(canonicalText: string, type: TableType): Compiled {
  const expression = parseCanonicalFilter(canonicalText);
  if (expression) return compilePredicate(expression, type);
  return { ok: false, message: `${type.name}: expected a filter in canonical form, came another text` };
}
