import type { AttributeValue, _Record as StreamsRecord } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord, AttributeValue as LambdaAttributeValue } from 'aws-lambda';

/**
 * One record as GetRecords gives it → as Lambda's event source mapping hands it to a function: binary as base64,
 * creation time in epoch seconds, `userIdentity` in lower case, `eventSourceARN` set.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export function lambdaRecord(record: StreamsRecord, streamArn: string): DynamoDBRecord {
  const change = record.dynamodb;
  return {
    ...given('eventID', record.eventID),
    ...given('eventName', record.eventName),
    ...given('eventVersion', record.eventVersion),
    eventSource: 'aws:dynamodb',
    ...given('awsRegion', record.awsRegion),
    ...(change && {
      dynamodb: {
        ...given('ApproximateCreationDateTime', seconds(change.ApproximateCreationDateTime)),
        ...given('Keys', change.Keys && lambdaImage(change.Keys)),
        ...given('NewImage', change.NewImage && lambdaImage(change.NewImage)),
        ...given('OldImage', change.OldImage && lambdaImage(change.OldImage)),
        ...given('SequenceNumber', change.SequenceNumber),
        ...given('SizeBytes', change.SizeBytes),
        ...given('StreamViewType', change.StreamViewType),
      },
    }),
    ...(record.userIdentity && {
      userIdentity: { principalId: record.userIdentity.PrincipalId, type: record.userIdentity.Type },
    }),
    eventSourceARN: streamArn,
  };
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  const only: { [P in K]?: V } = {};
  if (value !== undefined) only[key] = value;
  return only;
}

function seconds(date: Date | undefined): number | undefined {
  return date && Math.floor(date.getTime() / 1_000);
}

type Image = Record<string, LambdaAttributeValue>;

function lambdaImage(image: Record<string, AttributeValue>): Image {
  // Null prototype: an attribute may be called `__proto__`.
  const out: Image = Object.create(null);
  for (const [name, value] of Object.entries(image)) {
    // The SDK loses what an attribute `__proto__` holds (@smithy/core 3.41): it is there, and undefined.
    if (value !== undefined) out[name] = lambdaValue(value);
  }
  return out;
}

function lambdaValue(value: AttributeValue): LambdaAttributeValue {
  if (value.B !== undefined) return { B: base64(value.B) };
  if (value.BS !== undefined) return { BS: value.BS.map(base64) };
  if (value.L !== undefined) return { L: value.L.map(lambdaValue) };
  if (value.M !== undefined) return { M: lambdaImage(value.M) };
  if (value.S !== undefined) return { S: value.S };
  if (value.N !== undefined) return { N: value.N };
  if (value.BOOL !== undefined) return { BOOL: value.BOOL };
  if (value.SS !== undefined) return { SS: value.SS };
  if (value.NS !== undefined) return { NS: value.NS };
  if (value.NULL !== undefined) return { NULL: value.NULL };
  // A type the SDK does not know stays without one, and is stepped over: it must not be taken for NULL.
  return Object.create(null);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
