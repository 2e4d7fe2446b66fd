import type { Dialect } from '../../protocol/dialect.ts';
import type { Token } from './ports.ts';

/** A change that frames are about. */
export interface HandedChange {
  readonly eventId: string;
  /** The item it is about (`OwedFrame.item`). */
  readonly item: string;
  /** Epoch ms of the change. */
  readonly at: number;
}

/** What many frames share: the payload itself, or the hash it is kept under (`FanOutStore.payload`). */
export interface HandedPayload {
  readonly text?: string;
  readonly hash?: string;
  /** Goes out in its stead when the gateway finds the frame too large. */
  readonly standIn: string;
}

/** How a connection is reached. */
export interface HandedWay {
  readonly dialect: Dialect;
  readonly stage: string;
}

/** One frame owed to one subscription; numbers are places in the lists of its message. */
export interface HandedRow {
  readonly change: number;
  readonly payload: number;
  readonly way: number;
  readonly connectionId: string;
  readonly clientId: string;
  /** `Candidate.activatedAt`, epoch ms. */
  readonly activatedAt: number;
  /** `Candidate.expiresAt`, epoch seconds. */
  readonly expiresAt: number;
  /** `Candidate.row`. */
  readonly row: string;
  /** It chose `overflow: latest`. */
  readonly latest: boolean;
}

/** What one message holds: frames of one lane, in the order they are to go out along each connection. */
export interface HandedOver {
  readonly token: Token;
  readonly changes: readonly HandedChange[];
  readonly payloads: readonly HandedPayload[];
  readonly ways: readonly HandedWay[];
  readonly rows: readonly HandedRow[];
}

/** What a message begins with; another form of message will have another number. */
const VERSION = 1;

/** Rows go as lists: their names would be half of a message. */
type RowTuple = readonly [number, number, number, string, string, number, number, string, 0 | 1];

export function rowTuple(row: HandedRow): RowTuple {
  const { change, payload, way, connectionId, clientId, activatedAt, expiresAt } = row;
  return [change, payload, way, connectionId, clientId, activatedAt, expiresAt, row.row, row.latest ? 1 : 0];
}

/** Body of a message: JSON in the characters that SQS takes. */
export function encodeMessage({ rows, ...rest }: HandedOver): string {
  return sendable(JSON.stringify({ fanOut: VERSION, ...rest, rows: rows.map(rowTuple) }));
}

/**
 * JSON writes control characters and lone surrogates as escapes; two more that SQS refuses a message for stand in it as
 * they are, and a client's id may hold them.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function sendable(json: string): string {
  return json.replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

/** True for a body that is meant to be such a message, whatever its version and state. */
export function isHandedOver(body: string): boolean {
  return body.startsWith('{"fanOut":');
}

/** Reads a body. @returns the message, or in words what was expected and what came */
export function decodeMessage(body: string): HandedOver | string {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return 'fan-out message: expected JSON, got something else';
  }
  if (property(message, 'fanOut') !== VERSION)
    return `fan-out message: expected version ${VERSION}, got another`;
  const token = tokenOf(property(message, 'token'));
  const changes = listOf(property(message, 'changes'), changeOf);
  const payloads = listOf(property(message, 'payloads'), payloadOf);
  const ways = listOf(property(message, 'ways'), wayOf);
  const rows = listOf(property(message, 'rows'), rowOf);
  if (!token || !changes || !payloads || !ways || !rows)
    return 'fan-out message: expected token, changes, payloads, ways and rows, got others';
  const isWhole = rows.every(({ change, payload, way }) => changes[change] && payloads[payload] && ways[way]);
  if (!isWhole) return 'fan-out message: expected rows that name its lists, got others';
  return { token, changes, payloads, ways, rows };
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}

function listOf<T>(value: unknown, read: (entry: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list: T[] = [];
  for (const entry of value) {
    const one = read(entry);
    if (one === undefined) return undefined;
    list.push(one);
  }
  return list;
}

function tokenOf(value: unknown): Token | undefined {
  const [id, lanes, expiresAt] = [
    property(value, 'id'),
    property(value, 'lanes'),
    property(value, 'expiresAt'),
  ];
  const tables = listOf(property(value, 'tables'), (table) =>
    typeof table === 'string' ? table : undefined,
  );
  if (typeof id !== 'string' || typeof lanes !== 'number' || typeof expiresAt !== 'number') return undefined;
  return tables && { id, lanes, expiresAt, tables };
}

function changeOf(value: unknown): HandedChange | undefined {
  const [eventId, item, at] = [property(value, 'eventId'), property(value, 'item'), property(value, 'at')];
  if (typeof eventId !== 'string' || typeof item !== 'string' || typeof at !== 'number') return undefined;
  return { eventId, item, at };
}

function payloadOf(value: unknown): HandedPayload | undefined {
  const [text, hash, standIn] = [
    property(value, 'text'),
    property(value, 'hash'),
    property(value, 'standIn'),
  ];
  if (typeof standIn !== 'string') return undefined;
  if (typeof text === 'string') return { text, standIn };
  return typeof hash === 'string' ? { hash, standIn } : undefined;
}

function wayOf(value: unknown): HandedWay | undefined {
  const stage = property(value, 'stage');
  const dialect = DIALECTS.get(property(value, 'dialect'));
  return dialect !== undefined && typeof stage === 'string' ? { dialect, stage } : undefined;
}

/** Every dialect a message may name; the compiler asks for new ones. */
const DIALECTS: ReadonlyMap<unknown, Dialect> = new Map(
  Object.values({
    'graphql-transport-ws': 'graphql-transport-ws',
    apollo: 'apollo',
    appsync: 'appsync',
  } satisfies { [D in Dialect]: D }).map((dialect) => [dialect, dialect]),
);

function rowOf(value: unknown): HandedRow | undefined {
  if (!Array.isArray(value)) return undefined;
  const [change, payload, way, connectionId, clientId, activatedAt, expiresAt, row, latest]: unknown[] =
    value;
  if (typeof change !== 'number' || typeof payload !== 'number' || typeof way !== 'number') return undefined;
  if (typeof connectionId !== 'string' || typeof clientId !== 'string' || typeof row !== 'string')
    return undefined;
  if (typeof activatedAt !== 'number' || typeof expiresAt !== 'number') return undefined;
  return {
    change,
    payload,
    way,
    connectionId,
    clientId,
    activatedAt,
    expiresAt,
    row,
    latest: latest === 1,
  };
}
