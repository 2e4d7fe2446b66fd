import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNullableType,
  isListType,
  isObjectType,
} from 'graphql';
import type { AttributeType } from '../change/attribute-type.ts';
import type { Attribute, Image } from '../change/change.ts';
import { coerce } from '../change/coerce.ts';
import { isPlainObject } from '../change/plain-object.ts';
import type { Item } from './ports.ts';
import { storedFields } from './stored-fields.ts';

/** Items of this process → the image each was made of, and the type it was made as. */
const images = new WeakMap<object, { readonly image: Image; readonly typeName: string }>();
const items = new WeakMap<Image, Map<GraphQLObjectType, Item>>();

/**
 * An image as code sees it: the fields of its type by API name, as enumerable own properties that are read and coerced
 * when they are asked for. One whose attribute does not fit its field throws a GraphQLError. Nested objects are items
 * too. The same item each time.
 */
export function itemOf(image: Image, type: GraphQLObjectType): Item {
  const known = items.get(image) ?? new Map<GraphQLObjectType, Item>();
  items.set(image, known);
  let item = known.get(type);
  if (!item) {
    item = createItem(image, type);
    known.set(type, item);
    images.set(item, { image, typeName: type.name });
  }
  return item;
}

/**
 * What an item of a type was made of; `undefined` for any other object, an item of another type included: attributes of
 * one name mean another thing there.
 */
export function imageOf(item: object, typeName: string): Image | undefined {
  const made = images.get(item);
  return made?.typeName === typeName ? made.image : undefined;
}

/** True for a null-prototype object of attributes, the form images have. One without attributes counts. */
export function isImage(value: unknown): value is Image {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== null) return false;
  return Object.values(value).every(isAttribute);
}

function createItem(image: Image, type: GraphQLObjectType): Item {
  const item: Item = {};
  // Where a resolver returns a union or an interface, this tells graphql which of its types the item is.
  Object.defineProperty(item, '__typename', { value: type.name });
  for (const [name, { field, attribute }] of storedFields(type)) {
    Object.defineProperty(item, name, {
      enumerable: true,
      get: () => viewed(coerce(image[attribute], field.type), field.type),
    });
  }
  return item;
}

/** `coerce` leaves maps as images. */
function viewed(value: unknown, type: GraphQLOutputType): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable) && Array.isArray(value)) {
    return value.map((element) => viewed(element, nullable.ofType));
  }
  return isObjectType(nullable) && isImage(value) ? itemOf(value, nullable) : value;
}

function isAttribute(value: unknown): value is Attribute {
  if (!isPlainObject(value)) return false;
  const [name, ...others] = Object.keys(value);
  return name !== undefined && others.length === 0 && DATA_TYPES.has(name);
}

const DATA_TYPES: ReadonlySet<string> = new Set<AttributeType>([
  'S',
  'N',
  'B',
  'BOOL',
  'NULL',
  'SS',
  'NS',
  'BS',
  'L',
  'M',
]);
