import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attribute, Change, Image } from '../../../src/change/change.ts';
import { decodeRecord } from '../../../src/change/decode.ts';
import { image } from '../../fixtures/records/arbitrary.ts';
import { malformedRecords, nested, SECRET } from '../../fixtures/records/malformed.ts';
import {
  itemOfSize,
  lambdaRecord,
  type RecordDescription,
  type RecordFile,
  recordFile,
  sdkRecord,
  streamArnOf,
  toSdkRecord,
} from '../../fixtures/records.ts';

const source = { streamArn: streamArnOf() };

function decoded(record: unknown, from?: { streamArn: string }): Change {
  const result = decodeRecord(record, from);
  if (!result.ok) throw new Error(`expected a change, got ${result.reason}: ${result.detail}`);
  return result.change;
}

/** The image of an INSERT that has it as its new one. */
function imageOf(newImage: Image, shape: typeof lambdaRecord | typeof sdkRecord = lambdaRecord): Image {
  return decoded(shape({ keys: { id: { S: '1' } }, newImage }), source).newImage ?? {};
}

function prototypesOf(value: Image): unknown[] {
  const inner = (attribute: Attribute): unknown[] => {
    if ('M' in attribute) return prototypesOf(attribute.M);
    return 'L' in attribute ? attribute.L.flatMap(inner) : [];
  };
  return [Object.getPrototypeOf(value), ...Object.values(value).flatMap(inner)];
}

describe('both shapes', () => {
  const files: readonly RecordFile[] = [
    'insert',
    'modify',
    'remove',
    'expired',
    'every-type',
    'exact-numbers',
    'empty-values',
    'prototype-names',
    'keys-only',
  ];

  test.each(files)('%s.json decodes to the same from Lambda and from the SDK', (name) => {
    const record = recordFile(name);
    const fromLambda = decodeRecord(record);
    const fromSdk = decodeRecord(toSdkRecord(record), { streamArn: record.eventSourceARN ?? '' });
    expect(JSON.stringify(fromSdk)).toBe(JSON.stringify(fromLambda));
    expect(fromLambda.ok).toBe(name !== 'keys-only');
  });

  test('any item decodes to itself in either shape, without a prototype at any level', () => {
    fc.assert(
      fc.property(image, (item) => {
        const fromLambda = imageOf(item);
        const fromSdk = imageOf(item, sdkRecord);
        // As JSON, since matchers look at `constructor`, which here may be an attribute.
        expect(JSON.stringify(fromLambda)).toBe(JSON.stringify(item));
        expect(JSON.stringify(fromSdk)).toBe(JSON.stringify(item));
        expect(new Set([...prototypesOf(fromLambda), ...prototypesOf(fromSdk)])).toEqual(new Set([null]));
      }),
      { numRuns: 200 },
    );
  });

  test('an SDK record takes its stream from the source, a Lambda record from itself', () => {
    const description: RecordDescription = { keys: { id: { S: '1' } }, newImage: { id: { S: '1' } } };
    expect(decoded(sdkRecord(description), { streamArn: streamArnOf('Other') }).table).toBe('Other');
    expect(decoded(lambdaRecord(description), { streamArn: streamArnOf('Other') }).table).toBe('Todos');
    expect(decodeRecord(sdkRecord(description))).toMatchObject({ ok: false, reason: 'not-a-record' });
  });
});

