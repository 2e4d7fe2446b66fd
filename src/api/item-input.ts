import { GraphQLError, isNonNullType } from 'graphql';
import type { Attribute, Image } from '../change/change.ts';
import { isEntity } from '../change/entity.ts';
import type { FieldModel, TableType } from '../schema/model.ts';
import { badInput } from './errors.ts';
import { keyProblem } from './item-limits.ts';
import { marshal } from './marshal.ts';

/** Field name → value, as GraphQL coerced it or as a resolver gives it. */
export type Input = Readonly<Record<string, unknown>>;

/** What a write adds of its own. */
export interface Writing {
  /** New text for a key field of type ID that the input leaves out. */
  readonly uuid: () => string;
  /** Subject of the writer's token; absent when the writer has none. */
  readonly subject?: string;
}

/**
 * The key attributes of an item from its key fields.
 * @throws GraphQLError `BAD_USER_INPUT` for one that is missing, does not fit its field, or is no key to DynamoDB
 */
export function keyFrom(type: TableType, given: Input): Image {
  const key: Record<string, Attribute> = Object.create(null);
  for (const name of type.keys) {
    const field = fieldOf(type, name);
    const attribute = attributeOf(type, field, ownValue(given, name));
    if (attribute) key[field.attribute] = attribute;
  }
  refuse(keyProblem(type, key));
  return key;
}

/**
 * The item an input creates. A key field of type ID that is left out becomes a UUID, `where: {equals:}` and the writer
 * are set, nulls are not stored.
 * @throws GraphQLError `BAD_USER_INPUT` naming the field
 */
export function itemToCreate(type: TableType, input: Input, { uuid, subject }: Writing): Image {
  const item = attributesOf(type, input);
  for (const name of type.keys) {
    const field = fieldOf(type, name);
    if (field.kind === 'ID' && !item.has(field.attribute)) item.set(field.attribute, { S: uuid() });
  }
  const { where, writer } = type;
  if (where && 'equals' in where) item.set(where.attribute, { S: where.equals });
  if (writer && subject !== undefined) item.set(writer.attribute, { S: subject });
  const image: Image = fromEntries(item);
  for (const field of type.fields.values()) {
    // The type of a missing non-null field says so; asked here, before anything is written.
    if (!item.has(field.attribute)) attributeOf(type, field, undefined);
  }
  refuseOtherEntity(type, image);
  refuse(keyProblem(type, image));
  return image;
}

/** What an input changes of an item; nothing of its key. */
export interface ItemUpdate {
  readonly key: Image;
  readonly set: Image;
  readonly remove: readonly string[];
}

/**
 * What an input changes: fields that are left out stay, null removes. `set` and `remove` are empty when it names the key
 * alone; then the writer is not set either. A writer that neither a token nor the input names is removed.
 * @throws GraphQLError `BAD_USER_INPUT` naming the field
 */
export function itemUpdate(type: TableType, input: Input, { subject }: Omit<Writing, 'uuid'>): ItemUpdate {
  const key = keyFrom(type, input);
  const changed = new Map(
    Object.entries(input).filter(([name, value]) => value !== undefined && !type.keys.includes(name)),
  );
  const set = new Map<string, Attribute>();
  const remove: string[] = [];
  for (const [name, value] of changed) {
    const field = fieldOf(type, name);
    const attribute = attributeOf(type, field, value);
    if (attribute) set.set(field.attribute, attribute);
    else remove.push(field.attribute);
  }
  const { where, writer } = type;
  if (where && (set.has(where.attribute) || remove.includes(where.attribute))) {
    refuseOtherEntity(type, fromEntries(set));
  }
  if (writer && subject !== undefined && changed.size > 0) {
    set.set(writer.attribute, { S: subject });
    return { key, set: fromEntries(set), remove: remove.filter((name) => name !== writer.attribute) };
  }
  if (writer && changed.size > 0 && !changed.has(writer.name) && !isNonNullType(writer.type)) {
    // Nobody is named as the writer: left as it was, it would call this write that of whoever wrote before.
    remove.push(writer.attribute);
  }
  return { key, set: fromEntries(set), remove };
}

function attributesOf(type: TableType, input: Input): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  for (const [name, value] of Object.entries(input)) {
    if (value === null || value === undefined) continue;
    const field = fieldOf(type, name);
    const attribute = attributeOf(type, field, value);
    if (attribute) attributes.set(field.attribute, attribute);
  }
  return attributes;
}

function fieldOf(type: TableType, name: string): FieldModel {
  const field = type.fields.get(name);
  if (field) return field;
  throw badInput(`${type.name}: expected one of ${[...type.fields.keys()].join(', ')}, got another field`);
}

function attributeOf(type: TableType, field: FieldModel, value: unknown): Attribute | undefined {
  try {
    return marshal(value, field.type);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw badInput(`${type.name}.${field.name}: ${error.message}`);
  }
}

/** An item of another type than it is written as would be found by nobody who reads this type. */
function refuseOtherEntity(type: TableType, image: Image): void {
  const { where } = type;
  if (!where || isEntity(image, where)) return;
  const field = [...type.fields.values()].find(({ attribute }) => attribute === where.attribute);
  const named = field ? `${type.name}.${field.name}` : `${type.name}, attribute "${where.attribute}"`;
  const expected = 'equals' in where ? `"${where.equals}"` : `text that begins with "${where.beginsWith}"`;
  throw badInput(`${named}: expected ${expected}, as the items of this type have, got another value or none`);
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw badInput(problem);
}

function ownValue(given: Input, name: string): unknown {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

function fromEntries(attributes: ReadonlyMap<string, Attribute>): Image {
  const image: Record<string, Attribute> = Object.create(null);
  for (const [name, attribute] of attributes) image[name] = attribute;
  return image;
}
