import { allowedField, allowedItems, isAllowed, type Reader } from '../../auth/access.ts';
import type { Guards } from '../../auth/guards.ts';
import type { Image } from '../../change/change.ts';
import type { AccessOperation } from '../../schema/access.ts';
import type { Model, TableType } from '../../schema/model.ts';
import { imageOf, isImage } from '../items.ts';
import { type ItemTest, itemTest } from './item-tests.ts';

/**
 * What one identity may read of what resolvers return. An item that came from its type's table, or as an image, is held
 * against the rules; any other object may be read by who may read every item of its type, for it cannot be told whose it
 * is.
 */
export function createGuards(model: Model, reader: Reader, operation: AccessOperation): Guards {
  const types = ruledTypes(model);
  /** Type or `Type.field` → its test, compiled when it is first asked for. */
  const tests = new Map<string, ItemTest>();
  const known = (name: string, make: () => ItemTest): ItemTest => {
    const test = tests.get(name) ?? make();
    tests.set(name, test);
    return test;
  };
  return {
    mayReadItem(type, item) {
      const test = known(type.name, () => itemTest(allowedItems(type, operation, reader), type));
      return test(imageIn(item, type.name));
    },
    mayReadField(path, source) {
      const [typeName = '', field = ''] = path.split('.');
      const type = types.get(typeName);
      const test = known(path, () => {
        if (type?.access?.fields.has(field)) {
          return itemTest(allowedField(type, field, operation, reader), type);
        }
        const isMet = isAllowed(model.access?.fields.get(path) ?? [], operation, reader);
        return () => isMet;
      });
      return test(imageIn(source, typeName));
    },
  };
}

const ruled = new WeakMap<Model, ReadonlyMap<string, TableType>>();

/** Types of items that have rules, by name: those of tables, and those that `publish()` feeds. */
export function ruledTypes(model: Model): ReadonlyMap<string, TableType> {
  let types = ruled.get(model);
  if (!types) {
    const published = [...model.subscriptions.values()].map(({ type }) => type);
    types = new Map(
      [...published, ...model.types.values()].filter(({ access }) => access).map((type) => [type.name, type]),
    );
    ruled.set(model, types);
  }
  return types;
}

function imageIn(item: unknown, typeName: string): Image | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  return imageOf(item, typeName) ?? (isImage(item) ? item : undefined);
}
