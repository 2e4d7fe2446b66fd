/**
 * One DynamoDB attribute value in the shape of DynamoDB JSON, after normalising the two shapes a stream record
 * comes in (Lambda event, SDK GetRecords): `B`/`BS` are base64 text, `N`/`NS` exact decimal text, canonical as
 * `normaliseDecimal` makes it (DynamoDB does so itself, but DynamoDB Local leaves nested numbers as written).
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html
 */
export type Attribute =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }
  | { readonly L: readonly Attribute[] }
  | { readonly M: Image };

/**
 * An item as it was or is: stored attribute name → value. Always a null-prototype object, so that an attribute
 * called `__proto__` or `constructor` is an attribute like any other and a missing one is `undefined`.
 */
export interface Image {
  readonly [attribute: string]: Attribute;
}

/** What happened to an item, in DynamoDB's own words. */
export type EventName = 'INSERT' | 'MODIFY' | 'REMOVE';

/** One decoded stream record of a NEW_AND_OLD_IMAGES stream. */
export interface Change {
  /** Globally unique id of the stream record; a redelivery carries the same. */
  readonly eventId: string;
  readonly eventName: EventName;
  /** Stored (real) table name, read from the stream ARN. */
  readonly table: string;
  readonly streamArn: string;
  /** Decimal text of up to 40 digits; compare with BigInt only. */
  readonly sequenceNumber: string;
  /** ApproximateCreationDateTime in epoch milliseconds (AWS rounds it down to the second). */
  readonly at: number;
  readonly keys: Image;
  /** Present on INSERT and MODIFY. */
  readonly newImage?: Image;
  /** Present on MODIFY and REMOVE. */
  readonly oldImage?: Image;
  /** True when the item was removed by its time to live, not by a writer. */
  readonly expired: boolean;
}

/** Why a record is stepped over: logged, counted as a gap, never thrown. */
export type UndecodableReason = 'not-a-record' | 'bad-image' | 'wrong-view-type' | 'unknown-event-name';

/** Result of decoding one record: a change, or what is wrong with it and as much of its identity as could be read. */
export type Decoded =
  | { readonly ok: true; readonly change: Change }
  | {
      readonly ok: false;
      readonly reason: UndecodableReason;
      /** What was expected and what came; holds no attribute values. */
      readonly detail: string;
      readonly eventId?: string;
      readonly sequenceNumber?: string;
      readonly table?: string;
    };
