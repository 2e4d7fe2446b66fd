import type { WireError } from '../messages.ts';
import { payloadFrame } from '../payload-frame.ts';

/** Without a payload: this dialect tells its clients no facts of the deployment. */
export function ack(): readonly [string] {
  return ['{"type":"connection_ack"}'];
}

/** Answer to a ping, and, sent alone, the heartbeat that needs no answer (a `ping` would cost a frame back). */
export function pong(): string {
  return '{"type":"pong"}';
}

export const payload = payloadFrame('next');

/** The payload must be an array; an object is fatal to the whole client. */
export function error(id: string, errors: readonly WireError[]): string {
  return JSON.stringify({ type: 'error', id, payload: errors });
}

export function complete(id: string): string {
  return JSON.stringify({ type: 'complete', id });
}

/**
 * Any frame of an unknown type makes a graphql-ws client close with 4004, once and for good, where a server-side
 * close (always 1000 through API Gateway) would make it reconnect without end.
 */
export function refuse(message: string, code: number): string {
  return JSON.stringify({ type: 'connection_error', payload: { message, code } });
}
