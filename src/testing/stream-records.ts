import type {
  AttributeValue,
  OperationType,
  _Record as StreamsRecord,
  StreamViewType,
} from '@aws-sdk/client-dynamodb-streams';
import type { StreamChange, StreamImage } from './stream-options.ts';

/** How many different places a key can hash to. */
export const HASH_SPACE = 2 ** 32;

/** Where a key value lies among the shards, in [0, {@link HASH_SPACE}); equal values, equal places. */
export function placeOfKey(value: AttributeValue): number {
  const text = value.S ?? value.N ?? Buffer.from(value.B ?? []).toString('base64');
  let hash = value.N === undefined ? 0x811c9dc5 : 0x01000193;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // Neighbouring keys differ in the lowest bits only; these mix them into the highest, which decide the shard.
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
}

export interface RecordPlace {
  readonly eventId: string;
  readonly sequenceNumber: string;
  readonly region: string;
  readonly viewType: StreamViewType;
  readonly createdAt: Date;
}

/** The record of a change as GetRecords gives it. The images are the change's own, not copies. */
export function streamsRecord(change: StreamChange, place: RecordPlace): StreamsRecord {
  const { keys, newImage, oldImage } = change;
  const { viewType } = place;
  const withNew = newImage && (viewType === 'NEW_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES');
  const withOld = oldImage && (viewType === 'OLD_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES');
  return {
    eventID: place.eventId,
    eventName: eventName(change),
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: place.region,
    dynamodb: {
      ApproximateCreationDateTime: place.createdAt,
      Keys: keys,
      ...(withNew && { NewImage: newImage }),
      ...(withOld && { OldImage: oldImage }),
      SequenceNumber: place.sequenceNumber,
      SizeBytes:
        imageBytes(keys) + (withNew ? imageBytes(newImage) : 0) + (withOld ? imageBytes(oldImage) : 0),
      StreamViewType: viewType,
    },
    ...(change.expired && { userIdentity: { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' } }),
  };
}

function eventName({ newImage, oldImage }: StreamChange): OperationType {
  if (newImage) return oldImage ? 'MODIFY' : 'INSERT';
  if (oldImage) return 'REMOVE';
  throw new Error('expected a change with a new image, an old one or both, got neither');
}

/**
 * Size of an item by DynamoDB's rules.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
function imageBytes(image: StreamImage): number {
  let bytes = 0;
  for (const name of Object.keys(image)) {
    const value = image[name];
    bytes += Buffer.byteLength(name) + (value ? valueBytes(value) : 0);
  }
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.SS !== undefined) return sum(value.SS, (text) => Buffer.byteLength(text));
  if (value.NS !== undefined) return sum(value.NS, numberBytes);
  if (value.BS !== undefined) return sum(value.BS, (bytes) => bytes.byteLength);
  if (value.L !== undefined) return 3 + sum(value.L, (entry) => 1 + valueBytes(entry));
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + imageBytes(value.M);
  return 1;
}

const numberBytes = (digits: string) => Math.ceil(digits.length / 2) + 1;

function sum<T>(values: readonly T[], bytesOf: (value: T) => number): number {
  let bytes = 0;
  for (const value of values) bytes += bytesOf(value);
  return bytes;
}
