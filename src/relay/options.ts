import type { Identity } from '../auth/identity.ts';
import { kindOf } from '../errors.ts';
import { byteLength } from '../protocol/limits.ts';
import type { SubscriptionOperation } from '../render/operation.ts';
import type { SubscriptionField } from '../schema/model.ts';
import type { SubscriptionOptions } from './ports.ts';

/** Longest writer's name a subscription may skip, bytes of UTF-8. */
const MAX_WRITER_BYTES = 256;

/**
 * What a subscriber chose in the `extensions` of its request.
 * - `skipOwn`: `true` leaves out changes whose writer is the token's subject; a text names the writer itself. The type
 *   must say which field names the writer (`@table(writer:)`).
 * - `overflow: "latest"`: once the connection falls behind, of several payloads for one item only the newest is sent.
 * @returns the options, `undefined` when there are none, or in words what was expected and what came
 */
export function readOptions(
  { field, isResolved }: SubscriptionOperation,
  extensions: ReadonlyMap<string, unknown> | undefined,
  identity: Identity,
): SubscriptionOptions | undefined | string {
  const skipOwn = extensions?.get('skipOwn') ?? false;
  const overflow = extensions?.get('overflow') ?? undefined;
  const skipWriter = skipOwn === true ? identity.claims?.subject : skipOwn;
  if (skipOwn !== false) {
    if (!field.type.writer) {
      return `extensions.skipOwn: expected a type that names its writer by @table(writer:), got ${field.type.name}`;
    }
    if (skipOwn !== true && typeof skipOwn !== 'string') {
      return `extensions.skipOwn: expected true or the writer's name as text, got ${kindOf(skipOwn)}`;
    }
    if (typeof skipWriter !== 'string') {
      return "extensions.skipOwn: expected the writer's name as text, for only a token names who writes; got true";
    }
    if (byteLength(skipWriter) > MAX_WRITER_BYTES) {
      return `extensions.skipOwn: expected at most ${MAX_WRITER_BYTES} bytes, got ${byteLength(skipWriter)}`;
    }
  }
  if (overflow !== undefined && overflow !== 'latest') {
    return `extensions.overflow: expected "latest", got ${typeof overflow === 'string' ? 'another text' : kindOf(overflow)}`;
  }
  if (overflow === 'latest' && field.events.has('change')) {
    return `extensions.overflow: expected a subscription to items, got ${field.name}, whose steps build on each other`;
  }
  const chosen: SubscriptionOptions = {
    ...(typeof skipWriter === 'string' && { skipWriter }),
    ...(overflow === 'latest' && { overflow }),
    ...(isResolved && { identity }),
  };
  return Object.keys(chosen).length > 0 ? chosen : undefined;
}

/**
 * Fields that a subscriber's options compare beside its filter: whoever names another as the writer to skip can tell by
 * what does not come what that one wrote. What one wrote oneself is no secret.
 */
export function fieldsComparedBy(
  chosen: SubscriptionOptions | undefined,
  { type }: SubscriptionField,
  { claims }: Identity,
): readonly string[] {
  const skipWriter = chosen?.skipWriter;
  return skipWriter === undefined || skipWriter === claims?.subject || !type.writer ? [] : [type.writer.name];
}
