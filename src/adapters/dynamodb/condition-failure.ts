import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Row } from './rows.ts';

/**
 * The row that stood against a condition (`ReturnValuesOnConditionCheckFailure: ALL_OLD`). The document client leaves
 * it as attribute values: it translates outputs, not errors. Types the relay table does not hold are left out.
 */
export function rowFromError(item: Readonly<Record<string, AttributeValue>>): Row {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));
}

function plain(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.L !== undefined) return value.L.map(plain);
  return undefined;
}
