import { type GraphQLField, getNamedType } from 'graphql';
import { allowedItems, isAllowed, type Reader } from '../../auth/access.ts';
import type { AccessOperation } from '../../schema/access.ts';
import type { Model } from '../../schema/model.ts';
import { unauthorized } from '../errors.ts';
import { ruledTypes } from './guards.ts';

/** What whoever runs a hand-written field without rules must be let do with some item, at least, of the type it returns. */
const NEEDED: Readonly<Record<'query' | 'mutation', readonly AccessOperation[]>> = {
  query: ['get', 'list'],
  mutation: ['create', 'update', 'delete'],
};

/** A field of Query or Mutation. */
export interface RootField {
  readonly root: 'query' | 'mutation';
  /** Name of the root type. */
  readonly type: string;
  readonly field: GraphQLField<unknown, never>;
  /** True where a table answers it, so that the rules of its type are held against each item. */
  readonly isGenerated: boolean;
}

/**
 * Holds a field of Query or Mutation against the rules of the schema. Where there are any, one that is hand-written needs
 * its own; without, it is nobody's, unless it returns items of a type that has rules: then they decide on what it
 * returns, and only those may run it who may read, or of Mutation write, some item of that type.
 * @throws GraphQLError `FORBIDDEN` before the field is answered
 */
export function refuseRootField(
  model: Model,
  { root, type, field, isGenerated }: RootField,
  reader: Reader,
): void {
  if (!model.access && ruledTypes(model).size === 0) return;
  const rules = model.access?.fields.get(`${type}.${field.name}`);
  if (rules) {
    if (isAllowed(rules, root === 'query' ? 'get' : 'create', reader)) return;
  } else {
    const returned = ruledTypes(model).get(getNamedType(field.type).name);
    const isSome = (operation: AccessOperation) =>
      returned !== undefined && allowedItems(returned, operation, reader).kind !== 'none';
    if (isGenerated || NEEDED[root].some(isSome)) return;
  }
  throw unauthorized(field.name, type);
}
