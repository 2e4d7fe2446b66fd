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
 * A memo of compiled filters: once the texts kept come to `maxCharacters`, those that were not asked for of late go.
 * Filters that do not fit are remembered as well. Types are told apart by identity, so a reloaded schema starts anew.
 *
 * Two generations: what is asked for is in the young one, or moves there; when that is half of the bound, it becomes the
 * old one, whose rest goes. So that neither finding nor dropping takes longer for more entries.
 */
export function predicateMemo(maxCharacters: number = MEMO_CHARACTERS): PredicateMemo {
  let young: Generation = new Map();
  let old: Generation = new Map();
  let characters = 0;

  function keep(text: string, type: TableType, compiled: Compiled): void {
    const weight = text.length + ENTRY_CHARACTERS;
    if (weight > maxCharacters / 2) return;
    if (characters + weight > maxCharacters / 2) {
      old = young;
      young = new Map();
      characters = 0;
    }
    const ofType = young.get(type) ?? new Map<string, Compiled>();
    young.set(type, ofType.set(text, compiled));
    characters += weight;
  }

  return (canonicalText, type) => {
    const recent = young.get(type)?.get(canonicalText);
    if (recent) return recent;
    const compiled = old.get(type)?.get(canonicalText) ?? compileText(canonicalText, type);
    keep(canonicalText, type, compiled);
    return compiled;
  };
}

/** Type → canonical text → compiled. */
type Generation = Map<TableType, Map<string, Compiled>>;

/** The memo of this process. */
export const predicateFor: PredicateMemo = predicateMemo();

function compileText(canonicalText: string, type: TableType): Compiled {
  const expression = parseCanonicalFilter(canonicalText);
  if (expression) return compilePredicate(expression, type);
  return { ok: false, message: `${type.name}: expected a filter in canonical form, came another text` };
}
