import { isImage } from '../../api/items.ts';
import { type Guards, guardsOf } from '../../auth/guards.ts';
import type { Image } from '../../change/change.ts';
import { predicateFor } from '../../filter/memo.ts';
import { attributeOf } from '../../filter/value.ts';
import type { TableType } from '../../schema/model.ts';
import type { SubscriptionOptions } from '../ports.ts';
import type { TypedChange } from './intake.ts';
import type { MayTell } from './payload-source.ts';
import { differsReadably } from './readable-change.ts';

/** What one subscriber may read of a change that it is owed. */
export interface DeliveryGuards {
  /** For the execution of its selection; absent where no rule looks at what is in it. */
  readonly guards?: Guards;
  /** For what is told beside the selection. */
  readonly mayTell: MayTell;
}

const UNGUARDED: DeliveryGuards = { mayTell: () => true };

/**
 * The images of a change were judged by the whole filter, the forced part included; what is left are the fields withheld
 * when it was subscribed, and what resolvers bring in beside.
 * @param context of the resolvers, whose own guards judge what they return; absent where none runs
 */
export function deliveryGuards(
  { type, change }: TypedChange,
  options: SubscriptionOptions | undefined,
  context: object | undefined,
): DeliveryGuards {
  if (!options?.access) return UNGUARDED;
  const withheld = new Map(options.access.fields);
  const beside = guardsOf(context);
  const mayReadField = (path: string, source: unknown): boolean => {
    const where = withheld.get(path);
    if (where === null) return false;
    if (where !== undefined) {
      // Another item of this type, which a resolver brought in, is no image: its own is known beside.
      return isImage(source) ? holds(where, source, type) : beside?.mayReadField(path, source) === true;
    }
    const owner = path.slice(0, path.indexOf('.'));
    // A field of this type, or of one inside its items, that was withheld would be named.
    return owner === type.name || !beside || beside.mayReadField(path, source);
  };
  const { newImage, oldImage } = change;
  return {
    guards: {
      mayReadField,
      mayReadItem: (itemType, item) => beside?.mayReadItem(itemType, item) === true,
    },
    mayTell(name) {
      const path = `${type.name}.${name}`;
      if (newImage && !mayReadField(path, newImage)) return false;
      if (oldImage && !mayReadField(path, oldImage)) return false;
      const field = type.fields.get(name);
      if (field?.kind !== 'Object' || !newImage || !oldImage) return true;
      if (![...withheld.keys()].some((each) => !each.startsWith(`${type.name}.`))) return true;
      const [is, was] = [newImage, oldImage].map((image) => attributeOf(image, field.attribute));
      return differsReadably(was, is, field.type, withheld);
    },
  };
}

/** A filter that no longer fits lets nobody read anything. */
function holds(where: string, image: Image, type: TableType): boolean {
  const predicate = predicateFor(where, type);
  return predicate.ok && predicate.test(image);
}
