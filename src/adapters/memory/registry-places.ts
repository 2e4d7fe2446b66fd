import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, DeliveryPlace, Registry } from '../../relay/ports.ts';

/** @param lifeSeconds how long a place is of use */
export function createPlaces(clock: Clock, lifeSeconds: number): Pick<Registry, 'readPlace' | 'savePlace'> {
  /** Event id → place, and its end in epoch seconds. */
  const places = new Map<string, { readonly place: DeliveryPlace; readonly expiresAt: number }>();
  const seconds = () => Math.floor(clock.now() / 1_000);
  return {
    async readPlace(eventId) {
      await nextTurn();
      const found = places.get(eventId);
      return found && found.expiresAt > seconds() ? found.place : undefined;
    },

    async savePlace(place) {
      await nextTurn();
      for (const [eventId, { expiresAt }] of places) if (expiresAt <= seconds()) places.delete(eventId);
      places.set(place.eventId, { place, expiresAt: seconds() + lifeSeconds });
    },
  };
}
