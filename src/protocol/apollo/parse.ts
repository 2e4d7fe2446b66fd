import { isInvalid, readFrame, readInit, readStart, unknownType, withId } from '../frame.ts';
import type { ClientMessage } from '../messages.ts';

/**
 * Reads one frame of a subscriptions-transport-ws client. An unknown type fails the operation it names, as in the
 * reference server; without an id it is the whole connection's fault.
 * @see https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md
 */
export function parse(frame: string, jsonDepth?: number): ClientMessage {
  const message = readFrame(frame, jsonDepth);
  if (isInvalid(message)) return message;
  switch (message.get('type')) {
    case 'connection_init':
      return readInit(message);
    case 'start':
      return readStart(message);
    case 'stop':
      return withId(message, (id) => ({ type: 'complete', id }));
    case 'connection_terminate':
      return { type: 'terminate' };
    default:
      return unknownType(message, 'connection_init, start, stop or connection_terminate', 'operation');
  }
}
