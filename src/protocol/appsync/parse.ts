import {
  type Fields,
  type Invalid,
  isInvalid,
  readFields,
  readFrame,
  readInit,
  readJson,
  readRequest,
  unknownType,
  unlike,
  withId,
  within,
} from '../frame.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { ClientMessage, OperationRequest } from '../messages.ts';

/**
 * Reads one frame of a client of AppSync's realtime protocol. An unknown type fails the operation it names; without an
 * id it is the whole connection's fault.
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
 */
export function parse(frame: string, jsonDepth?: number): ClientMessage {
  const message = readFrame(frame, jsonDepth);
  if (isInvalid(message)) return message;
  switch (message.get('type')) {
    case 'connection_init':
      return readInit(message);
    case 'start':
      return withId(message, (id) => {
        const request = readData(message, id, jsonDepth);
        return isInvalid(request) ? request : { type: 'subscribe', id, request };
      });
    case 'stop':
      return withId(message, (id) => ({ type: 'complete', id }));
    // Sent by subscriptions-transport-ws, which people have taught to speak this dialect.
    case 'connection_terminate':
      return { type: 'terminate' };
    default:
      return unknownType(message, 'connection_init, start or stop', 'operation');
  }
}

/**
 * The request is JSON text within the JSON, `payload.data`; who asks stands beside it, in
 * `payload.extensions.authorization`. Other extensions may stand in either place; those beside it prevail.
 */
function readData(
  message: Fields,
  id: string,
  jsonDepth: number = DEFAULT_LIMITS.jsonDepth,
): OperationRequest | Invalid {
  const place = { id, type: 'start', path: 'payload' };
  const payload = readFields(message.get('payload'), place);
  if (isInvalid(payload)) return payload;
  const data = payload.get('data');
  if (typeof data !== 'string') {
    return unlike('the JSON text of {query, variables, operationName}', data, within(place, 'data'));
  }
  const fields = readJson(data, 'start "payload.data"', { id, jsonDepth });
  if (isInvalid(fields)) return fields;
  const request = readRequest(fields, within(place, 'data'));
  if (isInvalid(request)) return request;
  const beside = readFields(payload.get('extensions') ?? {}, within(place, 'extensions'));
  if (isInvalid(beside)) return beside;
  const extensions = new Map([...(request.extensions ?? []), ...beside]);
  const authorization = readFields(
    extensions.get('authorization') ?? {},
    within(place, 'extensions.authorization'),
  );
  if (isInvalid(authorization)) return authorization;
  return extensions.size > 0 ? { ...request, extensions } : request;
}