describe('the change', () => {
  test('an INSERT has the new image only', () => {
    const change = decoded(recordFile('insert'));
    expect({ ...change }).toEqual({
      eventId: 'c4ca4238a0b923820dcc509a6f75849b',
      eventName: 'INSERT',
      table: 'Todos',
      streamArn: 'arn:aws:dynamodb:ap-northeast-1:123456789012:table/Todos/stream/2026-11-22T07:00:00.000',
      sequenceNumber: '111000000000012345678901',
      at: 1_795_331_730_000,
      keys: { id: { S: '7f9c' } },
      newImage: {
        id: { S: '7f9c' },
        title: { S: '牛乳を買う' },
        priority: { N: '1' },
        completed: { BOOL: false },
      },
      expired: false,
    });
    expect(Object.hasOwn(change, 'oldImage')).toBe(false);
  });

  test('a MODIFY has both images and keeps the fraction of its second', () => {
    const change = decoded(recordFile('modify'));
    expect(change).toMatchObject({ eventName: 'MODIFY', at: 1_795_331_731_250 });
    expect(change.newImage?.['memo']).toEqual({ S: '低脂肪で 🥛' });
    expect(change.oldImage?.['completed']).toEqual({ BOOL: false });
    expect(change.oldImage?.['memo']).toBeUndefined();
  });

  test('a REMOVE has the old image only', () => {
    const change = decoded(recordFile('remove'));
    expect(change.oldImage?.['completed']).toEqual({ BOOL: true });
    expect(Object.hasOwn(change, 'newImage')).toBe(false);
    expect(change.expired).toBe(false);
  });

  test('an image that an event has no business with is left out', () => {
    const both = { keys: { id: { S: '1' } }, newImage: { id: { S: '1' } }, oldImage: { id: { S: '1' } } };
    expect(Object.hasOwn(decoded(lambdaRecord({ ...both, eventName: 'INSERT' })), 'oldImage')).toBe(false);
    expect(Object.hasOwn(decoded(lambdaRecord({ ...both, eventName: 'REMOVE' })), 'newImage')).toBe(false);
  });

  test('a REMOVE by time to live is expired, one by anybody else is not', () => {
    const record = recordFile('expired');
    expect(decoded(record)).toMatchObject({ expired: true, eventName: 'REMOVE' });
    const ttl = 'dynamodb.amazonaws.com';
    for (const userIdentity of [
      undefined,
      null,
      'Service',
      {},
      { type: 'Service' },
      { type: 'Root', principalId: ttl },
      { type: 'Service', principalId: 'replication.dynamodb.amazonaws.com' },
    ]) {
      expect(decoded({ ...record, userIdentity }).expired).toBe(false);
    }
    const userIdentity = { type: 'Service', principalId: ttl };
    expect(decoded({ ...recordFile('insert'), userIdentity }).expired).toBe(false);
  });

  test.each([
    ['aws', 'every-type_v1.2'],
    ['aws-cn', 'T-1'],
    ['aws-us-gov', 'a.b_c-D'],
  ])('the table name is read from an ARN of partition %s', (partition, table) => {
    const eventSourceARN = `arn:${partition}:dynamodb:r:123456789012:table/${table}/stream/2026-11-22T07:00:00.000`;
    expect(decoded({ ...recordFile('insert'), eventSourceARN }).table).toBe(table);
  });

  test("DynamoDB Local's ARN is one too", () => {
    const eventSourceARN =
      'arn:aws:dynamodb:ddblocal:000000000000:table/Todos/stream/2026-11-22T07:15:30.935';
    expect(decoded({ ...recordFile('insert'), eventSourceARN })).toMatchObject({
      table: 'Todos',
      streamArn: eventSourceARN,
    });
  });
});

describe('values', () => {
  test('all 38 digits of a number are kept, and numbers have one text each', () => {
    const numbers = decoded(recordFile('exact-numbers')).newImage ?? {};
    expect(numbers['account']).toEqual({ N: '12345678901234567890123456789012345678' });
    expect(numbers['fraction']).toEqual({ N: '0.12345678901234567890123456789012345678' });
    expect(numbers['smallest']).toEqual({ N: `0.${'0'.repeat(129)}1` });
    expect(numbers['largest']).toEqual({ N: '9'.repeat(38) + '0'.repeat(88) });
    expect(numbers['set']).toEqual({ NS: ['9007199254740993', '9007199254740992'] });
    const texts = ['100', '0', '0.5', '5', '7', '7', '0.1', '-0.0015'];
    expect(numbers['asWritten']).toEqual({ L: texts.map((text) => ({ N: text })) });
  });

  test('an attribute called __proto__ is an attribute and nothing more', () => {
    const item = decoded(recordFile('prototype-names')).newImage ?? {};
    expect(Object.keys(item)).toEqual(['id', '__proto__', 'constructor', 'hasOwnProperty', 'map']);
    expect(Object.values(item)[1]).toEqual({ M: { owner: { S: 'attacker' }, toString: { S: 'x' } } });
    expect(item['owner']).toBeUndefined();
    expect(item['valueOf']).toBeUndefined();
    expect(prototypesOf(item)).toEqual([null, null, null, null]);
  });

  test('the value that the SDK loses under __proto__ is a missing attribute, not a poison record', () => {
    const record = sdkRecord({ keys: { id: { S: '1' } }, newImage: { id: { S: '1' }, m: { M: {} } } });
    for (const map of [record.dynamodb?.NewImage, record.dynamodb?.NewImage?.['m']?.M]) {
      if (map) Object.defineProperty(map, '__proto__', { value: undefined, enumerable: true });
    }
    const { newImage = {} } = decoded(record, source);
    expect(Object.keys(newImage)).toEqual(['id', 'm']);
    expect(newImage['m']).toEqual({ M: {} });
  });

  test('two images of 400 KB in one record decode whole, in both shapes', () => {
    const size = 400 * 1024;
    const oldImage = itemOfSize(size);
    const newImage = { ...itemOfSize(size - 9), count: { N: '1' } };
    const description = { keys: { id: { S: 'big' } }, newImage, oldImage };
    for (const shape of [lambdaRecord, sdkRecord]) {
      const change = decoded(shape(description), source);
      expect(change.oldImage).toEqual(oldImage);
      expect(change.newImage).toEqual(newImage);
    }
  });

  test('binary of every length and byte is base64 from both shapes', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    for (const length of [0, 1, 2, 3, 255, 256]) {
      const B = bytes.subarray(256 - length).toString('base64');
      expect(imageOf({ b: { B }, bs: { BS: [B] } })).toEqual({ b: { B }, bs: { BS: [B] } });
      expect(imageOf({ b: { B }, bs: { BS: [B] } }, sdkRecord)).toEqual({ b: { B }, bs: { BS: [B] } });
    }
  });

  test('a view into a larger buffer gives its own bytes only', () => {
    const record = sdkRecord({ keys: { id: { S: '1' } }, newImage: {} });
    const view = new Uint8Array(Buffer.from('before-within-after')).subarray(7, 13);
    const NewImage = { b: { B: view } };
    const change = decoded({ ...record, dynamodb: { ...record.dynamodb, NewImage } }, source);
    expect(change.newImage?.['b']).toEqual({ B: Buffer.from('within').toString('base64') });
  });

  test('the 32 levels DynamoDB stores are read', () => {
    const record = lambdaRecord({ keys: { id: { S: '1' } }, newImage: {} });
    const NewImage = { deep: nested(31, (inner) => ({ L: [inner] })) };
    expect(decoded({ ...record, dynamodb: { ...record.dynamodb, NewImage } }).newImage).toEqual(NewImage);
  });
});

