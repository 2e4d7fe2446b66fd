import type { DeliveryPlace, DonePart } from '../../relay/ports.ts';
import { isLive, type RowKey, secondsOf, textOf } from './rows.ts';
import { get, putAlways, type RelayTable } from './table.ts';

/** @param eventId `eventID` of the record a batch begins with */
export const deliveryPlaceKey = (eventId: string): RowKey => ({ pk: `PLACE#${eventId}`, sk: 'PLACE' });

/** One GetItem. Nothing for a row past its end, or one that cannot be read whole: the batch then begins anew. */
export async function readPlace(table: RelayTable, eventId: string): Promise<DeliveryPlace | undefined> {
  const row = await get(table, deliveryPlaceKey(eventId));
  const done = isLive(row, table.clock.now()) ? parseDone(textOf(row, 'done') ?? '') : undefined;
  return done && { eventId, done };
}

/** One PutItem. Past one connection life nobody is left who was owed the records. */
export async function savePlace(
  table: RelayTable,
  { eventId, done }: DeliveryPlace,
  connectionLifeSeconds: number,
): Promise<void> {
  const expiresAt = secondsOf(table.clock.now()) + connectionLifeSeconds;
  await putAlways(table, { ...deliveryPlaceKey(eventId), done: JSON.stringify(done), expiresAt });
}

/** The parts a row holds; nothing for a text that is not a list of such. */
export function parseDone(text: string): readonly DonePart[] | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    return undefined;
  }
  return Array.isArray(parts) && parts.every(isDonePart) ? parts : undefined;
}

function isDonePart(part: unknown): part is DonePart {
  if (typeof part !== 'object' || part === null) return false;
  if (!('through' in part && 'records' in part)) return false;
  const { through, records } = part;
  return (
    typeof through === 'string' && Array.isArray(records) && records.every((name) => typeof name === 'string')
  );
}
