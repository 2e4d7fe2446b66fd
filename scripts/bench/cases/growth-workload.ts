import type { Attribute, Change, Image } from '../../../src/change/change.ts';
import type { Condition, Equalities, Expression } from '../../../src/filter/expression.ts';

export const GROWTH_SDL = `type Todo @table(name: "Todos") {
  id: ID!  listId: ID!  owner: String!  status: String  priority: Int  place: Int  title: String
}`;
export const GROWTH_TABLE = 'Todos';

/** What one subscriber asked for. */
export interface Wish {
  readonly field: string;
  /** Tells its filter from all others. */
  readonly name: string;
  /** Made when it is asked for: very many have the same. */
  filter(): Expression;
  /** Its equalities, all of which make its filter key. */
  equalities(): Equalities;
}

const FIELDS = ['onCreateTodo', 'onUpdateTodo', 'onDeleteTodo'];
const STATUSES = ['open', 'doing', 'waiting', 'done', 'dropped'];
/** A value is shared by as many subscribers, whatever their number: who match an event are as many at every size. */
const SHARED_BY = 20;

/** Whole numbers from 0 up to, and without, a limit; the same ones each time for a seed (Park and Miller's generator). */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = (seed % 2_147_483_646) + 1;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

const eq = (field: string, fieldKind: Condition['fieldKind'], value: string): Condition => ({
  kind: 'condition',
  field,
  fieldKind,
  operator: 'eq',
  values: [value],
});

/** The wishes of `size` subscribers who compare something by equality, drawn anew from the same seed each time. */
export function* wishes(size: number): Generator<Wish> {
  const random = randomNumbers(7);
  const values = size / SHARED_BY;
  for (let n = 0; n < size; n += 1) {
    const field = FIELDS[n % FIELDS.length] ?? '';
    const kind = random(100);
    const list = `list-${random(values)}`;
    if (kind < 50) {
      yield wish(field, { list });
    } else if (kind < 70) {
      yield wish(field, { owner: `user-${random(values)}` });
    } else if (kind < 85) {
      yield wish(field, { list, status: STATUSES[random(STATUSES.length)] ?? '' });
    } else {
      yield wish(field, { list, above: String(random(10)) });
    }
  }
}

/** Those who join so many to make the mixed set: one in twenty of all. None compares anything by equality. */
export function* wishesWithoutEquality(size: number): Generator<Wish> {
  const random = randomNumbers(11);
  const joining = Math.round(size / 19);
  for (let n = 0; n < joining; n += 1) {
    const filter = withoutEquality(random, size / SHARED_BY);
    const { operator, values } = filter;
    yield {
      field: FIELDS[n % FIELDS.length] ?? '',
      name: `${operator} ${values.join()}`,
      filter: () => filter,
      equalities: () => new Map(),
    };
  }
}

function wish(
  field: string,
  wanted: {
    readonly list?: string;
    readonly owner?: string;
    readonly status?: string;
    /** The item's priority must be above it. */
    readonly above?: string;
  },
): Wish {
  const { list, owner, status, above } = wanted;
  const equal = () => [
    ...(list === undefined ? [] : [eq('listId', 'ID', list)]),
    ...(owner === undefined ? [] : [eq('owner', 'String', owner)]),
    ...(status === undefined ? [] : [eq('status', 'String', status)]),
  ];
  const bound = (): Condition[] =>
    above === undefined ? [] : [{ ...eq('priority', 'Int', above), operator: 'gt' }];
  return {
    field,
    name: `${list}|${owner}|${status}|${above}`,
    filter: () => ({ kind: 'and', of: [...equal(), ...bound()] }),
    equalities: () => new Map(equal().map(({ field: name, values: [value = null] }) => [name, value])),
  };
}

/** A beginning, a part or a range, each of as many values as lists there are. */
function withoutEquality(random: (limit: number) => number, values: number): Condition {
  const value = random(values);
  const title = eq('title', 'String', '');
  switch (random(3)) {
    case 0:
      return { ...title, operator: 'beginsWith', values: [`p${value}-`] };
    case 1:
      return { ...title, operator: 'contains', values: [` w${value} `] };
    default:
      return { ...eq('place', 'Int', ''), operator: 'between', values: [String(value), String(value + 2)] };
  }
}

/** An insert, update or removal, in turns, of an item whose values are drawn from those that are asked for. */
export function changeOf(n: number, size: number, random: (limit: number) => number): Change {
  const values = size / SHARED_BY;
  const draw = (): Image => {
    const attributes: Record<string, Attribute> = Object.create(null);
    attributes['id'] = { S: `todo-${n}` };
    attributes['listId'] = { S: `list-${random(values)}` };
    attributes['owner'] = { S: `user-${random(values)}` };
    attributes['status'] = { S: STATUSES[random(STATUSES.length)] ?? '' };
    attributes['priority'] = { N: String(random(10)) };
    attributes['place'] = { N: String(random(values)) };
    attributes['title'] = { S: `p${random(values)}-about w${random(values)} and more` };
    return attributes;
  };
  const event = n % 3;
  return {
    eventId: `event-${n}`,
    eventName: event === 0 ? 'INSERT' : event === 1 ? 'MODIFY' : 'REMOVE',
    table: GROWTH_TABLE,
    streamArn: 'arn:aws:dynamodb:local:000000000000:table/Todos/stream/bench',
    sequenceNumber: String(n),
    at: Date.now(),
    keys: {},
    expired: false,
    ...(event < 2 && { newImage: draw() }),
    ...(event > 0 && { oldImage: draw() }),
  };
}
