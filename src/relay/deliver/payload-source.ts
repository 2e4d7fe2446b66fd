import type { Image } from '../../change/change.ts';
import { coerce } from '../../change/coerce.ts';
import { updatedFields } from '../../change/updated-fields.ts';
import type { PayloadExtensions } from '../../render/render.ts';
import type { TableType } from '../../schema/model.ts';
import type { TypedChange } from './intake.ts';
import { itemImage, type MatchKind } from './judge.ts';

/** What a payload tells of: a change, and what it is to those who get it. */
export interface Rendered {
  readonly typed: TypedChange;
  readonly kind: MatchKind;
}

/** Whether it may be told that a field, by its API name, was changed: that says something of both its values. */
export type MayTell = (field: string) => boolean;

/** What the root field resolves to: an image, or the parts of a `…Change`. */
export function payloadSource(
  { typed, kind }: Rendered,
  leave: 'image' | 'keys',
  dropPrevious: boolean,
  mayTell: MayTell,
): unknown {
  const { change, type } = typed;
  if (kind === 'item' || kind === 'newcomer') return itemImage(change);
  const facts = { kind, eventId: change.eventId, at: new Date(change.at).toISOString() };
  switch (kind) {
    case 'ENTER':
      return { ...facts, item: change.newImage, previous: null, updatedFields: null };
    case 'UPDATE':
      return {
        ...facts,
        item: change.newImage,
        previous: dropPrevious ? null : change.oldImage,
        updatedFields: toldFields(typed, mayTell),
      };
    case 'LEAVE':
      return {
        ...facts,
        item: null,
        previous: leave === 'keys' ? keysOnly(type, change.oldImage) : change.oldImage,
        updatedFields: null,
      };
    default:
      return kind satisfies never;
  }
}

/** Facts beside the data; of a step into or out of the set, nothing is told about the side that is not sent. */
export function extensionsOf({ typed, kind }: Rendered, mayTell: MayTell): PayloadExtensions {
  const { change } = typed;
  const isUpdate = kind === 'UPDATE' || (kind === 'item' && change.eventName === 'MODIFY');
  return {
    eventId: change.eventId,
    sequenceNumber: change.sequenceNumber,
    approximateCreationTime: new Date(change.at).toISOString(),
    ...(isUpdate && { updatedFields: toldFields(typed, mayTell) }),
    ...(change.expired && { expired: true }),
  };
}

function toldFields({ change, type }: TypedChange, mayTell: MayTell): readonly string[] {
  return updatedFields(change, type).filter(mayTell);
}

function keysOnly(type: TableType, image: Image | undefined): Image {
  const keys: Record<string, Image[string]> = Object.create(null);
  for (const name of type.keys) {
    const attribute = type.fields.get(name)?.attribute;
    const value = attribute === undefined ? undefined : image?.[attribute];
    if (attribute !== undefined && value) keys[attribute] = value;
  }
  return keys;
}

/** The item's key as the API has it: what a payload too large to send names it by. */
export function keyOf({ typed: { change, type }, kind }: Rendered): Readonly<Record<string, unknown>> {
  const image = kind === 'LEAVE' ? change.oldImage : itemImage(change);
  const key: Record<string, unknown> = Object.create(null);
  for (const name of type.keys) {
    const field = type.fields.get(name);
    if (field) key[name] = coerceOrNull(image?.[field.attribute], field.type);
  }
  return key;
}

function coerceOrNull(...[attribute, type]: Parameters<typeof coerce>): unknown {
  try {
    return coerce(attribute, type);
  } catch {
    return null;
  }
}
