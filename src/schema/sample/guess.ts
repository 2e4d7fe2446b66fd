import type { AttributeType } from '../../change/attribute-type.ts';
import { numberScalar } from './numbers.ts';
import type { MapSummary, ValueSummary } from './summary.ts';
import { textScalar } from './texts.ts';

/** The type a field is given: a scalar, a list of one, or an object type of its own for a map's members. */
export type GuessedType =
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'object'; readonly members: MapSummary }
  | { readonly kind: 'list'; readonly of: Exclude<GuessedType, { readonly kind: 'list' }> };

/** A type that every value seen fits (`coerce` gives each without an error), and why it was chosen. */
export interface Guess {
  readonly type: GuessedType;
  /** For a comment: data types and forms, never a value. */
  readonly because: string;
}

const LISTS: ReadonlySet<AttributeType> = new Set<AttributeType>(['L', 'SS', 'NS', 'BS']);
const TEXTUAL: ReadonlySet<AttributeType> = new Set<AttributeType>(['S', 'N', 'B']);

/** Names are those of one shape when there were at least two maps, and each name is in half of them on average. */
const MIN_MAPS = 2;
const MIN_SHARE = 0.5;

/** The type of what was seen in one place. */
export function guessType(summary: ValueSummary): Guess {
  const types = [...summary.types.keys()].filter((type) => type !== 'NULL');
  const guess = guessOf(types, summary);
  const nulls = summary.types.get('NULL') ?? 0;
  return nulls === 0 || types.length === 0
    ? guess
    : { ...guess, because: `${guess.because}; NULL in ${grouped(nulls)}` };
}

/** `1234` as `1,234`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function guessOf(types: readonly AttributeType[], summary: ValueSummary): Guess {
  const [type, ...more] = types;
  if (type === undefined) return json('nothing but NULL');
  if (types.every((each) => LISTS.has(each))) return guessList(types, summary);
  if (more.length === 0) return guessOne(type, summary);
  const mixed = `mixed: ${types.map((each) => `${each} in ${grouped(summary.types.get(each) ?? 0)}`).join(', ')}`;
  return types.every((each) => TEXTUAL.has(each)) ? scalar('String', mixed) : json(mixed);
}

function guessOne(type: AttributeType, summary: ValueSummary): Guess {
  switch (type) {
    case 'S': {
      const text = textScalar(summary.texts, summary.types.get('S') ?? 0);
      return scalar(text.scalar, text.because === '' ? 'S' : `S, ${text.because}`);
    }
    case 'N': {
      const number = numberScalar(summary.numbers);
      return scalar(number.scalar, `N, ${number.because}`);
    }
    case 'B':
      return scalar('String', 'B, given as base64 text');
    case 'BOOL':
      return scalar('Boolean', 'BOOL');
    default:
      return guessMap(summary.members);
  }
}

function guessMap(members: MapSummary | undefined): Guess {
  if (!members) return json('M, nested deep');
  const names = members.members.size;
  if (names === 0 && !members.incomplete) return json('M, always empty');
  if (members.incomplete) return json('M of many different names');
  const uses = [...members.members.values()].reduce((sum, member) => sum + seenIn(member), 0);
  if (members.count < MIN_MAPS) return json('one M, too few to tell whether its names are always the same');
  if (uses < MIN_SHARE * names * members.count) return json('M whose names differ');
  return { type: { kind: 'object', members }, because: `M of ${names === 1 ? '1 name' : `${names} names`}` };
}

function guessList(types: readonly AttributeType[], { elements }: ValueSummary): Guess {
  const stored = types.join(' and ');
  if (!elements) return json(`${stored}, always empty or nested deep`);
  const of = guessType(elements);
  const mixed = [...elements.types.keys()].filter((type) => type !== 'NULL').length > 1;
  if (mixed || of.type.kind === 'list' || isJson(of.type)) return json(`${stored} of ${of.because}`);
  return { type: { kind: 'list', of: of.type }, because: `${stored} of ${of.because}` };
}

/** How many values there were, NULL included. */
export function seenIn({ types }: ValueSummary): number {
  let seen = 0;
  for (const count of types.values()) seen += count;
  return seen;
}

function scalar(name: string, because: string): Guess {
  return { type: { kind: 'scalar', name }, because };
}

/** AWSJSON takes any value there is. */
function json(because: string): Guess {
  return scalar('AWSJSON', because);
}

function isJson(type: GuessedType): boolean {
  return type.kind === 'scalar' && type.name === 'AWSJSON';
}
