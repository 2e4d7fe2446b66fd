import { describe, expect, test } from '@jest/globals';
import { parse } from '../../../src/protocol/graphql-transport-ws/parse.ts';

const subscribe = (payload: unknown, id: unknown = '1') => JSON.stringify({ type: 'subscribe', id, payload });

describe('graphql-transport-ws frames', () => {
  test('a whole subscribe is read with its variables, operation name and extensions', () => {
    const frame = subscribe({
      query: 'subscription S { x }',
      operationName: 'S',
      variables: { a: 1 },
      extensions: { confirm: true },
    });
    expect(parse(frame)).toEqual({
      type: 'subscribe',
      id: '1',
      request: {
        query: 'subscription S { x }',
        operationName: 'S',
        variables: { a: 1 },
        extensions: new Map([['confirm', true]]),
      },
    });
  });

  test('null variables, operation name and extensions are the same as none', () => {
    const frame = subscribe({ query: 'q', variables: null, operationName: null, extensions: null });
    expect(parse(frame)).toEqual({ type: 'subscribe', id: '1', request: { query: 'q' } });
  });

  test.each([
    ['{"type":"connection_init"}', new Map()],
    ['{"type":"connection_init","payload":null}', new Map()],
    ['{"type":"connection_init","payload":""}', new Map()],
    [
      '{"type":"connection_init","payload":{"x-api-key":"k","__proto__":1}}',
      new Map<string, unknown>([
        ['x-api-key', 'k'],
        ['__proto__', 1],
      ]),
    ],
  ])('%s is an init', (frame, payload) => {
    expect(parse(frame)).toEqual({ type: 'init', payload });
  });

  test.each([
    ['', 'JSON'],
    ['nonsense', 'JSON'],
    ['{"type":', 'JSON'],
    ['null', 'got null'],
    ['[]', 'got array'],
    ['"text"', 'got string'],
    ['17', 'got number'],
    ['{}', 'got undefined'],
    ['{"type":"start","id":"1"}', 'got "start"'],
    ['{"type":"__proto__"}', 'got "__proto__"'],
    ['{"type":"constructor","id":"1"}', 'got "constructor"'],
    ['{"type":["subscribe"]}', 'got array'],
    ['{"type":"subscribe","payload":{"query":"q"}}', '"id": expected a string, got undefined'],
    ['{"type":"subscribe","id":7,"payload":{"query":"q"}}', '"id": expected a string, got number'],
    ['{"type":"subscribe","id":"","payload":{"query":"q"}}', 'not empty'],
    ['{"type":"complete"}', 'complete "id": expected a string'],
    ['{"type":"connection_init","payload":[1]}', 'expected an object, got array'],
    [`{"type":"ping","payload":${'['.repeat(40)}${']'.repeat(40)}}`, 'nested'],
  ])('%s is refused as a whole, saying what was expected', (frame, words) => {
    const message = parse(frame);
    expect(message).toMatchObject({ type: 'invalid' });
    expect(message).not.toHaveProperty('id');
    expect(message.type === 'invalid' && message.message).toContain(words);
  });

  test.each([
    [subscribe(undefined), '"payload": expected an object, got undefined'],
    [subscribe('text'), '"payload": expected an object, got string'],
    [subscribe([]), '"payload": expected an object, got array'],
    [subscribe({}), '"payload.query": expected a string, got undefined'],
    [subscribe({ query: 1 }), '"payload.query": expected a string, got number'],
    [subscribe({ query: 'q', variables: [] }), '"payload.variables": expected an object, got array'],
    [subscribe({ query: 'q', variables: 'v' }), '"payload.variables": expected an object, got string'],
    [subscribe({ query: 'q', operationName: 3 }), '"payload.operationName": expected a string, got number'],
    [subscribe({ query: 'q', extensions: 3 }), '"payload.extensions": expected an object, got number'],
  ])('%s is the fault of its operation alone', (frame, words) => {
    expect(parse(frame)).toEqual({ type: 'invalid', id: '1', message: expect.stringContaining(words) });
  });

  test('an id of 256 bytes passes and one of 257 is refused for that id, counted in bytes of UTF-8', () => {
    const fits = 'é'.repeat(128);
    expect(parse(subscribe({ query: 'q' }, fits))).toMatchObject({ type: 'subscribe', id: fits });
    const long = `${fits}x`;
    expect(parse(subscribe({ query: 'q' }, long))).toEqual({
      type: 'invalid',
      id: long,
      message: expect.stringContaining('at most 256 bytes, got 257'),
    });
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'the id %s is an id like any other',
    (id) => {
      expect(parse(subscribe({ query: 'q' }, id))).toMatchObject({ type: 'subscribe', id });
      expect(parse(JSON.stringify({ type: 'complete', id }))).toEqual({ type: 'complete', id });
    },
  );

  test('variables inherit nothing, at any depth', () => {
    const variables = '{"a":[{"b":{"__proto__":{"c":1}}}]}';
    const message = parse(`{"type":"subscribe","id":"1","payload":{"query":"q","variables":${variables}}}`);
    if (message.type !== 'subscribe') throw new Error('expected a subscribe');
    const own = JSON.stringify(message.request.variables);
    expect(own).toBe(variables);
    expect(message.request.variables).not.toHaveProperty('constructor');
    const [first] = Object.values(message.request.variables ?? {}).flat();
    expect(Object.getPrototypeOf(first)).toBeNull();
  });

  test('a frame 60,000 levels deep is refused without overflowing the stack', () => {
    const frame = `{"type":"subscribe","id":"1","payload":{"query":"q","variables":{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}}}`;
    expect(parse(frame)).toMatchObject({ type: 'invalid' });
  });
});
