import { describe, expect, test } from '@jest/globals';
import { requestBytes } from '../../../../src/adapters/apigateway/request-bytes.ts';

const HEADERS = { shared: ['host', 'a'], own: ['content-length', '2'] };
const REQUEST = { method: 'POST', path: '/prod/@connections/a%3D', headers: HEADERS } as const;

test('a request is its line, its headers in their order and its body, in one piece', () => {
  const body = Buffer.from('\u00e4');
  expect(requestBytes({ ...REQUEST, body })).toEqual(
    Buffer.concat([
      Buffer.from('POST /prod/@connections/a%3D HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n'),
      body,
    ]),
  );
});

describe('nothing can end a header and begin another', () => {
  const values = ['a\r\nx: y', 'a\nb', 'a\rb', 'a\0b', 'a\u0100b', 'a\u7f51b', 'a\u007fb'];
  test.each(values)('a value %j is refused, and not repeated', (value) => {
    for (const headers of [
      { shared: ['x-a', value], own: [] },
      { shared: [], own: ['x-a', value] },
    ]) {
      expect(() => requestBytes({ ...REQUEST, headers })).toThrow(
        new TypeError('Header x-a: expected text without control characters, got some'),
      );
    }
  });

  test.each(['a b', 'a:', '', 'a\r\n', 'ü'])('a name %j is refused', (name) => {
    expect(() => requestBytes({ ...REQUEST, headers: { shared: [], own: [name, 'v'] } })).toThrow(TypeError);
  });

  test.each(['/a b', '/a\r\nx: y', '/a\n', '/\0', '/ü', 'a', ''])('a path %j is refused', (path) => {
    expect(() => requestBytes({ ...REQUEST, path })).toThrow(TypeError);
  });
});
