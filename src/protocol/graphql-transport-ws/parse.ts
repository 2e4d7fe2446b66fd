import { isInvalid, readFrame, readInit, readStart, unknownType, withId } from '../frame.ts';
import type { ClientMessage } from '../messages.ts';

/**
 * Reads one frame of a graphql-transport-ws client. An unknown type is the whole connection's fault, id or not: the
 * protocol closes with 4400 on it.
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export function parse(frame: string, jsonDepth?: number): ClientMessage {
  const message = readFrame(frame, jsonDepth);
  if (isInvalid(message)) return message;
  const type = message.get('type');
  switch (type) {
    case 'connection_init':
      return readInit(message);
    case 'ping':
    case 'pong':
      return { type };
    case 'subscribe':
      return readStart(message);
    case 'complete':
      return withId(message, (id) => ({ type: 'complete', id }));
    default:
      return unknownType(message, 'connection_init, subscribe, complete, ping or pong', 'connection');
  }
}
