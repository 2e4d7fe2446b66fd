import type { GraphQLError } from 'graphql';
import type { Reader } from '../../auth/access.ts';
import { allowedField, allowedFilter, allowedItems, fieldsOf, ownerFields } from '../../auth/access.ts';
import type { Image } from '../../change/change.ts';
import { canonicalFilter } from '../../filter/canonical.ts';
import type { Expression } from '../../filter/expression.ts';
import type { AccessOperation } from '../../schema/access.ts';
import type { Model, TableType } from '../../schema/model.ts';
import { forbidden, unauthorized } from '../errors.ts';
import type { Input, ItemUpdate } from '../item-input.ts';
import { afterUpdate, isAlways, isNever } from './after-update.ts';
import { fieldConditions, refused } from './input-fields.ts';
import { type ItemTest, itemTest } from './item-tests.ts';

/**
 * What rules leave of each operation on the items of one type. A method throws a GraphQLError `FORBIDDEN` where they leave
 * nothing of it, before anything is read or written; what it is given as a function is called only then.
 */
export interface ItemRules {
  /** Which items may be got. */
  get(): ItemTest;
  /** What is listed of what the caller asks for. */
  list(own: () => Expression): Expression;
  /** The item to put: the one the input makes, with its owner filled in where that is what lets the caller in. */
  create(input: Input, itemFrom: (input: Input) => Image): Image;
  /** What to change, and what must hold for the item as it is. */
  update(input: Input, updateFrom: () => ItemUpdate): ItemUpdate & { readonly condition?: Expression };
  /** What must hold for the item to be deleted. */
  delete(): { readonly condition?: Expression };
  /** Throws for an item, as it was written or deleted, that may not be got. */
  returned(image: Image): void;
}

/** Of the project's own code, and of types without rules. */
export const NO_RULES: ItemRules = {
  get: () => () => true,
  list: (own) => own(),
  create: (input, itemFrom) => itemFrom(input),
  update: (_input, updateFrom) => updateFrom(),
  delete: () => ({}),
  returned: () => {},
};

/** A field of Query or Mutation, for what is told of it. */
export interface Place {
  readonly type: string;
  readonly field: string;
}

/** The rules of a type for one caller. */
export function itemRules(model: Model, type: TableType, reader: Reader, place: Place): ItemRules {
  if (!type.access) return NO_RULES;

  /** @throws GraphQLError where no item is */
  const some = (operation: AccessOperation) => {
    const allowed = allowedItems(type, operation, reader);
    if (allowed.kind === 'none') throw unauthorized(place.field, place.type);
    return allowed;
  };

  return {
    get: () => itemTest(some('get'), type),

    list(own) {
      some('list');
      const filter = own();
      const compared = [...fieldsOf(filter)];
      const hidden = compared.filter((name) => allowedField(type, name, 'list', reader).kind === 'none');
      if (hidden.length > 0) {
        throw forbidden(
          `Filter: expected fields of ${type.name} that you may read, got ${hidden.sort().join(', ')}`,
        );
      }
      const allowed = allowedFilter(type, 'list', reader, compared);
      if (allowed.kind === 'none') throw unauthorized(place.field, place.type);
      return allowed.kind === 'all' ? filter : { kind: 'and', of: [filter, allowed.where] };
    },

    create(input, itemFrom) {
      const operation = 'create';
      const isAllowed = itemTest(some(operation), type);
      const onFields = fieldConditions(type, input, { model, reader, operation }).map(({ field, where }) => ({
        field,
        isMet: itemTest({ kind: 'some', where }, type),
      }));
      let refusal: GraphQLError | undefined;
      for (const completed of inputsOf(type, input, reader)) {
        const image = itemFrom(completed);
        if (!isAllowed(image)) continue;
        const kept = onFields.find(({ isMet }) => !isMet(image));
        if (!kept) return image;
        refusal = refused(`${type.name}.${kept.field}`, { operation });
      }
      throw (
        refusal ??
        forbidden(
          `${place.field}: expected an item that the rules of ${type.name} let you create, got another`,
        )
      );
    },

    update(input, updateFrom) {
      const allowed = some('update');
      const onFields = fieldConditions(type, input, { model, reader, operation: 'update' });
      const conditions = onFields.map(({ where }) => where);
      const update = updateFrom();
      if (allowed.kind === 'some') {
        const left = afterUpdate(allowed.where, type, update);
        if (isNever(left)) {
          throw forbidden(
            `${place.field}: expected an update that leaves an item which the rules of ${type.name} let you ` +
              'update, got another',
          );
        }
        conditions.push(allowed.where, ...(isAlways(left) ? [] : [left]));
      }
      const condition = allOf(conditions);
      return { ...update, ...(condition && { condition }) };
    },

    delete() {
      const allowed = some('delete');
      return allowed.kind === 'some' ? { condition: allowed.where } : {};
    },

    returned(image) {
      if (itemTest(allowedItems(type, 'get', reader), type)(image)) return;
      throw forbidden('The item was written; it may not be read');
    },
  };
}

/** The input itself, then with an owner filled in that it leaves out, for each of the rules. */
function inputsOf(type: TableType, input: Input, reader: Reader): readonly Input[] {
  const owned = ownerFields(type, 'create', reader)
    .filter(([{ name }]) => !Object.hasOwn(input, name) || input[name] === undefined)
    .map(([{ name, list }, text]) => ({ ...input, [name]: list ? [text] : text }));
  return [input, ...owned];
}

/** Each once, so that what DynamoDB is asked stays short. */
function allOf(conditions: readonly Expression[]): Expression | undefined {
  const distinct = new Map(conditions.map((condition) => [canonicalFilter(condition), condition]));
  const [only] = distinct.values();
  return only && distinct.size > 1 ? { kind: 'and', of: [...distinct.values()] } : only;
}
