import { type AccessSettings, type Reader, rulesInForce } from '../auth/access.ts';
import { canonicalFilter } from '../filter/canonical.ts';
import type { Expression } from '../filter/expression.ts';
import { hash128 } from '../filter/keys.ts';
import { readFilter } from '../filter/read.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import type { OperationRequest, WireError } from '../protocol/messages.ts';
import { wireError } from '../protocol/messages.ts';
import { readOperation } from '../render/operation.ts';
import type { Model, SubscriptionField } from '../schema/model.ts';
import { type Grant, grant } from './grant.ts';
import { fieldsComparedBy, readOptions } from './options.ts';
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

/** The subscription a document asks for, or why it would be refused. */
export type SubscriptionReading =
  | { readonly ok: true; readonly subscription: ExplainedSubscription }
  | { readonly ok: false; readonly errors: readonly WireError[] };

/** Whose subscription it is to be, and since when. */
export interface SupposedSubscriber {
  /** Epoch ms at which it is to have begun. Default 0: older than any change. */
  readonly activatedAt?: number;
  /** Whom the rules of the schema are held against. Default: somebody from whom they keep nothing. */
  readonly reader?: Reader;
  /** Of the relay that delivers to somebody from whom nothing is kept. Default: there is no default mode. */
  readonly access?: AccessSettings;
  /** What it is refused beyond. Default: the defaults. */
  readonly limits?: Limits;
}

/** Reads a request as a subscribe would, with the same refusals, but that nothing is stored and no credential asked for. */
export function readSubscription(
  model: Model,
  request: OperationRequest,
  { activatedAt = 0, reader, access, limits = DEFAULT_LIMITS }: SupposedSubscriber = {},
): SubscriptionReading {
  const read = readOperation(model, request, limits);
  if (!read.ok) return read;
  const { operation } = read;
  const filter = readFilter(operation.field, operation.arguments, limits);
  if (!filter.ok) return { ok: false, errors: [wireError('FILTER_INVALID', filter.message)] };
  const identity = reader?.identity ?? { kind: 'anonymous', hash: '' };
  const chosen = readOptions(operation, request.extensions, identity);
  if (typeof chosen === 'string') return { ok: false, errors: [wireError('BAD_REQUEST', chosen)] };
  const granted = reader
    ? grant(
        model,
        operation.field,
        filter.expression,
        reader,
        fieldsComparedBy(chosen, operation.field, identity),
      )
    : allGranted(operation.field, filter.expression, access);
  if (!granted.ok) return { ok: false, errors: [wireError('FORBIDDEN', granted.message)] };
  const options = granted.access ? { ...chosen, access: granted.access } : chosen;
  return {
    ok: true,
    subscription: {
      field: operation.field,
      document: operation.document,
      candidate: {
        connectionId: '',
        clientId: '',
        dialect: 'graphql-transport-ws',
        filter: canonicalFilter(granted.expression),
        activatedAt,
        renderingKey: hash128(operation.document),
        ...(options && { options }),
      },
    },
  };
}

function allGranted(
  { type }: SubscriptionField,
  expression: Expression,
  settings: AccessSettings = { defaultModes: [] },
): Grant {
  return {
    ok: true,
    expression,
    ...(type.access && { access: { rules: rulesInForce(type.access, settings) } }),
  };
}
