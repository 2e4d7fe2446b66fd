import type { SeededRandom } from '../../../src/testing/random.ts';
import { BROKEN_KINDS, brokenRecord } from './broken-records.ts';
import { ODD_KINDS, oddItem, type Seen } from './odd-values.ts';
import { joined, type ThingRecord, thingRecord } from './records.ts';

/** One record that is not as records should be. */
export interface Poison {
  readonly kind: string;
  /** Absent when the record has none that can be read. */
  readonly eventId: string | undefined;
  /** What is seen of it; undefined when it is stepped over. */
  readonly seen: Seen | undefined;
}

/** Records of one shard: poison among good ones. */
export interface Work {
  readonly records: readonly unknown[];
  /** Those of them that GetRecords could have given. */
  readonly sdkReadable: ReadonlyMap<unknown, ThingRecord>;
  readonly poisons: readonly Poison[];
  /** Good item → its versions, in the order they were written. */
  readonly good: ReadonlyMap<string, readonly number[]>;
  /** Stands in every odd or broken value that has room for a text. */
  readonly secret: string;
}

const GOOD_ITEMS = 12;

/**
 * `count` poisons of every kind in turn, each between good changes.
 * @param at epoch ms at which all of it was written
 */
export function poisonWork(count: number, random: SeededRandom, at: number): Work {
  const secret = `canary${random.integer(1e9)}`;
  const records: unknown[] = [];
  const sdkReadable = new Map<unknown, ThingRecord>();
  const poisons: Poison[] = [];
  const good = new Map<string, number[]>();
  let sequence = 0;
  const push = (record: unknown, readable: ThingRecord | undefined) => {
    records.push(record);
    if (readable) sdkReadable.set(record, readable);
  };
  const pushGood = () => {
    sequence += 1;
    const id = `good-${random.integer(GOOD_ITEMS)}`;
    const versions = good.get(id) ?? [];
    const version = versions.length + 1;
    good.set(id, [...versions, version]);
    const image = (number: number) => ({ kind: { S: 'good' }, version: { N: String(number) } });
    const parts = { sequence, at, id, newImage: image(version) };
    const record = thingRecord(version === 1 ? parts : { ...parts, oldImage: image(version - 1) });
    push(record, record);
  };
  const kinds = ODD_KINDS.length + BROKEN_KINDS;
  for (let place = 0; place < count; place += 1) {
    for (let goods = random.integer(3); goods > 0; goods -= 1) pushGood();
    sequence += 1;
    const parts = { sequence, at, id: `poison-${place}` };
    const one = place % kinds;
    if (one < ODD_KINDS.length) {
      const { kind, image, seen } = oddItem(one, random, secret);
      const record = thingRecord({ ...parts, ...randomEvent(random, image) });
      push(record, record);
      poisons.push({ kind, eventId: record.eventID, seen });
    } else {
      const whole = thingRecord({ ...parts, ...randomEvent(random, { kind: { S: secret } }) });
      const { kind, record } = brokenRecord(one - ODD_KINDS.length, whole, random, secret);
      push(record, undefined);
      const hasId = kind !== 'no eventID' && isRecord(record) && record.eventID === whole.eventID;
      poisons.push({ kind, eventId: hasId ? whole.eventID : undefined, seen: undefined });
    }
  }
  pushGood();
  return { records, sdkReadable, poisons, good, secret };
}

function isRecord(value: unknown): value is { readonly eventID: unknown } {
  return typeof value === 'object' && value !== null && 'eventID' in value;
}

/** The image is created, changed to, or removed: whichever, it is the one that is seen. */
function randomEvent(random: SeededRandom, image: ThingRecord['dynamodb']['Keys']) {
  const before = joined({ kind: { S: 'odd' }, version: { N: '0' } });
  return random.pick([{ newImage: image }, { newImage: image, oldImage: before }, { oldImage: image }]);
}
