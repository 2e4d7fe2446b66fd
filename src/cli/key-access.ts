import type { AccessSettings } from '../auth/access.ts';
import { MATCH_ALL } from '../filter/expression.ts';
import { grant } from '../relay/grant.ts';
import type { Model } from '../schema/model.ts';

/** Whether the rules let who has the API key subscribe to a field, as the relay grants it. */
export function isKeyLetIn(model: Model, settings: AccessSettings, fieldName: string): boolean {
  const field = model.subscriptions.get(fieldName);
  const identity = { kind: 'api-key', hash: '' } as const;
  return field !== undefined && grant(model, field, MATCH_ALL, { identity, settings }).ok;
}
