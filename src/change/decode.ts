import { kindOf } from '../errors.ts';
import type { Change, Decoded, EventName, Image, UndecodableReason } from './change.ts';
import { readImage } from './image.ts';
import { isPlainObject } from './plain-object.ts';

/** Where a record was read from, for records that do not say so themselves. */
export interface StreamSource {
  /** Full stream ARN, `arn:PARTITION:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL`. */
  readonly streamArn: string;
}

/** Table names hold letters, digits, `_`, `-` and `.` only, so the name cannot reach over a `/`. */
const STREAM_ARN = /^arn:[^:]+:dynamodb:[^:]*:[^:]*:table\/([A-Za-z0-9_.-]{1,255})\/stream\/.+$/;

const SEQUENCE_NUMBER = /^\d{1,40}$/;

/** The furthest time a Date can hold, in ms. */
const MAX_EPOCH_MS = 8.64e15;

/** Longest piece of a foreign text that a message repeats. */
const SHOWN_LENGTH = 40;

const TTL_PRINCIPAL = 'dynamodb.amazonaws.com';

/**
 * Decodes one stream record of either shape to one `Change`:
 * - Lambda's event (`eventSourceARN`, `userIdentity.type`, base64 text, creation time in epoch seconds), and
 * - the SDK's GetRecords (no ARN: give `source`; `userIdentity.Type`, `Uint8Array`, `Date`).
 *
 * Never throws: whatever cannot be decoded comes back with a reason. Images are required by event: the new one on
 * INSERT and MODIFY, the old one on MODIFY and REMOVE; one that has no business there is ignored.
 * @param source used when the record has no `eventSourceARN`
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export function decodeRecord(record: unknown, source?: StreamSource): Decoded {
  try {
    return decode(record, source);
  } catch {
    // Only an exotic object (getter, proxy) throws when read; it must not hold the shard either.
    return {
      ok: false,
      reason: 'not-a-record',
      detail: 'expected plain data, got an object that throws when read',
    };
  }
}

function decode(record: unknown, source: StreamSource | undefined): Decoded {
  if (!isPlainObject(record)) {
    return { ok: false, reason: 'not-a-record', detail: `expected a stream record, got ${kindOf(record)}` };
  }
  const body = record['dynamodb'];
  const eventId = nonEmptyText(record['eventID']);
  const sequenceNumber = isPlainObject(body) ? sequenceNumberOf(body['SequenceNumber']) : undefined;
  const streamArn = record['eventSourceARN'] ?? source?.streamArn;
  const table = typeof streamArn === 'string' ? STREAM_ARN.exec(streamArn)?.[1] : undefined;
  const refuse = (reason: UndecodableReason, detail: string): Decoded => ({
    ok: false,
    reason,
    detail,
    ...(eventId !== undefined && { eventId }),
    ...(sequenceNumber !== undefined && { sequenceNumber }),
    ...(table !== undefined && { table }),
  });

  if (!isPlainObject(body))
    return refuse('not-a-record', `expected dynamodb to be an object, got ${kindOf(body)}`);
  if (eventId === undefined) {
    return refuse('not-a-record', `expected eventID to be a text, got ${shown(record['eventID'])}`);
  }
  if (sequenceNumber === undefined) {
    const came = shown(body['SequenceNumber']);
    return refuse('not-a-record', `expected SequenceNumber to be 1 to 40 decimal digits, got ${came}`);
  }
  if (typeof streamArn !== 'string' || table === undefined) {
    return refuse(
      'not-a-record',
      `expected eventSourceARN to be the ARN of a table's stream, got ${shown(streamArn)}`,
    );
  }
  const at = creationTime(body['ApproximateCreationDateTime']);
  if (at === undefined) {
    const came = kindOf(body['ApproximateCreationDateTime']);
    return refuse(
      'not-a-record',
      `expected ApproximateCreationDateTime in epoch seconds or as Date, got ${came}`,
    );
  }
  const eventName = record['eventName'];
  if (!isEventName(eventName)) {
    return refuse('unknown-event-name', `expected INSERT, MODIFY or REMOVE, got ${shown(eventName)}`);
  }
  const viewType = body['StreamViewType'];
  if (viewType !== 'NEW_AND_OLD_IMAGES') {
    return refuse('wrong-view-type', `expected a stream of NEW_AND_OLD_IMAGES, got ${shown(viewType)}`);
  }

  const images = readImages(body, eventName);
  if (typeof images === 'string') return refuse('bad-image', images);
  const expired = eventName === 'REMOVE' && isTimeToLive(record['userIdentity']);
  const change: Change = { eventId, eventName, table, streamArn, sequenceNumber, at, ...images, expired };
  return { ok: true, change };
}

type Images = Pick<Change, 'keys' | 'newImage' | 'oldImage'>;

function readImages(body: Record<string, unknown>, eventName: EventName): Images | string {
  const keys = namedImage(body, 'Keys');
  if (typeof keys === 'string') return keys;
  if (Object.keys(keys).length === 0) return 'Keys: expected at least the partition key, got none';
  const newImage = eventName === 'REMOVE' ? undefined : namedImage(body, 'NewImage');
  if (typeof newImage === 'string') return newImage;
  const oldImage = eventName === 'INSERT' ? undefined : namedImage(body, 'OldImage');
  if (typeof oldImage === 'string') return oldImage;
  return { keys, ...(newImage && { newImage }), ...(oldImage && { oldImage }) };
}

function namedImage(body: Record<string, unknown>, name: 'Keys' | 'NewImage' | 'OldImage'): Image | string {
  const read = readImage(body[name]);
  return read.ok ? read.image : `${name}: ${read.detail}`;
}

/** Epoch ms of either shape; AWS rounds down to the second, DynamoDB Local to the minute. */
function creationTime(value: unknown): number | undefined {
  const ms =
    typeof value === 'number' ? Math.round(value * 1000) : value instanceof Date ? value.getTime() : NaN;
  return ms >= 0 && ms <= MAX_EPOCH_MS ? ms : undefined;
}

function isEventName(value: unknown): value is EventName {
  return value === 'INSERT' || value === 'MODIFY' || value === 'REMOVE';
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html */
function isTimeToLive(identity: unknown): boolean {
  if (!isPlainObject(identity)) return false;
  const type = identity['type'] ?? identity['Type'];
  const principal = identity['principalId'] ?? identity['PrincipalId'];
  return type === 'Service' && principal === TTL_PRINCIPAL;
}

function nonEmptyText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function sequenceNumberOf(value: unknown): string | undefined {
  return typeof value === 'string' && SEQUENCE_NUMBER.test(value) ? value : undefined;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, SHOWN_LENGTH)) : kindOf(value);
}
