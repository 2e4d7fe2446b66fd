import { describe, expect, test } from '@jest/globals';
import { parse } from '../../../src/protocol/apollo/parse.ts';

const start = (payload: unknown, id: unknown = '1') => JSON.stringify({ id, type: 'start', payload });

describe('frames of subscriptions-transport-ws', () => {
  test.each([
    ['{"type":"connection_init"}', new Map()],
    ['{"type":"connection_init","payload":null}', new Map()],
    ['{"type":"connection_init","payload":""}', new Map()],
    ['{"type":"connection_init","payload":{}}', new Map()],
    ['{"type":"connection_init","payload":{"x-api-key":"k"}}', new Map([['x-api-key', 'k']])],
  ])('%s is an init', (frame, payload) => {
    expect(parse(frame)).toEqual({ type: 'init', payload });
  });

  test("a start is an operation, as Apollo's link writes it", () => {
    const frame =
      '{"id":"1","type":"start","payload":{"variables":{"a":1},"extensions":{},"operationName":"S","query":"subscription S { x }"}}';
    expect(parse(frame)).toEqual({
      type: 'subscribe',
      id: '1',
      request: { query: 'subscription S { x }', operationName: 'S', variables: { a: 1 } },
    });
  });

  test('extensions are kept, null members are the same as none', () => {
    expect(parse(start({ query: 'q', extensions: { confirm: true } }))).toEqual({
      type: 'subscribe',
      id: '1',
      request: { query: 'q', extensions: new Map([['confirm', true]]) },
    });
    expect(parse(start({ query: 'q', variables: null, operationName: null, extensions: null }))).toEqual({
      type: 'subscribe',
      id: '1',
      request: { query: 'q' },
    });
  });

  test.each([
    ['{"id":"1","type":"stop"}', { type: 'complete', id: '1' }],
    ['{"id":"1","type":"stop","payload":null}', { type: 'complete', id: '1' }],
    ['{"type":"connection_terminate"}', { type: 'terminate' }],
    ['{"type":"connection_terminate","payload":null}', { type: 'terminate' }],
  ])('%s', (frame, message) => {
    expect(parse(frame)).toEqual(message);
  });

  test.each([
    ['', 'JSON'],
    ['[]', 'got array'],
    ['{}', 'got undefined'],
    ['{"type":"ping"}', 'connection_init, start, stop or connection_terminate, got "ping"'],
    ['{"type":"__proto__","id":""}', 'got "__proto__"'],
    ['{"type":"subscribe","id":7}', 'got "subscribe"'],
    ['{"type":"start","payload":{"query":"q"}}', 'start "id": expected a string, got undefined'],
    ['{"type":"start","id":7,"payload":{"query":"q"}}', 'start "id": expected a string, got number'],
    ['{"type":"stop","id":""}', 'stop "id": expected a string that is not empty'],
    ['{"type":"connection_init","payload":[1]}', 'expected an object, got array'],
  ])('%s is refused as a whole, saying what was expected', (frame, words) => {
    const message = parse(frame);
    expect(message).toEqual({ type: 'invalid', message: expect.stringContaining(words) });
  });

  test.each([
    [start(undefined), 'start "payload": expected an object, got undefined'],
    [start({}), 'start "payload.query": expected a string, got undefined'],
    [start({ data: '{}' }), 'start "payload.query": expected a string, got undefined'],
    [start({ query: 'q', variables: [] }), 'start "payload.variables": expected an object, got array'],
    ['{"type":"subscribe","id":"1","payload":{"query":"q"}}', 'got "subscribe"'],
    ['{"type":"complete","id":"1"}', 'got "complete"'],
  ])('%s is the fault of its operation alone', (frame, words) => {
    expect(parse(frame)).toEqual({ type: 'invalid', id: '1', message: expect.stringContaining(words) });
  });
});
