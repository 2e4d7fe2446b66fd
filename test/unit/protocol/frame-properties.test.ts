import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Dialect } from '../../../src/protocol/dialect.ts';
import { codecOf, dialectOfOperation } from '../../../src/protocol/negotiation.ts';

const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
const TYPES = [
  'connection_init',
  'ping',
  'pong',
  'subscribe',
  'complete',
  'start',
  'stop',
  'connection_terminate',
];

/** How each dialect writes an operation and its end. */
const WRITE: Readonly<
  Record<Dialect, { start(id: string, request: object): string; stop(id: string): string }>
> = {
  'graphql-transport-ws': {
    start: (id, payload) => JSON.stringify({ id, type: 'subscribe', payload }),
    stop: (id) => JSON.stringify({ id, type: 'complete' }),
  },
  apollo: {
    start: (id, payload) => JSON.stringify({ id, type: 'start', payload }),
    stop: (id) => JSON.stringify({ id, type: 'stop' }),
  },
  appsync: {
    start: (id, request) =>
      JSON.stringify({ id, type: 'start', payload: { data: JSON.stringify(request), extensions: {} } }),
    stop: (id) => JSON.stringify({ id, type: 'stop' }),
  },
};

const names = fc.oneof(fc.string(), fc.constantFrom(...PROTOTYPE_NAMES, ...TYPES));
const ids = fc.oneof(
  fc.constantFrom(...PROTOTYPE_NAMES, '1', '"', '\u0000', '💩'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }),
);
const bags = fc.dictionary(names, fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true });
const nearlyFrames = fc
  .record(
    {
      type: fc.oneof(fc.constantFrom(...TYPES), names, fc.jsonValue({ maxDepth: 1 })),
      id: fc.oneof(ids, fc.integer(), fc.constant(null), fc.constant('')),
      payload: fc.oneof(
        fc.jsonValue({ maxDepth: 3 }),
        bags,
        fc.record(
          {
            query: fc.jsonValue({ maxDepth: 1 }),
            data: fc.oneof(fc.string(), fc.json({ maxDepth: 3 })),
            extensions: fc.jsonValue({ maxDepth: 2 }),
            variables: fc.jsonValue({ maxDepth: 2 }),
          },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: [] },
  )
  .map((frame) => JSON.stringify(frame));

describe.each(['graphql-transport-ws', 'apollo', 'appsync'] as const)('%s', (dialect) => {
  const codec = codecOf(dialect);
  const write = WRITE[dialect];

  test('any text, any JSON and anything near a message is read without throwing, and answered with JSON', () => {
    const types = ['init', 'ping', 'pong', 'subscribe', 'complete', 'terminate', 'invalid'];
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), nearlyFrames), (frame) => {
        const message = codec.parse(frame);
        expect(types).toContain(message.type);
        expect(() => dialectOfOperation(frame)).not.toThrow();
        if (message.type !== 'invalid') return;
        const reply =
          message.id === undefined
            ? codec.refuse(message.message, 4400)
            : codec.error(message.id, [{ message: message.message }]);
        expect(JSON.parse(reply)).toMatchObject(message.id === undefined ? {} : { id: message.id });
      }),
      { numRuns: 1_000 },
    );
  });

  test('an operation written as its clients do comes back with its id, query, variables and extensions', () => {
    fc.assert(
      fc.property(ids, fc.string(), bags, bags, (id, query, variables, bag) => {
        const { authorization: _, ...extensions } = bag;
        const message = codec.parse(write.start(id, { query, variables, extensions }));
        if (message.type !== 'subscribe')
          throw new Error(`expected a subscribe, got ${JSON.stringify(message)}`);
        expect(message.id).toBe(id);
        expect(message.request.query).toBe(query);
        expect(JSON.stringify(message.request.variables)).toBe(JSON.stringify(variables));
        expect(JSON.stringify([...(message.request.extensions ?? [])])).toBe(
          JSON.stringify(Object.entries(extensions)),
        );
        expect(codec.parse(write.stop(id))).toEqual({ type: 'complete', id });
        expect(dialectOfOperation(write.start(id, { query }))).toBe(dialect);
      }),
    );
  });

  test('whatever is printed is JSON that carries its id and text unharmed', () => {
    fc.assert(
      fc.property(ids, fc.string(), fc.jsonValue(), (id, message, data) => {
        const { head, tail } = codec.payload;
        const payload = JSON.stringify({ data });
        expect(JSON.parse(head + payload + tail(id))).toEqual({
          type: expect.stringMatching(/^(next|data)$/),
          id,
          payload: JSON.parse(payload),
        });
        for (const frame of [codec.complete(id), codec.started(id), codec.completed(id)]) {
          if (frame !== undefined) expect(JSON.parse(frame)).toMatchObject({ id });
        }
        expect(JSON.parse(codec.error(id, [{ message }]))).toMatchObject({ type: 'error', id });
        expect(codec.error(id, [{ message }])).toContain(JSON.stringify(message));
        expect(codec.refuse(message, 4400)).toContain(JSON.stringify(message));
      }),
    );
  });

  test('a query of 50 KB, and an id of 50 KB, are read in whole', () => {
    const long = 'é'.repeat(25 * 1024);
    expect(codec.parse(write.start('1', { query: long }))).toMatchObject({ request: { query: long } });
    expect(codec.parse(write.start(long, { query: 'q' }))).toEqual({
      type: 'invalid',
      id: long,
      message: expect.stringContaining('at most 256 bytes, got 51200'),
    });
    expect(codec.parse(write.stop(long))).toMatchObject({ type: 'invalid', id: long });
  });

  test('JSON nested 32 deep is read, one deeper is refused, and 60,000 deep does not overflow the stack', () => {
    const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    // Counted from below the outermost object; around the array are the variables and, save where the request is a text
    // of its own, the payload.
    const around = dialect === 'appsync' ? 1 : 2;
    const frame = (depth: number) =>
      write.start('1', { query: 'q', variables: { a: nested(depth - around) } });
    expect(codec.parse(frame(32))).toMatchObject({ type: 'subscribe' });
    expect(codec.parse(frame(33))).toMatchObject({
      type: 'invalid',
      message: expect.stringContaining('nested'),
    });
    const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
    expect(codec.parse(`{"type":"connection_init","payload":{"a":${deep}}}`)).toMatchObject({
      type: 'invalid',
    });
  });
});
