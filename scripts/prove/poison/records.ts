import { createHash } from 'node:crypto';
import type { AttributeValue as SdkAttribute, _Record as SdkRecord } from '@aws-sdk/client-dynamodb-streams';
import type { AttributeValue } from 'aws-lambda';

/** Attribute values by name, as a stream record has them in its JSON. */
export type ItemImage = Readonly<Record<string, AttributeValue>>;

export const THINGS_ARN =
  'arn:aws:dynamodb:us-east-1:000000000000:table/Things/stream/2026-01-01T00:00:00.000';

/** A field for every attribute type, and names that are traps in JavaScript. */
export const THINGS_SDL = `
type Thing @table(name: "Things") {
  id: ID!
  kind: String
  version: Int
  text: String
  exact: Decimal
  whole: Int
  double: Float
  binary: String
  flag: Boolean
  texts: [String]
  numbers: [Decimal]
  binaries: [String]
  json: AWSJSON
  proto: String @attribute(name: "__proto__")
  maker: String @attribute(name: "constructor")
}
`;

/** Every field of a thing. */
export const THING_FIELDS =
  'id kind version text exact whole double binary flag texts numbers binaries json proto maker';

export interface RecordParts {
  readonly sequence: number;
  /** Epoch ms. */
  readonly at: number;
  readonly id: string;
  readonly newImage?: ItemImage;
  readonly oldImage?: ItemImage;
}

/** A record as Lambda hands it to a function; `id` is put into its keys and images. */
export interface ThingRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly eventSourceARN: string;
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly Keys: ItemImage;
    readonly NewImage?: ItemImage;
    readonly OldImage?: ItemImage;
    readonly SequenceNumber: string;
    readonly StreamViewType: 'NEW_AND_OLD_IMAGES';
  };
}

export function thingRecord({ sequence, at, id, newImage, oldImage }: RecordParts): ThingRecord {
  const SequenceNumber = String(100_000_000_000_000_000_000n + BigInt(sequence));
  const Keys = { id: { S: id } };
  return {
    eventID: createHash('sha256').update(SequenceNumber).digest('hex').slice(0, 32),
    eventName: newImage ? (oldImage ? 'MODIFY' : 'INSERT') : 'REMOVE',
    eventSourceARN: THINGS_ARN,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(at / 1_000),
      Keys,
      ...(newImage && { NewImage: joined(Keys, newImage) }),
      ...(oldImage && { OldImage: joined(Keys, oldImage) }),
      SequenceNumber,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}

/** Both images in one, names such as `__proto__` as own properties. */
export function joined(...images: readonly ItemImage[]): ItemImage {
  return Object.fromEntries(images.flatMap((image) => Object.entries(image)));
}

/**
 * The same record as GetRecords gives it: binary as bytes, creation time as a Date. The SDK's deserialiser
 * (@smithy/core 3.41) loses the value of an attribute called `__proto__`: it is there, and undefined.
 */
export function asSdkRecord({ eventID, eventName, dynamodb }: ThingRecord): SdkRecord {
  const { ApproximateCreationDateTime, Keys, NewImage, OldImage, ...rest } = dynamodb;
  return {
    eventID,
    eventName,
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    dynamodb: {
      ...rest,
      ApproximateCreationDateTime: new Date(ApproximateCreationDateTime * 1_000),
      Keys: sdkImage(Keys),
      ...(NewImage && { NewImage: sdkImage(NewImage) }),
      ...(OldImage && { OldImage: sdkImage(OldImage) }),
    },
  };
}

function sdkImage(image: ItemImage): Record<string, SdkAttribute> {
  const entries = Object.entries(image).map(([name, value]) => [
    name,
    name === '__proto__' ? undefined : sdkAttribute(value),
  ]);
  return Object.fromEntries(entries);
}

function sdkAttribute(value: AttributeValue): SdkAttribute {
  if (value.M !== undefined) return { M: sdkImage(value.M) };
  if (value.L !== undefined) return { L: value.L.map(sdkAttribute) };
  if (value.B !== undefined) return { B: Buffer.from(value.B, 'base64') };
  if (value.BS !== undefined) return { BS: value.BS.map((each) => Buffer.from(each, 'base64')) };
  return value;
}
