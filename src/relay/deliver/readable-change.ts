import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { storedFields } from '../../api/stored-fields.ts';
import type { Attribute } from '../../change/change.ts';
import { sameAttribute } from '../../change/equality.ts';
import { attributeOf } from '../../filter/value.ts';

/**
 * Whether two values of a field of objects differ in what somebody may read of them: that an object was changed says
 * something of the field in it that was.
 * @param withheld `Type.field` → whatever says that it is; of the fields of objects, which no image decides about
 */
export function differsReadably(
  one: Attribute | undefined,
  other: Attribute | undefined,
  type: GraphQLOutputType,
  withheld: ReadonlyMap<string, unknown>,
): boolean {
  if (sameAttribute(one, other)) return false;
  const named = getNamedType(type);
  // Of which type it is, and so what of it is withheld, is not known here.
  if (isAbstractType(named)) return false;
  return !isObjectType(named) || differ(one, other, named, withheld);
}

function differ(
  one: Attribute | undefined,
  other: Attribute | undefined,
  type: GraphQLObjectType,
  withheld: ReadonlyMap<string, unknown>,
): boolean {
  if (!one || !other) return true;
  if ('L' in one && 'L' in other) {
    const [elements, others] = [one.L, other.L];
    return (
      elements.length !== others.length ||
      elements.some((element, at) => differ(element, others[at], type, withheld))
    );
  }
  if (!('M' in one && 'M' in other)) return !sameAttribute(one, other);
  return [...storedFields(type)].some(
    ([name, { field, attribute }]) =>
      !withheld.has(`${type.name}.${name}`) &&
      differsReadably(attributeOf(one.M, attribute), attributeOf(other.M, attribute), field.type, withheld),
  );
}
