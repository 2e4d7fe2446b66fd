import { describe, expect, test } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { doneCount } from '../../../src/adapters/dynamodb-streams/batch.ts';
import { judgeResponse } from '../../../src/testing/batch-response.ts';

/** The local reader reads a handler's answer as the model of Lambda's event source mapping does. */

const NUMBERS = ['98', '99', '100', '800000000003126276362', '800000000003126276363'];
const RECORDS = NUMBERS.map((SequenceNumber): DynamoDBRecord => ({ dynamodb: { SequenceNumber } }));
const failures = (...identifiers: unknown[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

const modelled = (response: unknown): number => {
  const verdict = judgeResponse(response, NUMBERS);
  if (verdict.kind === 'success') return NUMBERS.length;
  return verdict.kind === 'partial' ? verdict.index : 0;
};

describe('records done by an answer', () => {
  test.each<[string, unknown, number]>([
    ['nothing', undefined, 5],
    ['null', null, 5],
    ['an empty text', '', 5],
    ['an empty object', {}, 5],
    ['no list', { batchItemFailures: null }, 5],
    ['an empty list', { batchItemFailures: [] }, 5],
    ['the last record', failures('800000000003126276363'), 4],
    ['one of two numbers a double cannot tell apart', failures('800000000003126276362'), 3],
    ['several, the lowest last', failures('100', '99'), 1],
    ['the first', failures('98'), 0],
    ['an empty identifier', failures(''), 0],
    ['an empty identifier beside a good one', failures('100', ''), 0],
    ['no identifier beside a good one', { batchItemFailures: [{ itemIdentifier: '100' }, {}] }, 0],
    ['null beside a good one', { batchItemFailures: [{ itemIdentifier: '100' }, null] }, 0],
    ['an identifier that is no number', failures('abc'), 0],
    ['a number in place of its text', failures(100), 0],
    ['one of no record in the batch', failures('7'), 0],
    ['a bad key', { batchItemFailures: [{ itemId: '100' }] }, 0],
    ['a list that is none', { batchItemFailures: 'all' }, 0],
    ['a list that is an object', { batchItemFailures: { itemIdentifier: '100' } }, 0],
  ])('%s', (_, response, done) => {
    expect(doneCount(RECORDS, response)).toBe(done);
    expect(modelled(response)).toBe(done);
  });

  test('any of the batch, in any order, some twice', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...NUMBERS), { minLength: 1 }), (identifiers) => {
        const done = doneCount(RECORDS, failures(...identifiers));
        expect(done).toBe(Math.min(...identifiers.map((identifier) => NUMBERS.indexOf(identifier))));
        expect(modelled(failures(...identifiers))).toBe(done);
      }),
      { numRuns: 100 },
    );
  });
});
