import { describe, expect, test } from '@jest/globals';
import type { Attribute, Change, Image } from '../../../src/change/change.ts';
import { decodeRecord } from '../../../src/change/decode.ts';
import { entityChange } from '../../../src/change/entity.ts';
import { sameAttribute } from '../../../src/change/equality.ts';
import { compareSequenceNumbers } from '../../../src/change/sequence.ts';
import { transition } from '../../../src/change/transition.ts';
import { updatedFields } from '../../../src/change/updated-fields.ts';
import { lambdaRecord } from '../../fixtures/records.ts';
import { tableType } from './table-type.ts';

/** A change between two items; without the one an INSERT, without the other a REMOVE. */
function change(oldImage: Image | undefined, newImage: Image | undefined): Change {
  const images = { ...(oldImage && { oldImage }), ...(newImage && { newImage }) };
  const decoded = decodeRecord(lambdaRecord({ keys: { id: { S: '1' } }, ...images }));
  if (!decoded.ok) throw new Error(decoded.detail);
  return decoded.change;
}

const item = (title: string): Image => ({ id: { S: '1' }, title: { S: title } });
const inside = item('inside');
const outside = item('outside');
const isInside = (image: Image): boolean => JSON.stringify(image['title']) === '{"S":"inside"}';

describe('enter, update, leave', () => {
  const changed = { id: { S: '1' }, title: { S: 'inside' }, memo: { S: 'new' } };

  test.each<[string, Image | undefined, Image | undefined, unknown]>([
    ['an INSERT that matches', undefined, inside, { kind: 'ENTER', item: inside }],
    ['an INSERT that does not match', undefined, outside, undefined],
    ['a MODIFY into the filter', outside, inside, { kind: 'ENTER', item: inside }],
    ['a MODIFY within the filter', inside, changed, { kind: 'UPDATE', item: changed, previous: inside }],
    ['a MODIFY out of the filter', inside, outside, { kind: 'LEAVE', previous: inside }],
    ['a MODIFY that never matched', outside, outside, undefined],
    ['a REMOVE of a match', inside, undefined, { kind: 'LEAVE', previous: inside }],
    ['a REMOVE of none', outside, undefined, undefined],
  ])('%s', (_, oldImage, newImage, expected) => {
    expect(transition(change(oldImage, newImage), isInside)).toEqual(expected);
  });

  test('C6 deny by default: LEAVE holds no byte of the new image, ENTER none of the old', () => {
    expect(JSON.stringify(transition(change(inside, outside), isInside))).not.toContain('outside');
    expect(JSON.stringify(transition(change(outside, inside), isInside))).not.toContain('outside');
  });

  test('each image is asked about once', () => {
    const asked: Image[] = [];
    const both = change(inside, outside);
    transition(both, (image) => {
      asked.push(image);
      return true;
    });
    expect(new Set(asked)).toEqual(new Set([both.oldImage, both.newImage]));
    expect(asked).toHaveLength(2);
  });
});

describe('one of several types in a table', () => {
  const users = tableType({ id: 'pk' }, { attribute: 'kind', equals: 'user' });
  const orders = tableType({ id: 'pk' }, { attribute: 'pk', beginsWith: 'ORDER#' });
  const user = { pk: { S: 'USER#1' }, kind: { S: 'user' } };
  const order = { pk: { S: 'ORDER#1' }, kind: { S: 'order' } };
  const both = { pk: { S: 'ORDER#2' }, kind: { S: 'user' } };

  test('a change of entity is a REMOVE of one type and an INSERT of the other with one eventId', () => {
    const whole = change(user, order);
    const removed = entityChange(whole, users);
    const inserted = entityChange(whole, orders);
    expect(removed).toEqual({ ...whole, eventName: 'REMOVE', newImage: undefined });
    expect(inserted).toEqual({ ...whole, eventName: 'INSERT', oldImage: undefined });
    expect(Object.hasOwn(removed ?? {}, 'newImage')).toBe(false);
    expect(Object.hasOwn(inserted ?? {}, 'oldImage')).toBe(false);
    expect([removed?.eventId, inserted?.eventId]).toEqual([whole.eventId, whole.eventId]);
  });

  test('a change within one entity is the same object, and nothing to another', () => {
    for (const [oldImage, newImage] of [
      [undefined, user],
      [user, { ...user, name: { S: 'n' } }],
      [user, undefined],
    ] as const) {
      const whole = change(oldImage, newImage);
      expect(entityChange(whole, users)).toBe(whole);
      expect(entityChange(whole, orders)).toBeUndefined();
    }
  });

  test('an image that satisfies two conditions is of both types', () => {
    const whole = change(undefined, both);
    expect(entityChange(whole, users)).toBe(whole);
    expect(entityChange(whole, orders)).toBe(whole);
  });

  test.each<[string, Attribute | undefined]>([
    ['missing', undefined],
    ['NULL', { NULL: true }],
    ['a number', { N: '1' }],
    ['a set that has it', { SS: ['user'] }],
    ['binary', { B: 'dXNlcg==' }],
    ['longer', { S: 'user2' }],
    ['of another case', { S: 'User' }],
  ])('equals: an attribute that is %s is no match', (_, kind) => {
    const image = { pk: { S: '1' }, ...(kind && { kind }) };
    expect(entityChange(change(undefined, image), users)).toBeUndefined();
  });

  test.each<[string, boolean]>([
    ['ORDER#', true],
    ['ORDER#牛', true],
    ['ORDER', false],
    ['order#1', false],
    [' ORDER#1', false],
  ])('beginsWith ORDER#: %j is a match: %p', (pk, matches) => {
    expect(entityChange(change(undefined, { pk: { S: pk } }), orders) !== undefined).toBe(matches);
  });

  test('without a condition every change is the same object', () => {
    const whole = change(user, order);
    expect(entityChange(whole, tableType({ id: 'pk' }))).toBe(whole);
  });
});

