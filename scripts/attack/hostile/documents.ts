import { getNamedType, isObjectType } from 'graphql';
import { LIMITS, type Limits } from '../../../src/protocol/limits.ts';
import type { Model, TableType } from '../../../src/schema/model.ts';
import { hostileFilters } from './filters.ts';

/** A request that is within what a frame may be, and made to cost as much as it can. */
export interface HostileRequest {
  readonly name: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Of one type of items: what documents about it are made of. */
interface Subject {
  readonly type: TableType;
  /** The subscription field. */
  readonly root: string;
  /** Fields without a selection. */
  readonly leaves: readonly string[];
  /** Path of fields with selections that can be gone on and on, if it has one: `owner`, then `boss`, `boss`, … */
  readonly path?: readonly [first: string, again: string];
  /** Name of the type that `again` is of. */
  readonly nested?: string;
  /** A field of that type without a selection. */
  readonly nestedLeaf?: string;
}

/**
 * Documents at the edge of every limit, for every type of items of a model: repetition, fragments that double, fields that
 * overlap, nesting, directives, aliases, cycles, very long names and literals, and filters as literals and as variables.
 * Some are valid, some are refused: both have to be cheap.
 */
export function* hostileDocuments(model: Model, limits: Limits): Generator<HostileRequest> {
  for (const type of model.types.values()) {
    const subject = subjectOf(model, type);
    if (!subject) continue;
    for (const request of ofSubject(subject, limits)) {
      yield { ...request, name: `${type.name}: ${request.name}` };
    }
  }
}

function subjectOf(model: Model, type: TableType): Subject | undefined {
  const root = [...model.subscriptions.values()].find((field) => field.type.name === type.name)?.name;
  const object = model.schema.getType(type.name);
  if (root === undefined || !isObjectType(object)) return undefined;
  const fields = Object.values(object.getFields());
  const leaves = fields
    .filter((field) => !isObjectType(getNamedType(field.type)) && field.args.length === 0)
    .map(({ name }) => name);
  for (const field of fields) {
    const inner = getNamedType(field.type);
    if (!isObjectType(inner)) continue;
    const innerFields = Object.values(inner.getFields());
    const again = innerFields.find((next) => getNamedType(next.type) === inner);
    const leaf = innerFields.find((next) => !isObjectType(getNamedType(next.type)));
    if (!again || !leaf) continue;
    return {
      type,
      root,
      leaves,
      path: [field.name, again.name],
      nested: inner.name,
      nestedLeaf: leaf.name,
    };
  }
  return { type, root, leaves };
}

function* ofSubject(subject: Subject, limits: Limits): Generator<HostileRequest> {
  const { type, root, leaves } = subject;
  const [leaf = '__typename'] = leaves;
  const tokens = limits.documentTokens - 12;
  const item = (selection: string) => `subscription{${root}{${selection}}}`;
  const filled = (part: string, each: number, most = tokens) =>
    part.repeat(Math.max(1, Math.min(Math.floor(most / each), Math.floor(15_000 / part.length))));

  yield { name: 'one field again and again', query: item(filled(`${leaf} `, 1)) };
  yield { name: 'all fields again and again', query: item(filled(`${leaves.join(' ')} `, leaves.length)) };
  yield { name: 'fields that are not there', query: item(numbered(tokens, (n) => `x${n}`, 15_000)) };
  yield { name: 'very long names that are not there', query: item(filled(`${'n'.repeat(1_000)} `, 1)) };
  yield {
    name: 'inline fragments in each other',
    query: item(nest('...{', leaf, '}', Math.floor(tokens / 3))),
  };
  yield { name: 'inline fragments beside each other', query: item(filled(`...on ${type.name}{${leaf}}`, 6)) };
  yield { name: 'aliases', query: item(numbered(limits.aliases, (n) => `a${n}:${leaf}`, 15_000)) };
  yield { name: 'far too many aliases', query: item(numbered(tokens / 3, (n) => `a${n}:${leaf}`, 15_000)) };
  yield {
    name: 'aliases that disagree',
    query: item(numbered(limits.aliases, (n) => `a:${leaves[n % leaves.length]}`, 15_000)),
  };
  yield {
    name: 'directives',
    query: `subscription($v:Boolean!){${root}{${filled(`${leaf}@skip(if:$v) `, 8, limits.directives * 8)} id}}`,
    variables: { v: false },
  };
  yield { name: 'directives that are not there', query: item(filled(`${leaf}@x `, 3)) };
  yield* fragments(subject, tokens);
  yield* nesting(subject, limits);
  yield* operations(subject, tokens);
  yield* literals(subject, limits);
  for (const { name, filter } of hostileFilters(type, limits)) {
    const input = `Table${type.name}FilterInput`;
    yield {
      name: `filter, ${name}`,
      query: `subscription($f:${input}){${root}(filter:$f){${leaf}}}`,
      variables: { f: filter },
    };
  }
}

/** `count` parts, as far as they are no longer than `most` characters in all. */
function numbered(count: number, part: (n: number) => string, most: number): string {
  let text = '';
  for (let n = 0; n < count && text.length < most; n += 1) text += `${part(n)} `;
  return text;
}

function nest(open: string, inner: string, close: string, levels: number): string {
  return open.repeat(levels) + inner + close.repeat(levels);
}

function* fragments({ type, root, leaves }: Subject, tokens: number): Generator<HostileRequest> {
  const on = ` on ${type.name}`;
  const [leaf = '__typename'] = leaves;
  const spread = (names: readonly string[]) => names.map((name) => `...${name}`).join('');
  const doubling = (levels: number) =>
    Array.from({ length: levels }, (_, n) => `fragment F${n}${on}{...F${n + 1}...F${n + 1}}`).join('');
  for (const levels of [10, 11, 60]) {
    yield {
      name: `fragments that double ${levels} times`,
      query: `subscription{${root}{...F0}}${doubling(levels)}fragment F${levels}${on}{${leaf}}`,
    };
  }
  const names = Array.from({ length: Math.floor(tokens / (8 + leaves.length + 2)) }, (_, n) => `F${n}`);
  yield {
    name: 'fragments of the same fields',
    query: `subscription{${root}{${spread(names)}}}${names.map((name) => `fragment ${name}${on}{${leaves.join(' ')}}`).join('')}`,
  };
  const few = Array.from({ length: 18 }, (_, n) => `F${n}`);
  yield {
    name: 'fragments that all spread each other',
    query: `subscription{${root}{...F0}}${few.map((name) => `fragment ${name}${on}{${spread(few)}}`).join('')}`,
  };
  yield {
    name: 'fragments that all spread those behind them',
    query: `subscription{${root}{...F0}}${few.map((name, n) => `fragment ${name}${on}{${leaf} ${spread(few.slice(n + 1, n + 12))}}`).join('')}`,
  };
  yield {
    name: 'fragments that nobody spreads',
    query: `subscription{${root}{${leaf}}}${names.map((name) => `fragment ${name}${on}{${leaves.join(' ')}}`).join('')}`,
  };
  yield {
    name: 'spreads of fragments that are not there',
    query: `subscription{${root}{${numbered(tokens / 2, (n) => `...G${n}`, 15_000)}}}`,
  };
  yield {
    name: 'one fragment spread again and again',
    query: `subscription{${root}{${'...F'.repeat(Math.floor(tokens / 2) - 30)}}}fragment F${on}{${leaves.slice(0, 6).join(' ')}}`,
  };
}

/** Selections in each other, as deep as they may be: every level asks twice for the same, which have to be joined. */
function* nesting(subject: Subject, limits: Limits): Generator<HostileRequest> {
  const { root, path, nested, nestedLeaf = '__typename' } = subject;
  if (!path || nested === undefined) return;
  const [first, again] = path;
  const levels = limits.documentDepth - 3;
  const item = (selection: string) => `subscription{${root}{${first}{${selection}}}}`;
  const twice = (level: number): string =>
    level === 0 ? nestedLeaf : `${again}{${twice(level - 1)}}${again}{${twice(level - 1)}}`;
  for (const level of [levels, levels + 1, 8])
    yield { name: `twice in each of ${level} levels`, query: item(twice(level)) };
  const wide = Math.floor((limits.documentTokens - 20) / (3 * levels));
  yield {
    name: 'as deep as may be, again and again',
    query: item(nest(`${again}{`, nestedLeaf, '}', levels).repeat(wide)),
  };
  yield { name: 'as deep as tokens allow', query: item(nest(`${again}{`, nestedLeaf, '}', 300)) };
  const pieces = [
    `${first}{${nestedLeaf}}`,
    `${first}{${again}{${nestedLeaf}}}`,
    `${first}{${again}{${nestedLeaf}}${again}{${nestedLeaf}}}`,
    `${first}{${again}{${again}{${again}{${nestedLeaf}}}}}`,
    `...{${first}{...{${again}{...{${nestedLeaf}}}}}}`,
  ];
  for (const piece of pieces) {
    const tokens = piece.match(/\w+|[{}]|\.{3}/g)?.length ?? 1;
    const objects = piece.match(/\w\{/g)?.length ?? 1;
    const most = Math.floor((limits.documentTokens - 20) / tokens);
    // As many as there may be, and more.
    for (const count of [Math.floor((LIMITS.documentObjects - 1) / objects), most]) {
      const many = piece.repeat(Math.min(count, most));
      yield { name: `${count} times ${piece}`, query: `subscription{${root}{${many}}}` };
    }
  }
  const on = ` on ${nested}`;
  const halves = Array.from(
    { length: 8 },
    (_, n) => `fragment H${n}${on}{${`${again}{${nestedLeaf}}`.repeat(11)}}`,
  );
  yield {
    name: 'fragments of nested fields that overlap',
    query: `subscription{${root}{${`${first}{...H0...H1...H2...H3...H4...H5...H6...H7}`.repeat(4)}}}${halves.join('')}`,
  };
  const doubling = (width: number) =>
    Array.from(
      { length: levels },
      (_, n) => `fragment F${n}${on}{${`${again}{...F${n + 1}}`.repeat(width)}}`,
    ).join('');
  for (const width of [2, 4, 5]) {
    yield {
      name: `fragments that multiply by ${width} in each level`,
      query: `${item('...F0')}${doubling(width)}fragment F${levels}${on}{${nestedLeaf}}`,
    };
  }
  const aliases = Array.from({ length: Math.floor(limits.aliases / levels) }, (_, n) => `a${n}`);
  const aliased = Array.from(
    { length: levels },
    (_, n) => `fragment F${n}${on}{${aliases.map((alias) => `${alias}:${again}{...F${n + 1}}`).join('')}}`,
  ).join('');
  yield {
    name: 'aliases that multiply',
    query: `${item('...F0')}${aliased}fragment F${levels}${on}{${nestedLeaf}}`,
  };
  const blocks = Array.from(
    { length: 12 },
    (_, n) => `fragment F${n}${on}{${again}{${again}{${nestedLeaf} ...F${n + 1}}}}`,
  );
  yield {
    name: 'fragments that overlap at every level',
    query: `${item('...F0...F3...F6')}${blocks.join('')}fragment F12${on}{${nestedLeaf}}`,
  };
}

function* operations(
  { root, leaves: [leaf = '__typename'] }: Subject,
  tokens: number,
): Generator<HostileRequest> {
  yield { name: 'many operations', query: numbered(tokens / 8, (n) => `query Q${n}{__typename}`, 15_000) };
  for (const count of [LIMITS.documentObjects, Math.floor(tokens / 4)]) {
    yield {
      name: `${count} root fields`,
      query: `subscription{${numbered(count, () => `${root}{${leaf}}`, 15_000)}}`,
    };
  }
  yield {
    name: 'many variables that nobody uses',
    query: `subscription(${numbered(tokens / 4, (n) => `$v${n}:ID`, 15_000)}){${root}{${leaf}}}`,
  };
  yield { name: 'a query of many root fields', query: `{${'__typename '.repeat(tokens - 4)}}` };
  yield {
    name: 'introspection, as deep as tokens allow',
    query: `{__schema{types{fields{type{${nest('ofType{', 'name', '}', 250)}}}}}}`,
  };
  yield {
    name: 'introspection in a circle',
    query: `{__schema{types{${nest('fields{type{', 'name', '}}', 60)}}}}`,
  };
}

function* literals(
  { type, root, leaves: [leaf = '__typename'] }: Subject,
  limits: Limits,
): Generator<HostileRequest> {
  const ask = (filter: string) => `subscription{${root}(filter:${filter}){${leaf}}}`;
  const room = limits.documentBytes - 200;
  const [key] = type.keys;
  const texts = [
    ['a text as long as may be', `"${'a'.repeat(room)}"`],
    ['a text of escapes', `"${'\\u00e9'.repeat(room / 6)}"`],
    ['a block of text', `"""${' a\n'.repeat(room / 3)}"""`],
    ['a number as long as may be', '9'.repeat(room)],
  ] as const;
  for (const [name, text] of texts) yield { name, query: ask(`{${key}:{eq:${text}}}`) };
  yield { name: 'a comment as long as may be', query: `${ask('{}')}#${'x'.repeat(room)}` };
  yield { name: 'blanks', query: ask('{}') + ' ,\n\t'.repeat(room / 4) };
  const depth = Math.floor((limits.documentTokens - 30) / 4);
  yield { name: 'negations as deep as tokens allow', query: ask(nest('{not:', '{}', '}', depth)) };
  yield { name: 'lists as deep as tokens allow', query: ask(`{${key}:{in:${nest('[', '1', ']', depth)}}}`) };
  yield {
    name: 'a list of many',
    query: ask(`{${key}:{in:[${'"a" '.repeat(limits.documentTokens - 40)}]}}`),
  };
  yield {
    name: 'fields of a filter that are not there',
    query: ask(`{${numbered(200, (n) => `x${n}:{eq:1}`, room)}}`),
  };
}
