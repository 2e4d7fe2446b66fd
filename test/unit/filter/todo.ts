import { GraphQLString } from 'graphql';
import type { Attribute, Image } from '../../../src/change/change.ts';
import type { Condition, Expression, Operator, Value } from '../../../src/filter/expression.ts';
import type { FieldKind, FieldModel, SubscriptionField, TableType } from '../../../src/schema/model.ts';

/** A field by hand; only its kind and whether it is a list matter to filters. */
export function fieldModel(name: string, kind: FieldKind, more: Partial<FieldModel> = {}): FieldModel {
  return { name, attribute: name, kind, list: false, type: GraphQLString, ...more };
}

const fields = [
  fieldModel('id', 'ID'),
  fieldModel('title', 'String'),
  fieldModel('priority', 'Int'),
  fieldModel('ratio', 'Float'),
  fieldModel('price', 'Decimal'),
  fieldModel('completed', 'Boolean'),
  fieldModel('status', 'Enum'),
  fieldModel('tags', 'String', { list: true }),
  fieldModel('scores', 'Int', { list: true }),
  fieldModel('flags', 'Boolean', { list: true }),
  fieldModel('senderId', 'ID', { attribute: 'sender_id' }),
  fieldModel('meta', 'JSON'),
  fieldModel('author', 'Object'),
  fieldModel('authors', 'Object', { list: true }),
  // Names that a plain object would find on its prototype.
  fieldModel('__proto__', 'String'),
  fieldModel('constructor', 'ID'),
  fieldModel('toString', 'Int', { attribute: 'hasOwnProperty' }),
];

export const todoType: TableType = {
  name: 'Todo',
  table: 'Todos',
  keys: ['id'],
  fields: new Map(fields.map((field) => [field.name, field])),
};

export function todoField(name: string): FieldModel {
  const field = todoType.fields.get(name);
  if (!field) throw new Error(`expected a field of Todo, came ${name}`);
  return field;
}

/** `recipientId` is an argument of another name than its field, as `@matches` makes. */
export const onUpdateTodo: SubscriptionField = {
  name: 'onUpdateTodo',
  type: todoType,
  source: 'table',
  events: new Set(['update']),
  arguments: new Map([
    ...fields.filter(({ list }) => !list).map((field) => [field.name, field] as const),
    ['sender', todoField('senderId')],
    ['tags', todoField('tags')],
  ]),
};

/** An image as the decoder makes it: without a prototype, entries its own. */
export function image(entries: readonly (readonly [attribute: string, value: Attribute])[]): Image {
  const made: Record<string, Attribute> = Object.create(null);
  for (const [attribute, value] of entries) made[attribute] = value;
  return made;
}

/** One condition on a field of Todo. */
export function condition(field: string, operator: Operator, ...values: Value[]): Condition {
  return { kind: 'condition', field, fieldKind: todoField(field).kind, operator, values };
}

export function and(...of: Expression[]): Expression {
  return { kind: 'and', of };
}

export function or(...of: Expression[]): Expression {
  return { kind: 'or', of };
}

export function not(of: Expression): Expression {
  return { kind: 'not', of };
}
