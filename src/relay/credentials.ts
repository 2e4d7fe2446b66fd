import type { RelayContext } from './context.ts';
import type { Identity } from './ports.ts';

/** Where an API key may stand: a header, a query parameter, or a key of `connection_init`'s payload. */
export const API_KEY_NAME = 'x-api-key';

/** Nobody in particular: only where authentication is switched off for local use. */
const ANONYMOUS: Identity = { kind: 'anonymous', hash: 'anonymous' };

/**
 * - `identified`: a key was presented and is one of ours, or authentication is off.
 * - `absent`: nothing was presented.
 * - `refused`: what was presented is not one of ours.
 */
export type Presented =
  | { readonly kind: 'identified'; readonly identity: Identity }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused' };

/** Judges a presented API key; `undefined` means none was presented. */
export function identify({ apiKeys, settings }: RelayContext, key: unknown): Presented {
  if (settings.authentication === 'off') return { kind: 'identified', identity: ANONYMOUS };
  if (key === undefined) return { kind: 'absent' };
  const hash = typeof key === 'string' ? apiKeys.identityOf(key) : undefined;
  return hash === undefined
    ? { kind: 'refused' }
    : { kind: 'identified', identity: { kind: 'api-key', hash } };
}

/** Value of a name in any case: header and parameter names differ in case from client to client. */
export function named<T>(entries: Iterable<readonly [string, T]>, name: string): T | undefined {
  for (const [key, value] of entries) if (key.toLowerCase() === name) return value;
  return undefined;
}
