import { describe, expect, test } from '@jest/globals';
import { createCounters } from '../../../src/observe/counters.ts';
import { errorFields } from '../../../src/observe/logger.ts';

describe('C8 secrets: an error is logged without what a library hung on it', () => {
  test('neither the request and answer of an SDK error, nor those of its cause', () => {
    const cause = Object.assign(new Error('socket hang up'), { request: { body: 'CANARY' } });
    const error = Object.assign(new TypeError('no answer', { cause }), {
      $response: { body: 'CANARY' },
      $metadata: { requestId: 'CANARY' },
      Item: { title: { S: 'CANARY' } },
    });
    const fields = errorFields(error);
    expect(JSON.stringify(fields)).not.toContain('CANARY');
    expect(fields).toMatchObject({
      type: 'TypeError',
      message: expect.stringContaining('no answer'),
      cause: 'Error: socket hang up',
    });
  });

  test.each(['CANARY', { message: 'CANARY' }, undefined, null])(
    '%j, thrown, is no Error and not repeated',
    (thrown) => {
      expect(errorFields(thrown)).toEqual({ message: 'not an Error' });
    },
  );
});

describe('counters', () => {
  test('are handed over once, zeros left out, and nothing is written when nothing was counted', () => {
    const written: object[] = [];
    const counters = createCounters((counts) => written.push(Object.fromEntries(counts)));
    counters.flush();
    counters.count('delivered', 2);
    counters.count('delivered');
    counters.count('gap', 0);
    counters.count('__proto__');
    counters.flush();
    counters.flush();
    expect(written).toEqual([
      Object.fromEntries([
        ['delivered', 3],
        ['__proto__', 1],
      ]),
    ]);
  });

  test('taking them starts anew', () => {
    const counters = createCounters();
    counters.count('gap');
    expect([...counters.take()]).toEqual([['gap', 1]]);
    expect([...counters.take()]).toEqual([]);
  });
});