describe('updated fields', () => {
  const value = tableType({ value: 'v' });
  const updated = (oldValue: Attribute | undefined, newValue: Attribute | undefined): boolean => {
    const image = (v: Attribute | undefined): Image => ({ id: { S: '1' }, ...(v && { v }) });
    return updatedFields(change(image(oldValue), image(newValue)), value).length === 1;
  };

  test.each<[Attribute | undefined, Attribute | undefined]>([
    [{ S: 'a' }, { S: 'b' }],
    [{ S: '1' }, { N: '1' }],
    [{ S: 'が' }, { S: 'か\u3099' }],
    [{ N: '12345678901234567890123456789012345678' }, { N: '12345678901234567890123456789012345679' }],
    [{ N: '1' }, { N: '-1' }],
    [{ B: 'AQ==' }, { S: 'AQ==' }],
    [{ B: 'AQ==' }, { B: 'Ag==' }],
    [{ BOOL: true }, { BOOL: false }],
    [{ NULL: true }, { BOOL: false }],
    [{ NULL: true }, undefined],
    [undefined, { S: '' }],
    [{ SS: ['a', 'b'] }, { SS: ['a'] }],
    [{ SS: ['a', 'b'] }, { SS: ['a', 'c'] }],
    [{ SS: ['1'] }, { NS: ['1'] }],
    [{ SS: ['a'] }, { L: [{ S: 'a' }] }],
    [{ BS: ['AQ=='] }, { BS: ['Ag=='] }],
    [{ L: [{ N: '1' }, { N: '2' }] }, { L: [{ N: '2' }, { N: '1' }] }],
    [{ L: [{ N: '1' }] }, { L: [{ N: '1' }, { N: '1' }] }],
    [{ L: [] }, { M: {} }],
    [{ M: { a: { S: 'x' } } }, { M: { b: { S: 'x' } } }],
    [{ M: { a: { S: 'x' } } }, { M: { a: { S: 'x' }, b: { S: 'x' } } }],
    [{ M: { a: { M: { b: { NS: ['1'] } } } } }, { M: { a: { M: { b: { NS: ['2'] } } } } }],
  ])('%j → %j is an update, either way round', (one, other) => {
    expect(updated(one, other)).toBe(true);
    expect(updated(other, one)).toBe(true);
  });

  test.each<[Attribute, Attribute]>([
    [{ N: '1.0' }, { N: '1' }],
    [{ SS: ['a', 'b'] }, { SS: ['b', 'a'] }],
    [{ NS: ['1', '2.50'] }, { NS: ['25e-1', '1'] }],
    [{ BS: ['AQ==', 'Ag=='] }, { BS: ['Ag==', 'AQ=='] }],
    [
      { M: { a: { L: [{ N: '1E+2' }] }, b: { NULL: true } } },
      { M: { b: { NULL: true }, a: { L: [{ N: '100' }] } } },
    ],
  ])('%j → %j is none', (one, other) => {
    expect(updated(one, other)).toBe(false);
  });

  test('numbers compare by value in an image that was not decoded, too', () => {
    expect(sameAttribute({ N: '1E+2' }, { N: '100.0' })).toBe(true);
    expect(sameAttribute({ NS: ['1E+2', '.5'] }, { NS: ['0.50', '100'] })).toBe(true);
    expect(sameAttribute({ NS: ['1E+2'] }, { NS: ['1E+3'] })).toBe(false);
  });

  test('API names in schema order, by stored names, without attributes the schema does not know', () => {
    const type = tableType({ zeta: 'z', sender: 'sender_id', alpha: 'a', same: 's', __proto: '__proto__' });
    const before = { z: { S: '1' }, sender_id: { S: '1' }, s: { S: '1' }, secret: { S: '1' } };
    const after = { sender_id: { S: '2' }, a: { S: '2' }, s: { S: '1' }, secret: { S: '2' } };
    expect(updatedFields(change(before, after), type)).toEqual(['zeta', 'sender', 'alpha']);
  });

  test('an INSERT and a REMOVE have none', () => {
    const type = tableType({ title: 'title' });
    expect(updatedFields(change(undefined, inside), type)).toEqual([]);
    expect(updatedFields(change(inside, undefined), type)).toEqual([]);
  });
});

describe('sequence numbers', () => {
  test('C3 order: they compare as the numbers they are, whatever their length', () => {
    expect(compareSequenceNumbers('800000000003126276362', '800000000003126276363')).toBe(-1);
    expect(compareSequenceNumbers('9', '10')).toBe(-1);
    expect(compareSequenceNumbers('10', '9')).toBe(1);
    expect(compareSequenceNumbers('000000000000000000010', '10')).toBe(0);
    const ordered = [
      '2',
      '000000000000000000010',
      '99999999999999999999',
      '100000000000000000000',
      `1${'0'.repeat(39)}`,
    ];
    expect([...ordered].reverse().sort(compareSequenceNumbers)).toEqual(ordered);
  });
});
