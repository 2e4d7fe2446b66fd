/** The sequence number of a record in either shape, when it is one. */
export function sequenceNumberOf(record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null || !('dynamodb' in record)) return undefined;
  const { dynamodb } = record;
  if (typeof dynamodb !== 'object' || dynamodb === null || !('SequenceNumber' in dynamodb)) return undefined;
  const { SequenceNumber } = dynamodb;
  return typeof SequenceNumber === 'string' && /^\d+$/.test(SequenceNumber) ? SequenceNumber : undefined;
}

/** The event id of a record in either shape. */
export function eventIdOf(record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null || !('eventID' in record)) return undefined;
  return typeof record.eventID === 'string' ? record.eventID : undefined;
}
