import type { Api, OperationResult } from '../../src/api/ports.ts';
import type { Identity } from '../../src/auth/identity.ts';

/** `errorType` of a write whose condition does not hold, in AppSync's words. */
export const CONDITION_FAILED = 'DynamoDB:ConditionalCheckFailedException';

const byKey: Identity = { kind: 'api-key', hash: 'k' };

/** Of one operation. */
export type Variables = Readonly<Record<string, unknown>>;

/**
 * The answer to a query or mutation, as JSON carries it; for an API key unless it is for somebody else.
 * @throws Error when it is a subscription
 */
export async function run(
  api: Api,
  query: string,
  variables: Variables = {},
  identity = byKey,
): Promise<OperationResult> {
  const checked = api.check({ query, variables });
  if (!checked.ok) return { errors: checked.errors };
  if (checked.kind === 'subscription') throw new Error('expected a query or mutation, came a subscription');
  const result = await api.run(checked, { query, variables }, { identity });
  return JSON.parse(JSON.stringify(result));
}
