import type { Attribute, Image } from '../../src/change/change.ts';
import type { Expression } from '../../src/filter/expression.ts';
import type { TableType } from '../../src/schema/model.ts';
import { fieldModel, image } from '../unit/filter/todo.ts';

/** A type by hand: whatever table and key it has, its fields are these. */
export function typeOf(name: string, more: Partial<TableType>): TableType {
  const fields = [
    fieldModel('id', 'ID'),
    fieldModel('title', 'String'),
    fieldModel('amount', 'Decimal'),
    fieldModel('shop', 'ID', { attribute: 'shop_id' }),
    fieldModel('sku', 'Int'),
    fieldModel('pk', 'String'),
    fieldModel('sk', 'String'),
    fieldModel('kind', 'String'),
  ];
  return {
    name,
    table: name,
    keys: ['id'],
    fields: new Map(fields.map((field) => [field.name, field])),
    ...more,
  };
}

/** The only type of its table. */
export const note = typeOf('Note', {});
/** An image of these attributes. */
export function item(attributes: Readonly<Record<string, Attribute>>): Image {
  return image(Object.entries(attributes));
}

/** A filter that one field, read as text, has this value. */
export function equal(field: string, value: string): Expression {
  return { kind: 'condition', field, fieldKind: 'String', operator: 'eq', values: [value] };
}
