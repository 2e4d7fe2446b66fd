import type { SeededRandom } from '../../../src/testing/random.ts';
import type { ThingRecord } from './records.ts';

/** What has gone wrong with a record so badly that it holds no change: it is stepped over. */
export interface BrokenRecord {
  readonly kind: string;
  readonly record: unknown;
}

type Break = (good: ThingRecord, random: SeededRandom, secret: string) => unknown;

/** Members of the record itself, or of its `dynamodb`, in the stead of the good ones; undefined takes one away. */
const record = (changes: object) => (good: ThingRecord) => ({ ...good, ...changes });
const body = (changes: object) => (good: ThingRecord) => ({
  ...good,
  dynamodb: { ...good.dynamodb, ...changes },
});
const without = (...names: readonly string[]) =>
  body(Object.fromEntries(names.map((name) => [name, undefined])));
/** An attribute of the item that is no attribute value. */
const attribute =
  (make: (secret: string, random: SeededRandom) => unknown): Break =>
  (good, random, secret) => {
    const { NewImage, OldImage, ...rest } = good.dynamodb;
    const bad = { text: make(secret, random) };
    return {
      ...good,
      dynamodb: {
        ...rest,
        ...(NewImage && { NewImage: { ...NewImage, ...bad } }),
        ...(OldImage && { OldImage: NewImage ? OldImage : { ...OldImage, ...bad } }),
      },
    };
  };

const NUMBERS = [
  'NaN',
  'Infinity',
  '-Infinity',
  '',
  ' 5',
  '0x10',
  '1,5',
  '--1',
  '1e',
  '1E+126',
  '1E-131',
  '٣',
];
const DEEP = 1_500;

const KINDS: readonly (readonly [kind: string, broken: Break])[] = [
  ['null', () => null],
  ['a text', (_, __, secret) => secret],
  ['a list', () => []],
  ['nothing in it', () => ({})],
  ['no eventID', record({ eventID: undefined })],
  ['an empty eventID', record({ eventID: '' })],
  ['no dynamodb', record({ dynamodb: undefined })],
  ['null as dynamodb', record({ dynamodb: null })],
  ['no SequenceNumber', without('SequenceNumber')],
  ['a number as SequenceNumber', body({ SequenceNumber: 42 })],
  ['no creation time', without('ApproximateCreationDateTime')],
  ['a text as creation time', body({ ApproximateCreationDateTime: 'now' })],
  ['a creation time out of range', body({ ApproximateCreationDateTime: 1e30 })],
  ['no ARN', record({ eventSourceARN: undefined })],
  ['the ARN of a queue', record({ eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:q' })],
  [
    'an unknown table',
    (good) => ({ ...good, eventSourceARN: good.eventSourceARN.replace('Things', 'Nobody') }),
  ],
  ['an unknown event', record({ eventName: 'TRUNCATE' })],
  ['no event name', record({ eventName: undefined })],
  ['KEYS_ONLY', body({ StreamViewType: 'KEYS_ONLY' })],
  ['no view type', without('StreamViewType')],
  ['no Keys', without('Keys')],
  ['empty Keys', body({ Keys: {} })],
  ['no images', without('NewImage', 'OldImage')],
  ['a list as images', body({ NewImage: [], OldImage: [] })],
  ['JSON text as images', body({ NewImage: '{}', OldImage: '{}' })],
  ['a number out of DynamoDB', attribute((_, random) => ({ N: random.pick(NUMBERS) }))],
  ['39 digits', attribute(() => ({ N: '1'.repeat(39) }))],
  ['a JavaScript number in N', attribute(() => ({ N: 1 }))],
  ['words in N', attribute((secret) => ({ N: secret }))],
  ['words in NS', attribute((secret) => ({ NS: ['1', secret] }))],
  ['a number in S', attribute(() => ({ S: 1 }))],
  ['a text in BOOL', attribute(() => ({ BOOL: 'true' }))],
  ['false in NULL', attribute(() => ({ NULL: false }))],
  ['no base64 in B', attribute((secret) => ({ B: `${secret}あ` }))],
  ['a list of bytes in B', attribute(() => ({ B: [0, 1] }))],
  ['a text in SS', attribute((secret) => ({ SS: secret }))],
  ['null in SS', attribute((secret) => ({ SS: [secret, null] }))],
  ['an object in BS', attribute(() => ({ BS: [{}] }))],
  ['an object in L', attribute((secret) => ({ L: { 0: { S: secret } } }))],
  ['a bare value in L', attribute((secret) => ({ L: [{ S: 'a' }, secret] }))],
  ['a list in M', attribute(() => ({ M: [] }))],
  ['a bare value in M', attribute((secret) => ({ M: { a: secret } }))],
  ['two types at once', attribute((secret) => ({ S: secret, N: '1' }))],
  ['no type', attribute(() => ({}))],
  ['an unknown type', attribute((secret) => ({ [secret]: secret }))],
  ['a bare value', attribute((secret) => secret)],
  ['null as a value', attribute(() => null)],
  ['lists too deep', attribute(() => deep((inner) => ({ L: [inner] })))],
  ['maps too deep', attribute(() => deep((inner) => ({ M: { m: inner } })))],
];

export const BROKEN_KINDS = KINDS.length;

/** One of a kind, by its place among them. `secret` is put wherever a value of the item stands. */
export function brokenRecord(
  place: number,
  good: ThingRecord,
  random: SeededRandom,
  secret: string,
): BrokenRecord {
  const entry = KINDS[place % KINDS.length];
  if (!entry) throw new RangeError(`expected a place from 0, got ${place}`);
  const [kind, broken] = entry;
  return { kind, record: broken(good, random, secret) };
}

/** Beyond any item, and within what JSON text of a Lambda event can be read. */
function deep(wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = { S: 'innermost' };
  for (let level = 0; level < DEEP; level += 1) value = wrap(value);
  return value;
}
