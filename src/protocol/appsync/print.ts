import type { AckFacts } from '../dialect.ts';
import type { WireError } from '../messages.ts';
import { payloadFrame } from '../payload-frame.ts';
import { realtimeError, refusal } from './errors.ts';

/** A `ka` follows at once: Amplify counts its patience from the last one it saw, and not from the connection. */
export function ack({ connectionTimeoutMs }: AckFacts): readonly [string, string] {
  return [JSON.stringify({ type: 'connection_ack', payload: { connectionTimeoutMs } }), keepAlive()];
}

export function keepAlive(): string {
  return '{"type":"ka"}';
}

export function started(id: string): string {
  return JSON.stringify({ type: 'start_ack', id });
}

export const payload = payloadFrame('data');

/** The payload must be an object: gql closes its whole transport on a list. */
export function error(id: string, errors: readonly WireError[]): string {
  return JSON.stringify({ type: 'error', id, payload: { errors: errors.map(realtimeError) } });
}

export function complete(id: string): string {
  return JSON.stringify({ type: 'complete', id });
}

/**
 * `connection_error`, before `connection_ack` and after it. Before, it is all that Amplify and appsync-link listen to,
 * and they take it as final, where the protocol's `error` without an id would leave them waiting until they try again.
 * After, it ends gql's transport as that `error` does, and Amplify ignores both; appsync-link ignores this one alone: an
 * `error` without an id it keeps as a subscription of id "", so that its socket never closes.
 */
export function refuse(message: string, code: number): string {
  return JSON.stringify({ type: 'connection_error', payload: { errors: [refusal(message, code)] } });
}
