const ARN = 'arn:aws:dynamodb:eu-central-1:123456789012:table/Todos/stream/2026-01-01T00:00:00.000';

/**
 * The stream record of an item that was created, as Lambda hands it out.
 * @param at epoch ms of the commit; the stream tells no more than its second
 * @param n place in the stream
 */
export function createdRecord(id: string, at: number, n: number, title = 'x'): unknown {
  const key = { id: { S: id } };
  return {
    eventID: `event-${n}`,
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'eu-central-1',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(at / 1_000),
      Keys: key,
      NewImage: { ...key, title: { S: title } },
      SequenceNumber: String(4_421_584_500_000_000_017_450_439_091n + BigInt(n)),
      SizeBytes: 40,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: ARN,
  };
}
