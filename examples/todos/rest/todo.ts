import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** An item of the table. */
export type Item = Record<string, AttributeValue>;

/** A to-do as the REST API gives it. A field is null where the item has no such attribute, or one of another type. */
export interface Todo {
  readonly id: string | null;
  readonly title: string | null;
  readonly memo: string | null;
  /** An integer, as in GraphQL: never 3.0 for 3. */
  readonly priority: number | null;
  readonly completed: boolean | null;
}

/** What a request may set, by name. */
export type Fields = ReadonlyMap<string, AttributeValue>;

/** What a body came to. The message is for the client. */
export type Reading =
  | { readonly ok: true; readonly fields: Fields }
  | { readonly ok: false; readonly message: string };

interface Rule {
  readonly expected: string;
  readonly read: (value: unknown) => AttributeValue | undefined;
}

const TEXT: Rule = {
  expected: 'text',
  read: (value) => (typeof value === 'string' ? { S: value } : undefined),
};

/** GraphQL's Int: the same item has to be readable on both ways. */
const INTEGER: Rule = {
  expected: 'an integer of at most 32 bits',
  read: (value) => (typeof value === 'number' && (value | 0) === value ? { N: String(value) } : undefined),
};

const BOOLEAN: Rule = {
  expected: 'true or false',
  read: (value) => (typeof value === 'boolean' ? { BOOL: value } : undefined),
};

const RULES: ReadonlyMap<string, Rule> = new Map([
  ['title', TEXT],
  ['memo', TEXT],
  ['priority', INTEGER],
  ['completed', BOOLEAN],
]);

const REQUIRED = ['title', 'memo', 'priority'];

/** A new to-do: all of title, memo and priority; it is not completed, and its id is not the client's to choose. */
export function readNew(body: string | undefined): Reading {
  const given = readObject(body);
  if (!given) return { ok: false, message: 'The body must be a JSON object.' };
  const missing = REQUIRED.find((name) => given.get(name) === undefined || given.get(name) === null);
  if (missing !== undefined) return { ok: false, message: `${missing} is required.` };
  const reading = readFields(given, REQUIRED);
  return reading.ok
    ? { ok: true, fields: new Map([...reading.fields, ['completed', { BOOL: false }]]) }
    : reading;
}

/** A change: any of the four fields, at least one. */
export function readChange(body: string | undefined): Reading {
  const given = readObject(body);
  if (!given) return { ok: false, message: 'The body must be a JSON object.' };
  const reading = readFields(given, [...RULES.keys()]);
  if (!reading.ok || reading.fields.size > 0) return reading;
  return { ok: false, message: `At least one of ${[...RULES.keys()].join(', ')} is required.` };
}

/** An item of the table as a to-do. */
export function todoOf(item: Item): Todo {
  const { id, title, memo, priority, completed } = item;
  return {
    id: id?.S ?? null,
    title: title?.S ?? null,
    memo: memo?.S ?? null,
    priority: integerOf(priority?.N),
    completed: completed?.BOOL ?? null,
  };
}

function readFields(given: ReadonlyMap<string, unknown>, names: readonly string[]): Reading {
  const fields = new Map<string, AttributeValue>();
  for (const name of names) {
    const rule = RULES.get(name);
    const value = given.get(name);
    if (!rule || value === undefined) continue;
    const attribute = rule.read(value);
    if (!attribute) return { ok: false, message: `${name} must be ${rule.expected}.` };
    fields.set(name, attribute);
  }
  return { ok: true, fields };
}

function readObject(body: string | undefined): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body ?? '');
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function integerOf(number: string | undefined): number | null {
  const value = Number(number ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : null;
}
