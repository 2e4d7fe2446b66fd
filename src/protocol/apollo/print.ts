import type { WireError } from '../messages.ts';
import { payloadFrame } from '../payload-frame.ts';

/** Alone: a `ka` after it would arm the client's watchdog, which then reconnects unless one comes every 30 s. */
export function ack(): readonly [string] {
  return ['{"type":"connection_ack"}'];
}

export const payload = payloadFrame('data');

/**
 * The first error alone, as an object: what the protocol's page has, and the only one of several that the client hands
 * to its observer. The Python client gql accepts nothing but an object.
 */
export function error(id: string, [first]: readonly WireError[]): string {
  return JSON.stringify({ type: 'error', id, payload: first ?? { message: 'Operation failed' } });
}

export function complete(id: string): string {
  return JSON.stringify({ type: 'complete', id });
}

/** The client tells its `connectionCallback` and stays open; a close would make one with `reconnect: true` loop. */
export function refuse(message: string, code: number): string {
  return JSON.stringify({ type: 'connection_error', payload: { message, code } });
}
