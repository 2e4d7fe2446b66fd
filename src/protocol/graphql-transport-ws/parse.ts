import { kindOf } from '../../errors.ts';
import { byteLength, LIMITS, nestsDeeperThan } from '../limits.ts';
import type { ClientMessage, OperationRequest } from '../messages.ts';

type Fields = Map<string, unknown>;
type Invalid = Extract<ClientMessage, { type: 'invalid' }>;

/**
 * Reads one frame of a graphql-transport-ws client.
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export function parse(frame: string): ClientMessage {
  const message = parseJson(frame);
  if (!(message instanceof Map)) return message;
  const type = message.get('type');
  switch (type) {
    case 'connection_init':
      return readInit(message);
    case 'ping':
    case 'pong':
      return { type };
    case 'subscribe':
      return readSubscribe(message);
    case 'complete':
      return withId(message, (id) => ({ type: 'complete', id }));
    default:
      return invalid(
        `"type": expected connection_init, subscribe, complete, ping or pong, got ${described(type)}`,
      );
  }
}

function parseJson(frame: string): Fields | Invalid {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return invalid('message: expected JSON text, got something else');
  }
  const fields = fieldsOf(value);
  if (!fields) return invalid(`message: expected a JSON object, got ${kindOf(value)}`);
  if (nestsDeeperThan(value, LIMITS.jsonDepth)) {
    return invalid(`message: expected JSON nested at most ${LIMITS.jsonDepth} deep, got deeper`);
  }
  return fields;
}

function readInit(message: Fields): ClientMessage {
  const payload = message.get('payload') ?? {};
  // Some clients send an empty string for "no params".
  if (payload === '') return { type: 'init', payload: new Map() };
  const params = fieldsOf(payload);
  if (!params) return invalid(`connection_init "payload": expected an object, got ${kindOf(payload)}`);
  return { type: 'init', payload: params };
}

function readSubscribe(message: Fields): ClientMessage {
  return withId(message, (id) => {
    const payload = fieldsOf(message.get('payload'));
    if (!payload) {
      return invalid(`subscribe "payload": expected an object, got ${kindOf(message.get('payload'))}`, id);
    }
    const query = payload.get('query');
    if (typeof query !== 'string') {
      return invalid(`subscribe "payload.query": expected a string, got ${kindOf(query)}`, id);
    }
    const operationName = payload.get('operationName') ?? undefined;
    if (operationName !== undefined && typeof operationName !== 'string') {
      return invalid(
        `subscribe "payload.operationName": expected a string, got ${kindOf(operationName)}`,
        id,
      );
    }
    const variables = payload.get('variables') ?? undefined;
    if (!isOptionalObject(variables)) {
      return invalid(`subscribe "payload.variables": expected an object, got ${kindOf(variables)}`, id);
    }
    const extensions = payload.get('extensions') ?? undefined;
    if (!isOptionalObject(extensions)) {
      return invalid(`subscribe "payload.extensions": expected an object, got ${kindOf(extensions)}`, id);
    }
    const request: OperationRequest = {
      query,
      ...(operationName !== undefined && { operationName }),
      ...(variables && { variables: withoutPrototypes(variables) }),
      ...(extensions && { extensions: new Map(Object.entries(extensions)) }),
    };
    return { type: 'subscribe', id, request };
  });
}

function withId(message: Fields, read: (id: string) => ClientMessage): ClientMessage {
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

function fieldsOf(value: unknown): Fields | undefined {
  return isObject(value) ? new Map(Object.entries(value)) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOptionalObject(value: unknown): value is Readonly<Record<string, unknown>> | undefined {
  return value === undefined || isObject(value);
}

/**
 * The client's objects as null-prototype ones: graphql-js reads `variables[name]`, where a field called `constructor`
 * would find what every plain object inherits. Depth is bounded before.
 */
function withoutPrototypes(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const bare: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(fields)) bare[name] = withoutPrototypesIn(value);
  return bare;
}

function withoutPrototypesIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypesIn);
  return isObject(value) ? withoutPrototypes(value) : value;
}

function described(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : kindOf(value);
}

function invalid(message: string, id?: string): Invalid {
  return { type: 'invalid', message: `Invalid ${message}`, ...(id !== undefined && { id }) };
}
