import { kindOf } from '../errors.ts';
import { isObject } from './json-object.ts';
import { byteLength, DEFAULT_LIMITS, LIMITS, nestsDeeperThan } from './limits.ts';
import type { ClientMessage, OperationRequest } from './messages.ts';
import { namedDocument } from './named-document.ts';

/** Own fields of a JSON object that a client sent. */
export type Fields = ReadonlyMap<string, unknown>;

/** What is not a message of its dialect; with an `id`, the fault is that operation's alone. */
export type Invalid = Extract<ClientMessage, { type: 'invalid' }>;

/** Messages that start an operation: too deep a one is that operation's fault alone. */
const STARTS: ReadonlySet<unknown> = new Set(['subscribe', 'start']);

/**
 * The fields of a frame, or what is wrong with it as a whole. Never throws.
 * @param jsonDepth `Limits.jsonDepth`
 */
export function readFrame(frame: string, jsonDepth: number = DEFAULT_LIMITS.jsonDepth): Fields | Invalid {
  return readJson(frame, 'message', { jsonDepth, idOf: startedId });
}

function startedId(message: Readonly<Record<string, unknown>>): string | undefined {
  const own = new Map(Object.entries(message));
  const id = own.get('id');
  const isGood = typeof id === 'string' && id !== '' && byteLength(id) <= LIMITS.clientIdBytes;
  return isGood && STARTS.has(own.get('type')) ? id : undefined;
}

/**
 * The fields of an object in JSON text; no object in it inherits anything.
 * @param place how a message names where the text stood
 */
export function readJson(
  text: string,
  place: string,
  options: {
    /** Most arrays and objects inside each other: `Limits.jsonDepth`. */
    readonly jsonDepth: number;
    /** Of the operation at fault, where one is known before the text is read … */
    readonly id?: string;
    /** … or from what the text holds. */
    readonly idOf?: (value: Readonly<Record<string, unknown>>) => string | undefined;
  },
): Fields | Invalid {
  const { id, jsonDepth } = options;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalid(`${place}: expected JSON text, got something else`, id);
  }
  if (!isObject(value)) return invalid(`${place}: expected a JSON object, got ${kindOf(value)}`, id);
  if (nestsDeeperThan(value, jsonDepth)) {
    const at = id ?? options.idOf?.(value);
    return invalid(`${place}: expected JSON nested at most ${jsonDepth} deep, got deeper`, at);
  }
  return new Map(Object.entries(withoutPrototypes(value)));
}

/** `connection_init`, alike in every dialect: its payload may be missing, null, `""` or an object. */
export function readInit(message: Fields): ClientMessage {
  const payload = message.get('payload') ?? {};
  // Some clients send an empty string for "no params".
  if (payload === '') return { type: 'init', payload: new Map() };
  if (!isObject(payload)) {
    return invalid(`connection_init "payload": expected an object, got ${kindOf(payload)}`);
  }
  return { type: 'init', payload: new Map(Object.entries(payload)) };
}

/**
 * Reads a message that belongs to one operation. The id is kept exactly as it was sent, and echoed so; one that is a
 * JSON number is refused, for it could not be echoed as the text that another message of the operation would use.
 */
export function withId(message: Fields, read: (id: string) => ClientMessage): ClientMessage {
  const id = message.get('id');
  const type = String(message.get('type'));
  if (typeof id !== 'string') return invalid(`${type} "id": expected a string, got ${kindOf(id)}`);
  if (id === '') return invalid(`${type} "id": expected a string that is not empty`);
  const bytes = byteLength(id);
  if (bytes > LIMITS.clientIdBytes) {
    return invalid(`${type} "id": expected at most ${LIMITS.clientIdBytes} bytes, got ${bytes}`, id);
  }
  return read(id);
}

/** A message that starts an operation whose request is its payload: all but AppSync's. */
export function readStart(message: Fields): ClientMessage {
  return withId(message, (id) => {
    const place = { id, type: String(message.get('type')), path: 'payload' };
    const payload = readFields(message.get('payload'), place);
    if (isInvalid(payload)) return payload;
    const request = readRequest(payload, place);
    return isInvalid(request) ? request : { type: 'subscribe', id, request };
  });
}

/** Where in which message a value stands, to say what is wrong with it. */
export interface Place {
  readonly id: string;
  readonly type: string;
  readonly path: string;
}

/** A GraphQL request. Null is the same as missing; `query` may be, where an id names the document in its place. */
export function readRequest(fields: Fields, place: Place): OperationRequest | Invalid {
  const documentId = namedDocument(fields.get('documentId'), fields.get('extensions'));
  const query = fields.get('query') ?? (documentId === undefined ? undefined : '');
  if (typeof query !== 'string') return unlike('a string', fields.get('query'), within(place, 'query'));
  const operationName = fields.get('operationName') ?? undefined;
  if (operationName !== undefined && typeof operationName !== 'string') {
    return unlike('a string', operationName, within(place, 'operationName'));
  }
  const variables = fields.get('variables') ?? undefined;
  if (variables !== undefined && !isObject(variables)) {
    return unlike('an object', variables, within(place, 'variables'));
  }
  const extensions = readFields(fields.get('extensions') ?? {}, within(place, 'extensions'));
  if (isInvalid(extensions)) return extensions;
  return {
    query,
    ...(documentId !== undefined && { documentId }),
    ...(operationName !== undefined && { operationName }),
    ...(variables && { variables }),
    ...(extensions.size > 0 && { extensions }),
  };
}

/** Own fields of an object within a frame. */
export function readFields(value: unknown, place: Place): Fields | Invalid {
  return isObject(value) ? new Map(Object.entries(value)) : unlike('an object', value, place);
}

/** What stands below a place. */
export function within({ id, type, path }: Place, name: string): Place {
  return { id, type, path: `${path}.${name}` };
}

/** The fault of one operation: something else than its dialect has in that place. */
export function unlike(expected: string, value: unknown, { id, type, path }: Place): Invalid {
  return invalid(`${type} "${path}": expected ${expected}, got ${kindOf(value)}`, id);
}

/** True of what a reader refused, whatever else it may return. */
export function isInvalid(value: object): value is Invalid {
  return 'type' in value && value.type === 'invalid';
}

/**
 * A `type` that the dialect has not.
 * @param expected names those it has
 * @param fails whose fault it is: the operation's, where the message names one, or the whole connection's
 */
export function unknownType(message: Fields, expected: string, fails: 'operation' | 'connection'): Invalid {
  const type = message.get('type');
  const got = typeof type === 'string' ? JSON.stringify(type.slice(0, 64)) : kindOf(type);
  const id = message.get('id');
  const named = fails === 'operation' && typeof id === 'string' && id !== '' ? id : undefined;
  return invalid(`"type": expected ${expected}, got ${got}`, named);
}

function invalid(message: string, id?: string): Invalid {
  return { type: 'invalid', message: `Invalid ${message}`, ...(id !== undefined && { id }) };
}

/**
 * The client's objects as null-prototype ones: graphql-js reads `variables[name]`, where a field called `constructor`
 * would find what every plain object inherits. Depth is bounded before.
 */
export function withoutPrototypes(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const bare: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) bare[name] = withoutPrototypesIn(value);
  return bare;
}

function withoutPrototypesIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypesIn);
  return isObject(value) ? withoutPrototypes(value) : value;
}
