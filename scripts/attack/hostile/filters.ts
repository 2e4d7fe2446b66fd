import type { Limits } from '../../../src/protocol/limits.ts';
import type { FieldModel, TableType } from '../../../src/schema/model.ts';

/** A filter input, as a variable would have it, that is made to cost as much as it can. */
export interface HostileFilter {
  readonly name: string;
  readonly filter: unknown;
}

type Input = Readonly<Record<string, unknown>>;

/** Filters at the edge of every limit: wide, deep, and such whose alternatives multiply. */
export function* hostileFilters(type: TableType, limits: Limits): Generator<HostileFilter> {
  const { filterConditions: most, filterDepth: depth, inValues } = limits;
  const fields = [...type.fields.values()].filter(isCompared);
  if (fields.length === 0) return;
  const field = (n: number) => fields[n % fields.length];
  const equal = (n: number): Input => condition(field(n), 'eq', n);
  const upTo = <T>(count: number, part: (n: number) => T): readonly T[] =>
    Array.from({ length: Math.max(1, Math.floor(count)) }, (_, n) => part(n));

  yield { name: 'as many equalities as may be', filter: { or: upTo(most, equal) } };
  yield { name: 'as many equalities at once', filter: { and: upTo(most, equal) } };
  for (const width of [2, 3, 4, 8, 16]) {
    const groups = upTo(most / (width + 1), (g) => ({ or: upTo(width, (n) => equal(g * width + n)) }));
    yield { name: `all of many choices of ${width}`, filter: { and: groups } };
    const pairs = upTo(most / (width + 1), (g) => ({ and: upTo(width, (n) => equal(g * width + n)) }));
    yield { name: `any of many sets of ${width}`, filter: { or: pairs } };
    yield { name: `none of many sets of ${width}`, filter: { not: { and: pairs } } };
  }
  const listed = (n: number, count: number): Input => condition(field(n), 'in', n, count);
  for (const count of [15, 16, Math.min(inValues, 24)]) {
    yield { name: `all of many lists of ${count}`, filter: { and: upTo(most / 2, (n) => listed(n, count)) } };
    yield { name: `any of many lists of ${count}`, filter: { or: upTo(most / 2, (n) => listed(n, count)) } };
  }
  yield { name: 'few lists as long as may be', filter: { and: upTo(6, (n) => listed(n, inValues)) } };
  yield { name: 'alternately and, or, not, as deep as may be', filter: alternating(depth, most, equal) };
  yield { name: 'choices within choices', filter: tree(depth, most, equal) };
  yield { name: 'one text as long as may be', filter: longText(fields, limits) };
  yield { name: 'lists of nothing', filter: { and: upTo(most, () => ({})) } };
  yield { name: 'too many conditions', filter: { or: upTo(1_000, equal) } };
  yield { name: 'too deep', filter: upTo(14, (n) => n).reduce<Input>((inner) => ({ not: inner }), {}) };
}

function isCompared({ kind, list }: FieldModel): boolean {
  return !list && (kind === 'ID' || kind === 'String' || kind === 'Int');
}

function condition(field: FieldModel | undefined, operator: 'eq' | 'in', n: number, count = 1): Input {
  if (!field) return {};
  const value = (at: number) => (field.kind === 'Int' ? n * 100 + at : `v${n}-${at}`);
  const operand = operator === 'eq' ? value(0) : Array.from({ length: count }, (_, at) => value(at));
  return { [field.name]: { [operator]: operand } };
}

/** Levels of `and`, `or` and `not` by turns, each with conditions beside the next. */
function alternating(depth: number, most: number, equal: (n: number) => Input): Input {
  const each = Math.max(1, Math.floor(most / depth / 2));
  let inner: Input = equal(0);
  for (let level = 1; level < depth; level += 1) {
    const beside = Array.from({ length: each }, (_, n) => equal(level * each + n));
    if (level % 3 === 2) inner = { ...equal(level), not: inner };
    else inner = { [level % 3 === 0 ? 'and' : 'or']: [...beside, inner] };
  }
  return inner;
}

/** A tree of pairs, `and` and `or` by turns. */
function tree(depth: number, most: number, equal: (n: number) => Input): Input {
  let used = 0;
  const grow = (level: number): Input => {
    used += 1;
    if (level === 1 || used > most / 2) return equal(used);
    return { [level % 2 === 0 ? 'and' : 'or']: [grow(level - 1), grow(level - 1)] };
  };
  return grow(Math.min(depth, 6));
}

function longText(fields: readonly FieldModel[], { frameBytes }: Limits): Input {
  const text = fields.find(({ kind }) => kind === 'String' || kind === 'ID');
  return text ? { [text.name]: { contains: 'é'.repeat((frameBytes - 2_000) / 2) } } : {};
}
