import type { Attribute } from './change.ts';

/** The names DynamoDB gives its data types, as they stand in DynamoDB JSON. */
export type AttributeType = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'SS' | 'NS' | 'BS' | 'L' | 'M';

/** The one data type an attribute value is of. */
export function attributeType(attribute: Attribute): AttributeType {
  if ('S' in attribute) return 'S';
  if ('N' in attribute) return 'N';
  if ('BOOL' in attribute) return 'BOOL';
  if ('M' in attribute) return 'M';
  if ('L' in attribute) return 'L';
  if ('NULL' in attribute) return 'NULL';
  if ('SS' in attribute) return 'SS';
  if ('NS' in attribute) return 'NS';
  if ('B' in attribute) return 'B';
  return 'BS';
}
