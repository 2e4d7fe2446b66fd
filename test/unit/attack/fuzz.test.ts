import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createCostBook } from '../../../scripts/attack/fuzz/cost.ts';
import { fuzzHttp } from '../../../scripts/attack/fuzz/http.ts';
import { fuzzSockets, scriptOf } from '../../../scripts/attack/fuzz/sockets.ts';
import { type Seen, wrongReply } from '../../../scripts/attack/fuzz/table.ts';
import { receive } from '../../../src/relay/receive.ts';

const options = { seed: 3, frames: 1_200, onFrames: () => {} };
const fuzz = (planted?: typeof receive, frames = options.frames) =>
  fuzzSockets({ ...options, frames, costs: createCostBook() }, planted && { receive: planted });

test('C7 hostile frames are all answered as PROTOCOL.md says', async () => {
  const costs = createCostBook();
  const report = await fuzzSockets({ ...options, costs });
  expect(report).toEqual({ frames: 1_200, crashes: 0, wrong: 0, trace: [] });
  expect(costs.quantile(0.99)).toBeGreaterThan(0);
});

test('C7 hostile bodies are all answered with a status that is told', async () => {
  const report = await fuzzHttp({ seed: 5, requests: 400, costs: createCostBook() });
  expect(report).toEqual({ frames: 400, crashes: 0, wrong: 0, trace: [] });
});

test('the same seed sends the same frames, another one others', () => {
  expect(scriptOf(4, 2)).toEqual(scriptOf(4, 2));
  expect(scriptOf(4, 2)).not.toEqual(scriptOf(5, 2));
});

test('what was sent before changes nothing of what is sent later', () => {
  const sent = () =>
    Array.from({ length: 40 }, (_, number) =>
      createHash('sha256')
        .update(JSON.stringify(scriptOf(77, number)))
        .digest('hex'),
    );
  const first = sent();
  expect(sent()).toEqual(first);
});

test('a relay that does not answer what it cannot read is caught', async () => {
  const report = await fuzz(async (context, frame) => {
    const reply = await receive(context, frame);
    return reply?.includes('connection_error') ? undefined : reply;
  }, 200);
  expect(report.wrong).toBeGreaterThan(5);
  expect(report.trace[0]).toMatch(/^socket \d+, frame \d+: .*: expected .*connection_error.*, got none$/s);
});

test('a relay that throws is caught as a crash', async () => {
  const report = await fuzz(async (context, frame) => {
    if (frame.body?.includes('__proto__')) throw new TypeError('polluted');
    return receive(context, frame);
  }, 400);
  expect(report.crashes).toBeGreaterThan(1);
  expect(report.trace.join('\n')).toContain('crashed: TypeError: polluted');
});

test('a relay that acknowledges a subscription it has not made is caught', async () => {
  const report = await fuzz(async (context, frame) => {
    const reply = await receive(context, frame);
    // Silence is what tells a client of graphql-transport-ws that it is subscribed.
    return reply?.includes('FORBIDDEN') || reply?.includes('VALIDATION') ? undefined : reply;
  }, 600);
  expect(report.wrong).toBeGreaterThan(1);
});

const DEEP = `{"type":"subscribe","id":"1","x":${'['.repeat(33)}${']'.repeat(33)}}`;
const LARGE = `{"type":"subscribe","id":"1","x":"${'ね'.repeat(11_000)}"}`;
const REFUSAL = '{"type":"connection_error"}';

const seen = (more: Partial<Seen> = {}): Seen => ({
  dialect: 'graphql-transport-ws',
  initialised: true,
  closed: false,
  live: new Set(),
  calledOff: new Set(),
  ...more,
});

test.each<[string, string | undefined, string[], Partial<Seen>, Partial<Seen>, boolean]>([
  ['a ping', '{"type":"ping"}', ['{"type":"pong"}'], {}, {}, true],
  ['a ping, in silence', '{"type":"ping"}', [], {}, {}, false],
  ['a binary frame, in silence', undefined, [], {}, {}, false],
  ['a second init', '{"type":"connection_init"}', [], {}, {}, true],
  ['a first init, in silence', '{"type":"connection_init"}', [], { initialised: false }, {}, false],
  [
    'an acknowledgement that let nobody in',
    '{"type":"connection_init"}',
    ['{"type":"connection_ack"}'],
    { initialised: false },
    { initialised: false },
    false,
  ],
  [
    'a live subscription',
    '{"type":"subscribe","id":"1","payload":{}}',
    [],
    {},
    { live: new Set(['1']) },
    true,
  ],
  ['none, in silence', '{"type":"subscribe","id":"1","payload":{}}', [], {}, {}, false],
  [
    'one that was called off',
    '{"type":"subscribe","id":"1","payload":{}}',
    [],
    { calledOff: new Set(['1']) },
    {},
    true,
  ],
  ['an error for another id', '{"type":"subscribe","id":"1"}', ['{"type":"error","id":"2"}'], {}, {}, false],
  [
    'a subscription before init',
    '{"type":"subscribe","id":"1"}',
    [],
    { initialised: false },
    { live: new Set(['1']) },
    false,
  ],
  [
    'start_ack without a subscription',
    '{"type":"start","id":"1"}',
    ['{"type":"start_ack","id":"1"}'],
    { dialect: 'appsync' },
    {},
    false,
  ],
  [
    'an AppSync init without ka',
    '{"type":"connection_init"}',
    ['{"type":"connection_ack"}'],
    { dialect: 'appsync', initialised: false },
    {},
    false,
  ],
  ['a stop without complete', '{"type":"stop","id":"1"}', [], { dialect: 'apollo' }, {}, false],
  ['a start too deep', DEEP, ['{"type":"error","id":"1"}'], {}, {}, true],
  ['a start too deep that is taken for the whole connection', DEEP, [REFUSAL], {}, {}, false],
  ['a ping too deep', DEEP.replace('subscribe', 'ping'), [REFUSAL], {}, {}, true],
  [
    'a ping too deep that fails an operation',
    DEEP.replace('subscribe', 'ping'),
    ['{"type":"error","id":"1"}'],
    {},
    {},
    false,
  ],
  ['a start too large', LARGE, [REFUSAL], {}, {}, true],
  ['a start too large that fails by itself', LARGE, ['{"type":"error","id":"1"}'], {}, {}, false],
])('the checker of replies knows %s', (_, body, replies, before, after, isRight) => {
  expect(wrongReply(body, replies, seen(before), seen(after)) === undefined).toBe(isRight);
});

test('the worst frame is that with the greatest least of three runs alone', async () => {
  const book = createCostBook();
  const runs = [90, 2, 3, 40, 41, 42];
  const again = async () => runs.shift() ?? 0;
  book.add({ ms: 100, name: 'met by the collector', again });
  book.add({ ms: 50, name: 'slow by itself', again });
  expect(await book.worstAlone()).toEqual({ ms: 40, name: 'slow by itself' });
  expect(book.quantile(0.5)).toBeCloseTo(50, -1);
});
