import { expect, test } from '@jest/globals';
import { KeptPayloads, type Payload, type PayloadSlot } from '../../../src/relay/deliver/kept-payloads.ts';

const MB = 1024 * 1024;
const payload = (size: number): Payload => ({ bytes: new Uint8Array(size), size, tooLarge: false });

function keepMany(kept: KeptPayloads, count: number, size: number): PayloadSlot[] {
  return Array.from({ length: count }, () => {
    const slot: PayloadSlot = { payload: undefined, isWanted: false };
    kept.keep(slot, payload(size));
    return slot;
  });
}
const isKept = ({ payload }: PayloadSlot) => payload !== undefined;

test('the oldest are forgotten beyond 32 MB, however few or many they are', () => {
  for (const size of [MB, 64 * 1024, 100]) {
    const slots = keepMany(new KeptPayloads(), Math.ceil((40 * MB) / (size + 512)), size);
    const bytes = slots.filter(isKept).length * (size + 512);
    expect(bytes).toBeLessThanOrEqual(32 * MB);
    expect(bytes).toBeGreaterThan(32 * MB - 2 * (size + 512));
    expect(slots.findIndex(isKept)).toBe(slots.filter((slot) => !isKept(slot)).length);
  }
});

test('one that is wanted again and again is kept, whatever comes after it', () => {
  const kept = new KeptPayloads();
  const [shared] = keepMany(kept, 1, MB);
  if (!shared) throw new Error('expected a slot');
  for (let more = 0; more < 200; more += 1) {
    shared.isWanted = true;
    keepMany(kept, 1, MB);
    expect(isKept(shared)).toBe(true);
  }
  // Wanted no longer, it goes like any other.
  keepMany(kept, 64, MB);
  expect(isKept(shared)).toBe(false);
});

test('when all are wanted the bound holds all the same', () => {
  const kept = new KeptPayloads();
  const slots: PayloadSlot[] = [];
  for (let more = 0; more < 100; more += 1) {
    slots.push(...keepMany(kept, 1, MB));
    for (const slot of slots) slot.isWanted = true;
  }
  expect(slots.filter(isKept).length).toBeLessThanOrEqual(32);
});
