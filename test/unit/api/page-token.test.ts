import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import { createMemoryTables } from '../../../src/adapters/memory/tables.ts';
import { createApi } from '../../../src/api/api.ts';
import { createPageTokens } from '../../../src/api/page-token.ts';
import { MATCH_ALL } from '../../../src/filter/expression.ts';
import { loadModel } from '../../../src/schema/load.ts';
import type { TableType } from '../../../src/schema/model.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { and, condition, image, todoType } from '../filter/todo.ts';

const key = image([['id', { S: 'できるかな?' }]]);
const refused = 'nextToken: expected one of this list with the same filter, got another';
const tokens = createPageTokens('secret');

describe('a page token', () => {
  test('needs a secret that is not empty', () => {
    const options = {
      model: loadModel('type A @table { id: ID! }'),
      tables: createMemoryTables(),
      publish: async () => ({ eventId: '', matched: 0, sent: 0 }),
      logger: pino({ level: 'silent' }),
      clock: createVirtualClock(),
    };
    expect(() => createApi({ ...options, pageSecret: '' })).toThrow('pageSecret: expected a secret text');
    expect(createApi({ ...options, pageSecret: 'secret' })).toHaveProperty('schema');
  });

  test('opens to the key it was made of, in any process with the secret', () => {
    const token = tokens.seal(todoType, MATCH_ALL, key);
    expect(createPageTokens('secret').open(todoType, MATCH_ALL, token)).toEqual(key);
    expect(token).toMatch(/^[\w-]+$/);
    expect(tokens.seal(todoType, MATCH_ALL, key)).not.toBe(token);
  });

  test("is as long for one key as for another: the item it stands for may not be the reader's", () => {
    const lengths = ['1', 'できるかな?', 'x'.repeat(200), '"'.repeat(100)].map(
      (id) => tokens.seal(todoType, MATCH_ALL, image([['id', { S: id }]])).length,
    );
    expect(new Set(lengths).size).toBe(1);
    const long = image([['id', { S: 'で'.repeat(600) }]]);
    expect(tokens.open(todoType, MATCH_ALL, tokens.seal(todoType, MATCH_ALL, long))).toEqual(long);
  });

  test('opens for filters that mean the same and no others', () => {
    const a = condition('title', 'eq', 'a');
    const b = condition('completed', 'eq', true);
    const token = tokens.seal(todoType, and(a, b), key);
    expect(tokens.open(todoType, and(b, and(a)), token)).toEqual(key);
    for (const filter of [a, MATCH_ALL]) expect(() => tokens.open(todoType, filter, token)).toThrow(refused);
  });

  test('does not open for another secret, type, table or key', () => {
    const token = tokens.seal(todoType, MATCH_ALL, key);
    const types: TableType[] = [
      { ...todoType, name: 'Other' },
      { ...todoType, table: 'Other' },
      { ...todoType, keys: ['senderId'] },
    ];
    for (const type of types) expect(() => tokens.open(type, MATCH_ALL, token)).toThrow(refused);
    expect(() => createPageTokens('other').open(todoType, MATCH_ALL, token)).toThrow(refused);
  });

  test('does not open when any bit of it was changed, or for any other text', () => {
    const bytes = Buffer.from(tokens.seal(todoType, MATCH_ALL, key), 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(() => tokens.open(todoType, MATCH_ALL, changed.toString('base64url'))).toThrow(refused);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => tokens.open(todoType, MATCH_ALL, text)).toThrow(refused);
      }),
    );
  });
});
