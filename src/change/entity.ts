import type { EntityCondition, TableType } from '../schema/model.ts';
import type { Change, Image } from './change.ts';

/**
 * The change as one table type sees it, in a table that several types share (`@table(where:)`): an image that does
 * not satisfy `where` is no item of this type. A MODIFY that turns one entity into another is thus a REMOVE of the one
 * type and an INSERT of the other, both with the eventId of the record.
 * @returns the same object when nothing has to be taken away; `undefined` when no image is left
 */
export function entityChange(change: Change, type: TableType): Change | undefined {
  const { where } = type;
  if (!where) return change;
  const { newImage, oldImage, ...rest } = change;
  const item = newImage && isEntity(newImage, where) ? newImage : undefined;
  const previous = oldImage && isEntity(oldImage, where) ? oldImage : undefined;
  if (item === newImage && previous === oldImage) return change;
  if (item) return { ...rest, eventName: 'INSERT', newImage: item };
  if (previous) return { ...rest, eventName: 'REMOVE', oldImage: previous };
  return undefined;
}

/** Whether an item is of the type with this condition: the stored attribute is an S that equals or begins as it says. */
export function isEntity(image: Image, where: EntityCondition): boolean {
  const attribute = image[where.attribute];
  if (!attribute || !('S' in attribute)) return false;
  return 'equals' in where ? attribute.S === where.equals : attribute.S.startsWith(where.beginsWith);
}
