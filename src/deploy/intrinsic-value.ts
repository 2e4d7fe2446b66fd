import type { Intrinsic } from './intrinsics.ts';
import { invalid, objectAt } from './setting-values.ts';

/**
 * A CloudFormation expression that stands where a text may: `Ref`, `Fn::GetAtt` (a list, or `ID.ATTRIBUTE`), `Fn::Sub` or
 * `Fn::ImportValue`.
 * @throws TablecastError `CONFIG_INVALID` for anything else, saying that `expected` was
 */
export function intrinsicValue(at: string, value: unknown, expected: string): Intrinsic {
  const given = objectAt(at, value, expected);
  const [key, operand] = [...given][0] ?? [];
  if (given.size === 1) {
    if (key === 'Ref' && typeof operand === 'string') return { Ref: operand };
    if (key === 'Fn::Sub' && typeof operand === 'string') return { 'Fn::Sub': operand };
    if (key === 'Fn::ImportValue') {
      const name = typeof operand === 'string' ? operand : intrinsicValue(at, operand, expected);
      return { 'Fn::ImportValue': name };
    }
    if (key === 'Fn::GetAtt') {
      const [id, attribute] =
        typeof operand === 'string' ? operand.split('.') : Array.isArray(operand) ? operand : [];
      if (typeof id === 'string' && typeof attribute === 'string') return { 'Fn::GetAtt': [id, attribute] };
    }
  }
  throw invalid(at, expected, JSON.stringify(value));
}
