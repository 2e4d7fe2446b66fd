import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attribute, Image } from '../../../src/change/change.ts';
import { decodeRecord } from '../../../src/change/decode.ts';
import { toJsonText, toJsonValue, unmarshall } from '../../../src/change/unmarshall.ts';
import { attribute, decimalText, image } from '../../fixtures/records/arbitrary.ts';
import { type RecordFile, recordFile } from '../../fixtures/records.ts';

function newImageOf(name: RecordFile): Image {
  const decoded = decodeRecord(recordFile(name));
  if (!decoded.ok || !decoded.change.newImage) throw new Error(`${name}.json has no new image`);
  return decoded.change.newImage;
}

/** Number literals of a JSON text, in order. */
function literals(json: string): string[] {
  return json.replace(/"(?:[^"\\]|\\.)*"/g, '').match(/-?\d[\d.eE+-]*/g) ?? [];
}

function numbersOf(value: Attribute): readonly string[] {
  if ('N' in value) return [value.N];
  if ('NS' in value) return value.NS;
  if ('L' in value) return value.L.flatMap(numbersOf);
  return 'M' in value ? Object.values(value.M).flatMap(numbersOf) : [];
}

describe('unmarshall', () => {
  test('every data type has its plain value', () => {
    expect(unmarshall(newImageOf('every-type'))).toEqual({
      tenant: 'a',
      n: -12.5,
      text: '改行\nと"引用符"と\u2028',
      flag: true,
      nothing: null,
      bytes: 'AAEC/w==',
      words: ['い', 'ろ', 'は'],
      numbers: [3, 1.5, -0.001],
      blobs: ['AQ==', '/+8='],
      list: ['a', 1, null, [false], '/w=='],
      map: { inner: { deep: [1, 2] }, 日本: '語' },
    });
  });

  test('empty text, binary, list and map stay what they are, and missing is not null', () => {
    const item = unmarshall(newImageOf('empty-values'));
    expect(item).toEqual({ id: '7f9c', text: '', bytes: '', list: [], map: {}, set: [''] });
    expect('memo' in item).toBe(false);
  });

  test('a number is a number where a double holds it, and else its exact text', () => {
    const item = unmarshall(newImageOf('exact-numbers'));
    expect(item['account']).toBe('12345678901234567890123456789012345678');
    expect(item['fraction']).toBe('0.12345678901234567890123456789012345678');
    expect(item['beyondDouble']).toBe('9007199254740993');
    expect(item['set']).toEqual(['9007199254740993', 9_007_199_254_740_992]);
    expect(item['asWritten']).toEqual([100, 0, 0.5, 5, 7, 7, 0.1, -0.0015]);
    expect(item['smallest']).toBe(1e-130);
  });

  test('an attribute __proto__ neither sets a prototype nor gets lost', () => {
    const item = unmarshall(newImageOf('prototype-names'));
    expect(Object.getPrototypeOf(item)).toBeNull();
    expect(item['owner']).toBeUndefined();
    expect(JSON.stringify(item)).toBe(
      '{"id":"7f9c","__proto__":{"owner":"attacker","toString":"x"},"constructor":"c","hasOwnProperty":true,' +
        '"map":{"__proto__":{"owner":"attacker"},"valueOf":1}}',
    );
  });

  test('any item can be put into JSON text', () => {
    fc.assert(
      fc.property(image, (item) => {
        const parsed: unknown = JSON.parse(JSON.stringify(unmarshall(item)));
        expect(Object.keys(parsed ?? {})).toEqual(Object.keys(item));
      }),
      { numRuns: 200 },
    );
  });

  test('a double never stands for a number it is not', () => {
    fc.assert(
      fc.property(decimalText, (N) => {
        const value = toJsonValue({ N });
        // The shortest text of a double is the number it is taken for when it is read again.
        if (typeof value === 'number') expect(toJsonText({ N: String(value) })).toBe(N);
        else expect(value).toBe(N);
      }),
      { numRuns: 300 },
    );
  });
});

describe('toJsonText', () => {
  test('every data type has its JSON', () => {
    const text = toJsonText({ M: newImageOf('every-type') });
    expect(text).toBe(
      '{"tenant":"a","n":-12.5,"text":"改行\\nと\\"引用符\\"と\u2028","flag":true,"nothing":null,"bytes":"AAEC/w==",' +
        '"words":["い","ろ","は"],"numbers":[3,1.5,-0.001],"blobs":["AQ==","/+8="],' +
        '"list":["a",1,null,[false],"/w=="],"map":{"inner":{"deep":[1,2]},"日本":"語"}}',
    );
  });

  test.each([
    ['1E+2', '100'],
    ['-0', '0'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['+7', '7'],
    ['007', '7'],
    ['-1.50e-3', '-0.0015'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
    ['-0.12345678901234567890123456789012345678', '-0.12345678901234567890123456789012345678'],
  ])('the number %s is the JSON number %s', (N, literal) => {
    expect(toJsonText({ N })).toBe(literal);
    expect(toJsonText({ NS: [N] })).toBe(`[${literal}]`);
    expect(() => JSON.parse(literal)).not.toThrow();
  });

  test('what is no number is refused, and not repeated', () => {
    expect(() => toJsonText({ N: 'hunter2' })).toThrow(
      /^(?!.*hunter2).*expected the text of a DynamoDB number/,
    );
  });

  test('half a surrogate pair is escaped, so that the text survives UTF-8', () => {
    expect(toJsonText({ S: '\ud83e' })).toBe('"\\ud83e"');
  });

  test('any attribute makes valid JSON with the very digits that are stored', () => {
    fc.assert(
      fc.property(attribute, (one) => {
        const text = toJsonText(one);
        expect(() => JSON.parse(text)).not.toThrow();
        expect(literals(text)).toEqual(numbersOf(one));
      }),
      { numRuns: 300 },
    );
  });
});
