import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readBatchFile } from '../../../src/cli/batch-file.ts';

function readOf(value: unknown) {
  return readBatchFile(JSON.stringify(value), 'items.json');
}

describe('a file of batch-write-item requests', () => {
  test('the sample file holds the three to-dos, byte for byte', () => {
    const file = join(import.meta.dirname, '../../../samples/todos.json');
    const writes = readBatchFile(readFileSync(file, 'utf8'), file);
    expect(writes.map(({ table, request }) => [table, request.PutRequest?.Item?.['id']?.S])).toEqual([
      ['Todos', 'L5'],
      ['Todos', 'L6'],
      ['Todos', 'L7'],
    ]);
    expect(writes[1]?.request.PutRequest?.Item).toEqual({
      id: { S: 'L6' },
      title: { S: 'サイドメニューのカスタマイズ' },
      memo: { S: 'プロフィール、検索メニューが必要' },
      priority: { N: '2' },
      completed: { BOOL: false },
    });
  });

  test('every attribute type is taken, binary from base64, and deletes as well as puts', () => {
    const item = {
      b: { B: 'AP8Q' },
      bs: { BS: ['AQ=='] },
      ss: { SS: ['x'] },
      ns: { NS: ['1', '2'] },
      l: { L: [{ NULL: true }, { M: { deep: { N: '1e3' } } }] },
    };
    const writes = readOf({
      T: [{ PutRequest: { Item: item } }, { DeleteRequest: { Key: { id: { S: '1' } } } }],
    });
    expect(writes[0]?.request.PutRequest?.Item).toEqual({
      ...item,
      b: { B: new Uint8Array([0, 255, 16]) },
      bs: { BS: [new Uint8Array([1])] },
    });
    expect(writes[1]?.request.DeleteRequest?.Key).toEqual({ id: { S: '1' } });
  });

  test('an attribute called __proto__ is an attribute', () => {
    const text = '{"T":[{"PutRequest":{"Item":{"__proto__":{"S":"x"}}}}]}';
    const item = readBatchFile(text, 'items.json')[0]?.request.PutRequest?.Item;
    expect(Object.getPrototypeOf(item)).toBeNull();
    expect(Object.keys(item ?? {})).toEqual(['__proto__']);
  });

  test('a byte order mark is no error', () => {
    expect(readBatchFile('\uFEFF{"T":[]}', 'items.json')).toEqual([]);
  });

  test.each([
    ['{\n  "T": [\n    oops\n  ]\n}', '3:5'],
    ['{\n"T": [', '2:7'],
    ['{"T": [1, 2,]}', '1:13'],
    ['{"T" 1}', '1:6'],
    ['{"T": "a\nb"}', '1:7'],
    ['{"T": 01}', '1:7'],
    ['{"T": []} x', '1:11'],
    ['{"T": {"a": true, "b": nul}}', '1:24'],
    ['', '1:1'],
  ])('%j is not JSON, and the place is told as %s', (text, place) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(() => readBatchFile(text, 'items.json')).toThrow(`items.json:${place} expected JSON, got`);
  });

  test.each([
    [[1], 'items.json: expected an object of table names, got array'],
    [{ T: {} }, 'items.json at T: expected an array of requests, got object'],
    [{ T: [{}] }, 'items.json at T[0]: expected either PutRequest or DeleteRequest, got an empty object'],
    [
      { T: [{ PutRequest: { Item: { n: { N: 3 } } } }] },
      'items.json at T[0].PutRequest.Item.n.N: expected a number in quotes, got number',
    ],
    [
      { T: [{ PutRequest: { Item: { s: 'x' } } }] },
      'items.json at T[0].PutRequest.Item.s: expected an attribute value such as {"S": "text"}, got string',
    ],
    [
      { T: [{ PutRequest: { Item: { s: { S: 'x', N: '1' } } } }] },
      'items.json at T[0].PutRequest.Item.s: expected one attribute value such as {"S": "text"}, got S, N',
    ],
    [
      { T: [{ PutRequest: { Item: { s: { X: 'x' } } } }] },
      'items.json at T[0].PutRequest.Item.s: expected one of S, N, B, BOOL, NULL, SS, NS, BS, L, M, got "X"',
    ],
    [
      { T: [{ PutRequest: { Item: { l: { L: [{ B: '?' }] } } } }] },
      'items.json at T[0].PutRequest.Item.l.L[0].B: expected base64 text, got other text',
    ],
    [
      { T: [{ PutRequest: {} }] },
      'items.json at T[0].PutRequest.Item: expected an object of attributes, got undefined',
    ],
  ])('%j is refused with where, what was expected and what came', (value, message) => {
    expect(() => readOf(value)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message }));
  });
});
