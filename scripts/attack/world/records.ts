import { createHash } from 'node:crypto';

let sequence = 4421584500000000017450439091n;

/** A record of a table's stream, as Lambda gets it, of a change made at `at` (epoch ms). */
export function recordOf(
  table: string,
  at: number,
  images: { readonly newImage?: object; readonly oldImage?: object; readonly keys: object },
): object {
  sequence += 1n;
  const { newImage, oldImage, keys } = images;
  return {
    eventID: createHash('sha256').update(String(sequence)).digest('hex').slice(0, 32),
    eventName: newImage && oldImage ? 'MODIFY' : newImage ? 'INSERT' : 'REMOVE',
    eventSource: 'aws:dynamodb',
    eventSourceARN: `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/stream/2026-01-01T00:00:00.000`,
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(at / 1_000),
      Keys: keys,
      ...(newImage && { NewImage: newImage }),
      ...(oldImage && { OldImage: oldImage }),
      SequenceNumber: String(sequence),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}
