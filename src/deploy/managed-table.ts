import { TablecastError } from '../errors.ts';
import type { FieldModel, Model, TableType } from '../schema/model.ts';
import type { Resource } from './intrinsics.ts';

type AttributeType = 'S' | 'N';

/** Logical id of a managed table, from its name in the schema. */
export function managedTableId(table: string): string {
  // Logical ids hold letters and digits only; other characters are spelled out so that two names never meet.
  return `TablecastTable${table.replace(/[^A-Za-z0-9]/g, (character) => `x${character.charCodeAt(0)}x`)}`;
}

/**
 * A table that the deploy creates: keys as the schema has them, on-demand, encrypted, with the stream the relay needs.
 * It is kept when the stack is removed or the table has to be replaced.
 * @throws TablecastError `CONFIG_INVALID` when a key field cannot be a DynamoDB key or two types disagree on the keys.
 */
export function managedTable(table: string, name: string, model: Model): Resource {
  const keys = keysOf(table, model);
  return {
    Type: 'AWS::DynamoDB::Table',
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map(([attribute, type]) => ({
        AttributeName: attribute,
        AttributeType: type,
      })),
      KeySchema: keys.map(([attribute], place) => ({
        AttributeName: attribute,
        KeyType: place === 0 ? 'HASH' : 'RANGE',
      })),
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      SSESpecification: { SSEEnabled: true },
    },
  };
}

type Keys = readonly (readonly [attribute: string, type: AttributeType])[];

function keysOf(table: string, model: Model): Keys {
  const types = model.tables.get(table) ?? [];
  const [first, ...others] = types.map((type) => ({ type, keys: typeKeys(type) }));
  if (first === undefined)
    throw new TablecastError('CONFIG_INVALID', `Expected a type in table ${table}, got none`);
  for (const other of others) {
    if (JSON.stringify(other.keys) !== JSON.stringify(first.keys)) {
      throw new TablecastError(
        'CONFIG_INVALID',
        `Table ${table}: expected the types in it to have the same keys, got ${described(first.type.name, first.keys)} ` +
          `and ${described(other.type.name, other.keys)}`,
      );
    }
  }
  return first.keys;
}

function typeKeys(type: TableType): Keys {
  return type.keys.map((name) => {
    const field = type.fields.get(name);
    if (field === undefined) {
      throw new TablecastError(
        'CONFIG_INVALID',
        `Type ${type.name}: expected its key ${name} to be a field of it`,
      );
    }
    return [field.attribute, attributeType(type, field)];
  });
}

function attributeType(type: TableType, field: FieldModel): AttributeType {
  const kind = field.list ? 'list' : field.kind;
  switch (kind) {
    case 'ID':
    case 'String':
    case 'Enum':
      return 'S';
    case 'Int':
    case 'Float':
    case 'Decimal':
      return 'N';
    case 'Boolean':
    case 'JSON':
    case 'Object':
    case 'list':
      throw new TablecastError(
        'CONFIG_INVALID',
        `Type ${type.name}: expected its key ${field.name} to be a text or a number, got ${kind}; DynamoDB has no such keys`,
      );
    default:
      return kind satisfies never;
  }
}

function described(type: string, keys: Keys): string {
  return `${type}(${keys.map(([attribute, kind]) => `${attribute}: ${kind}`).join(', ')})`;
}
