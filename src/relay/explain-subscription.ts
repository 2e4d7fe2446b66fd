import { canonicalFilter } from '../filter/canonical.ts';
import { hash128 } from '../filter/keys.ts';
import { readFilter } from '../filter/read.ts';
import type { OperationRequest, WireError } from '../protocol/messages.ts';
import { wireError } from '../protocol/messages.ts';
import { readOperation } from '../render/operation.ts';
import type { Model, SubscriptionField } from '../schema/model.ts';
import { readOptions } from './options.ts';
import type { Candidate } from './ports.ts';

/** A subscription to explain: as the relay table holds one, or as one would be made of a request. */
export interface ExplainedSubscription {
  readonly field: SubscriptionField;
  readonly candidate: Pick<
    Candidate,
    'connectionId' | 'clientId' | 'dialect' | 'filter' | 'activatedAt' | 'options' | 'renderingKey'
  >;
  /** The stored selection; absent where the relay table no longer has it. */
  readonly document?: string;
  /** Epoch seconds until which it is served; without it for ever. */
  readonly servedUntil?: number;
}

export type SubscriptionReading =
  | { readonly ok: true; readonly subscription: ExplainedSubscription }
  | { readonly ok: false; readonly errors: readonly WireError[] };

/**
 * Reads a request as a subscribe would, with the same refusals, but that nothing is stored and nobody asked for a
 * credential.
 * @param activatedAt epoch ms at which it is to have begun. Default 0: older than any change.
 */
export function readSubscription(
  model: Model,
  request: OperationRequest,
  activatedAt = 0,
): SubscriptionReading {
  const read = readOperation(model, request);
  if (!read.ok) return read;
  const { operation } = read;
  const filter = readFilter(operation.field, operation.arguments);
  if (!filter.ok) return { ok: false, errors: [wireError('FILTER_INVALID', filter.message)] };
  const options = readOptions(operation, request.extensions, { kind: 'anonymous', hash: '' });
  if (typeof options === 'string') return { ok: false, errors: [wireError('BAD_REQUEST', options)] };
  return {
    ok: true,
    subscription: {
      field: operation.field,
      document: operation.document,
      candidate: {
        connectionId: '',
        clientId: '',
        dialect: 'graphql-transport-ws',
        filter: canonicalFilter(filter.expression),
        activatedAt,
        renderingKey: hash128(operation.document),
        ...(options && { options }),
      },
    },
  };
}
