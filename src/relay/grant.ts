import {
  allowedField,
  allowedFilter,
  fieldsOf,
  isAllowed,
  type Reader,
  rulesInForce,
  withheldFields,
} from '../auth/access.ts';
import type { Expression } from '../filter/expression.ts';
import type { Model, SubscriptionField } from '../schema/model.ts';
import type { GrantedAccess } from './ports.ts';

/** What one subscriber may have of a subscription field. */
export type Grant =
  | {
      readonly ok: true;
      /** The subscriber's own filter and the forced one, ANDed: what is stored, found by, and judged on every image. */
      readonly expression: Expression;
      /** The forced part alone; absent where every item may be read. */
      readonly forced?: Expression;
      /** Absent where the schema has no rules. */
      readonly access?: GrantedAccess;
    }
  /** Denied for good, in AppSync's words where it has them. */
  | { readonly ok: false; readonly message: string };

/**
 * Holds a subscription against the rules of its schema (C6): those of its field, of its type, and of every field that its
 * own filter compares.
 * @param own the subscriber's own arguments and filter
 * @param beside fields that are compared beside the filter (`fieldsComparedBy`)
 */
export function grant(
  model: Model,
  field: SubscriptionField,
  own: Expression,
  reader: Reader,
  beside: Iterable<string> = [],
): Grant {
  const { type } = field;
  const root = model.schema.getSubscriptionType()?.name ?? 'Subscription';
  const rules = model.access?.fields.get(`${root}.${field.name}`);
  const denied: Grant = {
    ok: false,
    message: `Not Authorized to access ${field.name} on type ${root}`,
  };
  if (rules && !isAllowed(rules, 'listen', reader)) return denied;
  if (!type.access) return { ok: true, expression: own };

  const compared = fieldsOf(own, new Set(beside));
  const hidden = [...compared].filter((name) => allowedField(type, name, 'listen', reader).kind === 'none');
  const allowed = allowedFilter(type, 'listen', reader, compared);
  if (allowed.kind === 'none') {
    if (hidden.length === 0 || allowedFilter(type, 'listen', reader, []).kind === 'none') return denied;
    return {
      ok: false,
      message: `Filter: expected fields of ${type.name} that you may read, got ${hidden.sort().join(', ')}`,
    };
  }
  const withheld = withheldFields(model, type, 'listen', reader);
  const isPartial = allowed.kind === 'some';
  return {
    ok: true,
    expression: isPartial ? { kind: 'and', of: [own, allowed.where] } : own,
    ...(isPartial && { forced: allowed.where }),
    access: {
      rules: rulesInForce(type.access, reader.settings),
      ...(isPartial && { isPartial: true }),
      ...(withheld.length > 0 && { fields: withheld }),
    },
  };
}
