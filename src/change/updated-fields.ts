import type { TableType } from '../schema/model.ts';
import type { Change } from './change.ts';
import { sameAttribute } from './equality.ts';

/**
 * API names of the fields whose stored attribute differs between the images of a MODIFY, in schema order. Attributes
 * the schema does not name are not told. Empty for INSERT and REMOVE, which have one image.
 */
export function updatedFields(change: Change, type: TableType): readonly string[] {
  const { newImage, oldImage } = change;
  if (!newImage || !oldImage) return [];
  const updated: string[] = [];
  for (const field of type.fields.values()) {
    if (!sameAttribute(oldImage[field.attribute], newImage[field.attribute])) updated.push(field.name);
  }
  return updated;
}
