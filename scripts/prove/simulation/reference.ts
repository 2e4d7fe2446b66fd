import type { SeededRandom } from '../../../src/testing/random.ts';
import type { Item, Write } from './items.ts';

/**
 * What a subscription should get, told without a line of the relay's own code: filters are plain functions beside their
 * text, and payloads are put together by hand.
 */
export interface Wish {
  readonly field: 'onCreateTodo' | 'onUpdateTodo' | 'onDeleteTodo' | 'onChangeTodo';
  /** Document to subscribe with. */
  readonly query: string;
  /** Subscriptions of one key match the same items. */
  readonly matchKey: string;
  /** What is owed for a write, as JSON text of `data` and the names in `updatedFields`; undefined: nothing. */
  owed(write: Write, eventId: string): Owed | undefined;
}

export interface Owed {
  readonly data: string;
  /** In the order of the schema; undefined where there must be none. */
  readonly updatedFields: readonly string[] | undefined;
}

type Test = (item: Item) => boolean;
type FieldName = keyof Item;

const FIELDS: readonly Wish['field'][] = ['onCreateTodo', 'onUpdateTodo', 'onDeleteTodo', 'onChangeTodo'];
/** Few, for each is a document that every new process validates. One comes under an alias. */
const SELECTIONS: readonly (readonly FieldName[])[] = [
  ['id', 'title'],
  ['priority'],
  ['title', 'memo', 'priority', 'completed', 'id'],
];

/** @param isSelective with a filter that names an item, so that few changes match */
export function randomWish(random: SeededRandom, ids: readonly string[], isSelective = false): Wish {
  const field = random.pick(FIELDS);
  const selection = random.pick(SELECTIONS);
  const alias = selection.length === 1 ? 'todo' : undefined;
  const isChange = field === 'onChangeTodo';
  const [args, test] = random.pick(isSelective ? BY_ITEM : FILTERS)(random, ids, isChange);
  const inner = selection.join(' ');
  const body = isChange ? `kind item { ${inner} } previous { ${inner} } updatedFields eventId` : inner;
  return {
    field,
    query: `subscription { ${alias === undefined ? '' : `${alias}: `}${field}${args} { ${body} } }`,
    matchKey: `${field}${args}`,
    owed(write, eventId) {
      const value = isChange ? change(write, eventId, selection, test) : item(field, write, selection, test);
      return (
        value && {
          data: JSON.stringify({ [alias ?? field]: value.value }),
          updatedFields: value.updatedFields,
        }
      );
    },
  };
}

interface Value {
  readonly value: unknown;
  readonly updatedFields: readonly string[] | undefined;
}

function item(
  field: Wish['field'],
  { before, after }: Write,
  selection: readonly FieldName[],
  test: Test,
): Value | undefined {
  const wanted = after ? (before ? 'onUpdateTodo' : 'onCreateTodo') : 'onDeleteTodo';
  const subject = after ?? before;
  if (field !== wanted || !subject || !test(subject)) return undefined;
  return {
    value: selected(subject, selection),
    updatedFields: before && after ? updatedFields(before, after) : undefined,
  };
}

function change(
  { before, after }: Write,
  eventId: string,
  selection: readonly FieldName[],
  test: Test,
): Value | undefined {
  const previous = before && test(before) ? selected(before, selection) : null;
  const current = after && test(after) ? selected(after, selection) : null;
  const kind = current ? (previous ? 'UPDATE' : 'ENTER') : previous && 'LEAVE';
  if (!kind) return undefined;
  const updated = kind === 'UPDATE' && before && after ? updatedFields(before, after) : undefined;
  return {
    value: { kind, item: current, previous, updatedFields: updated ?? null, eventId },
    updatedFields: updated,
  };
}

function selected(from: Item, selection: readonly FieldName[]): object {
  return Object.fromEntries(selection.map((name) => [name, from[name] ?? null]));
}

const ORDER: readonly FieldName[] = ['id', 'title', 'memo', 'priority', 'completed'];

function updatedFields(before: Item, after: Item): readonly string[] {
  return ORDER.filter((name) => before[name] !== after[name]);
}

type Filter = readonly [args: string, test: Test];
type MakeFilter = (random: SeededRandom, ids: readonly string[], isChange: boolean) => Filter;

const asFilter = (text: string, test: Test): Filter => [`(filter: ${text})`, test];
const asArgument =
  (make: (random: SeededRandom, ids: readonly string[]) => readonly [string, string, Test]): MakeFilter =>
  (random, ids, isChange) => {
    const [name, value, test] = make(random, ids);
    // `onChange…` takes a filter alone.
    return isChange ? asFilter(`{${name}: {eq: ${value}}}`, test) : [`(${name}: ${value})`, test];
  };

const byItem = asArgument((random, ids) => {
  const id = random.pick(ids);
  return ['id', JSON.stringify(id), (item) => item.id === id];
});
const BY_ITEM: readonly MakeFilter[] = [byItem];

/** Of DynamoDB's meaning: `ne` and `not` hold for what is missing, `eq: null` means missing. */
const FILTERS: readonly MakeFilter[] = [
  () => ['', () => true],
  asArgument((random) => {
    const n = random.integer(8);
    return ['priority', String(n), ({ priority }) => priority === n];
  }),
  byItem,
  asArgument((random) => {
    const flag = random.chance(0.5);
    return ['completed', String(flag), ({ completed }) => completed === flag];
  }),
  (random) => {
    const n = random.integer(8);
    return asFilter(`{priority: {ge: ${n}}}`, ({ priority = -1 }) => priority >= n);
  },
  (random) => {
    const n = random.integer(7);
    return asFilter(
      `{priority: {in: [${n}, ${n + 1}]}}`,
      ({ priority }) => priority === n || priority === n + 1,
    );
  },
  (random) => {
    const n = random.integer(8);
    return asFilter(`{not: {priority: {eq: ${n}}}}`, ({ priority }) => priority !== n);
  },
  (random) => {
    const n = random.integer(8);
    return asFilter(
      `{or: [{priority: {eq: ${n}}}, {title: {beginsWith: "mi"}}]}`,
      ({ priority, title }) => priority === n || title.startsWith('mi'),
    );
  },
  (random) => {
    const n = random.integer(8);
    return asFilter(
      `{and: [{completed: {ne: true}}, {priority: {lt: ${n}}}]}`,
      ({ completed, priority }) => completed !== true && priority !== undefined && priority < n,
    );
  },
  () => asFilter('{memo: {attributeExists: false}}', ({ memo }) => memo === undefined),
  () => asFilter('{priority: {eq: null}}', ({ priority }) => priority === undefined),
  () => asFilter('{memo: {ne: "memo"}}', ({ memo }) => memo !== 'memo'),
  () => asFilter('{title: {contains: "牛"}}', ({ title }) => title.includes('牛')),
  () => asFilter('{priority: {between: [2, 4]}}', ({ priority = -1 }) => priority >= 2 && priority <= 4),
  (random, ids) => {
    const [one, two] = [random.pick(ids), random.pick(ids)];
    return asFilter(
      `{or: [{id: {eq: ${JSON.stringify(one)}}}, {id: {eq: ${JSON.stringify(two)}}, completed: {eq: true}}]}`,
      ({ id, completed }) => id === one || (id === two && completed === true),
    );
  },
  () => asFilter('{or: []}', () => false),
];