describe('C4 a poison record is a value, never an exception', () => {
  describe.each(['lambda', 'sdk'] as const)('in the shape of %s', (shape) => {
    test.each(malformedRecords(shape))('$kind is $reason', ({ reason, record }) => {
      const result = decodeRecord(record, shape === 'sdk' ? source : undefined);
      expect(result).toMatchObject({ ok: false, reason });
      if (result.ok) return;
      expect(result.detail).toMatch(/^(\w+: )?(attribute ".*?": )?expected .+, got .+/);
      expect(JSON.stringify(result)).not.toContain(SECRET);
    });
  });

  test('the good record that the malformed ones are made of decodes', () => {
    const record = lambdaRecord({ keys: { id: { S: SECRET } }, newImage: { id: { S: SECRET } } });
    expect(decodeRecord(record).ok).toBe(true);
  });

  test('what could be read of its identity is told', () => {
    const record = recordFile('keys-only');
    expect(decodeRecord(record)).toEqual({
      ok: false,
      reason: 'wrong-view-type',
      detail: 'expected a stream of NEW_AND_OLD_IMAGES, got "KEYS_ONLY"',
      eventId: '45c48cce2e2d7fbdea1afc51c7c6ad26',
      sequenceNumber: '111000000000012345678909',
      table: 'Todos',
    });
    expect(decodeRecord({ ...record, eventID: 3, eventSourceARN: 'x' })).toMatchObject({
      reason: 'not-a-record',
      sequenceNumber: '111000000000012345678909',
    });
  });

  test('the message names the image, the attribute and the level, but no name below it', () => {
    const record = lambdaRecord({ keys: { id: { S: '1' } }, newImage: {} });
    const NewImage = { tags: { M: { [SECRET]: { L: [{ S: 'fine' }, { S: 5 }] } } } };
    expect(decodeRecord({ ...record, dynamodb: { ...record.dynamodb, NewImage } })).toMatchObject({
      reason: 'bad-image',
      detail: 'NewImage: attribute "tags": expected S to be a string, got number at nesting level 3',
    });
  });

  test.each([
    [undefined],
    [null],
    [0],
    ['{}'],
    [[]],
    [() => {}],
    [new Map([['eventID', '1']])],
    [Symbol('s')],
    [10n],
  ])('%p is no record', (value) => {
    expect(decodeRecord(value)).toMatchObject({ ok: false, reason: 'not-a-record' });
  });

  test('an object that throws when it is read is no record', () => {
    const hostile = {
      get dynamodb(): unknown {
        throw new Error(SECRET);
      },
    };
    const result = decodeRecord(hostile);
    expect(result).toMatchObject({ ok: false, reason: 'not-a-record' });
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });

  test('anything at all, anywhere in a record, is decoded or refused', () => {
    const anything = fc.anything({
      maxDepth: 4,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      key: fc.oneof(
        fc.string(),
        fc.constantFrom('eventID', 'dynamodb', 'NewImage', 'Keys', 'S', 'N', 'B', 'L', 'M', '__proto__'),
      ),
    });
    const good = recordFile('modify');
    const check = (record: unknown): void => {
      const result = decodeRecord(record);
      if (result.ok) expect(typeof result.change.table).toBe('string');
      else expect(result.detail).toContain('expected');
    };
    fc.assert(
      fc.property(
        anything,
        fc.constantFrom(...Object.keys(good)),
        fc.constantFrom('Keys', 'NewImage', 'OldImage', 'SequenceNumber', 'ApproximateCreationDateTime'),
        fc.constantFrom('S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M'),
        (value, member, part, type) => {
          check(value);
          check({ ...good, [member]: value });
          check({ ...good, dynamodb: { ...good.dynamodb, [part]: value } });
          check({ ...good, dynamodb: { ...good.dynamodb, NewImage: { a: value } } });
          check({ ...good, dynamodb: { ...good.dynamodb, NewImage: { a: { [type]: value } } } });
          check({ ...good, dynamodb: { ...good.dynamodb, NewImage: { a: { [type]: [value] } } } });
        },
      ),
      { numRuns: 400 },
    );
  });
});
