import { createHash } from 'node:crypto';
import { errorFields } from './error-fields.ts';

/**
 * How one field of a log line is written. What does not fit its way is left out.
 * - `id`: made by AWS or by us, never by a client: at most 256 of letters, digits and `_ - + / = . : @ # |`
 * - `name`: of the schema, of the configuration or of the code, or a list of at most 100 of them: in the same letters; or
 *   true or false
 * - `number`: a finite number
 * - `text`: words of ours, cut after 500 characters, or a list of at most 20 of them
 * - `hashed`: what a client chose: the first 16 hex digits of its SHA-256
 * - `counts`: names with their numbers, or with more of the same
 * - `error`: see `errorFields`
 */
export type LogField = 'id' | 'name' | 'number' | 'text' | 'hashed' | 'counts' | 'error';

const FIELDS_BY_KIND: Readonly<Record<LogField, readonly string[]>> = {
  id: [
    ...[
      'connectionId',
      'errorId',
      'messageId',
      'workerId',
      'group',
      'by',
      'from',
      'of',
      'shardId',
      'streamArn',
    ],
    ...[
      'eventId',
      'firstEventId',
      'lastEventId',
      'sequenceNumber',
      'startSequenceNumber',
      'endSequenceNumber',
    ],
  ],
  name: [
    ...[
      'event',
      'table',
      'tables',
      'expected',
      'type',
      'field',
      'eventName',
      'dialect',
      'hook',
      'relayTable',
    ],
    ...['region', 'host', 'streams', 'startAt', 'place', 'verdict', 'outcome', 'code', 'cause', 'end'],
    ...['result', 'stopped', 'fault'],
  ],
  number: [
    ...[
      'records',
      'changes',
      'shapes',
      'candidates',
      'matched',
      'sent',
      'gone',
      'slow',
      'tooLarge',
      'skipped',
    ],
    ...[
      'renderings',
      'unshared',
      'failedFrom',
      'parts',
      'count',
      'frames',
      'messages',
      'lanes',
      'payloadsStored',
    ],
    ...['subscriptions', 'seen', 'silent', 'ended', 'rolledOver', 'uninitialised', 'left', 'done', 'leases'],
    ...['ms', 'afterMs', 'graceMs', 'leaseMs', 'pollIntervalMs', 'unrenewedMs', 'batchSize', 'lastArrival'],
    ...[
      'connections',
      'operations',
      'untold',
      'closed',
      'undisconnected',
      'failed',
      'framesPerMinute',
      'port',
    ],
  ],
  text: ['reason', 'detail', 'message', 'clauses'],
  hashed: ['clientId'],
  counts: ['counts', 'measures', 'fields'],
  error: ['err'],
};

/** Every field that a log line may have, and how it is written. Any other is left out and counted. */
export const LOG_FIELDS: ReadonlyMap<string, LogField> = new Map(
  kindsOf(FIELDS_BY_KIND).flatMap(([kind, names]) => names.map((name) => [name, kind] as const)),
);

/** The fields of a line, safe to write. */
export interface WrittenFields {
  readonly [field: string]: unknown;
  /** How many were left out because no line has such a field. Their names are not told: they may be a client's. */
  readonly dropped?: number;
  /** Fields of the table that were left out because their value is not of the kind they have. */
  readonly misfits?: readonly string[];
}

/**
 * What of `given` a log line may have (C8): the fields of `LOG_FIELDS`, each in its way, and nothing else.
 * @param errorMessages writes the messages of errors that are not ours, which may repeat values
 */
export function writtenFields(given: object, errorMessages = false): WrittenFields {
  const written: Record<string, unknown> = {};
  const misfits: string[] = [];
  let dropped = 0;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const kind = LOG_FIELDS.get(name);
    if (kind === undefined) {
      dropped += 1;
      continue;
    }
    const fitting = kind === 'error' ? errorFields(value, errorMessages) : WAYS[kind](value);
    if (fitting === undefined) misfits.push(name);
    else written[name] = fitting;
  }
  if (dropped > 0) written['dropped'] = dropped;
  if (misfits.length > 0) written['misfits'] = misfits;
  return written;
}

const MAX_ID = 256;
const MAX_NAMES = 100;
const MAX_TEXT = 500;
const MAX_TEXTS = 20;
const PLAIN = /^[\w\-+/=.:@#|]+$/;

const WAYS: Readonly<Record<Exclude<LogField, 'error'>, (value: unknown) => unknown>> = {
  id,
  name: (value) => (typeof value === 'boolean' ? value : listed(value, MAX_NAMES, id)),
  number,
  text: (value) => listed(value, MAX_TEXTS, cutText),
  hashed: (value) =>
    typeof value === 'string' ? createHash('sha256').update(value).digest('hex').slice(0, 16) : undefined,
  counts: (value) => counts(value, 2),
};

/** Whether `text` is of the letters that ids and names are made of, and no longer than they are. */
export function isPlain(text: string): boolean {
  return text.length <= MAX_ID && PLAIN.test(text);
}

/** A text of ours, not longer than a line can bear. */
export function cutText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  return value.length <= MAX_TEXT ? value : `${value.slice(0, MAX_TEXT)}…`;
}

function id(value: unknown): string | undefined {
  return typeof value === 'string' && isPlain(value) ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** One, or a list of those that fit; undefined when something does not. */
function listed(value: unknown, most: number, one: (value: unknown) => string | undefined): unknown {
  if (!Array.isArray(value)) return one(value);
  const each = value.slice(0, most).map((item) => one(item));
  return each.includes(undefined) ? undefined : each;
}

/** `{ onCreateTodo: 2, onChangeTodo: { ENTER: 1 } }`, or names alone. */
function counts(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return listed(value, MAX_NAMES, id);
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value).map(([name, each]) => {
    return [name, number(each) ?? (depth > 1 ? counts(each, depth - 1) : undefined)] as const;
  });
  const isFitting = entries.every(([name, each]) => isCountName(name) && each !== undefined);
  return isFitting ? Object.fromEntries(entries) : undefined;
}

/** `onChangeTodo ENTER`: a name, or a few with a blank between. */
function isCountName(text: string): boolean {
  return text.split(' ').every(isPlain);
}

function kindsOf(fields: typeof FIELDS_BY_KIND): readonly (readonly [LogField, readonly string[]])[] {
  const { id, name, number, text, hashed, counts, error } = fields;
  return [
    ['id', id],
    ['name', name],
    ['number', number],
    ['text', text],
    ['hashed', hashed],
    ['counts', counts],
    ['error', error],
  ];
}
