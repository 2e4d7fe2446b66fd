import { expect, test } from '@jest/globals';
import { lambdaRecord } from '../../../src/adapters/dynamodb-streams/lambda-event.ts';
import { decodeRecord } from '../../../src/change/decode.ts';
import { sdkRecord, streamArnOf } from '../../fixtures/records.ts';

const ARN = streamArnOf('Todos');
const good = sdkRecord({ keys: { id: { S: 'a' } }, newImage: { id: { S: 'a' } } });
const withAttribute = (name: string, value: unknown) => {
  const image = { ...good.dynamodb?.NewImage };
  // As the SDK's deserialiser makes it: an own property, whatever it is called.
  Object.defineProperty(image, name, { value, enumerable: true, configurable: true, writable: true });
  return lambdaRecord({ ...good, dynamodb: { ...good.dynamodb, NewImage: image } }, ARN);
};

test.each([
  ['at the top', '__proto__', undefined],
  ['in a map', 'map', { M: Object.fromEntries([['__proto__', undefined]]) }],
])(
  'C4 an attribute __proto__ %s, which the SDK hands out without its value, does not hold the shard',
  (_, name, value) => {
    const record = withAttribute(name, value);
    expect(decodeRecord(record)).toMatchObject({ ok: true });
    expect(record.dynamodb?.NewImage?.['id']).toEqual({ S: 'a' });
  },
);

test('C4 a type the SDK does not know is stepped over, and never taken for NULL', () => {
  const record = withAttribute('text', { $unknown: ['X', 'a'] });
  expect(decodeRecord(record)).toMatchObject({ ok: false, reason: 'bad-image' });
});
