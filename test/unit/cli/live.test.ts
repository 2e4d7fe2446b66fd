import { expect, test } from '@jest/globals';
import { describeLine } from '../../../src/cli/live.ts';

const change = {
  event: 'delivery.change',
  eventName: 'INSERT',
  table: 'Todos',
  shapes: 2,
  candidates: 3,
  matched: 0,
  fields: {},
};
const batch = { event: 'stream.batch', records: 1, sent: 0, gone: 0, slow: 0, tooLarge: 0, ms: 12 };

test.each([
  [{ ...change, shapes: 0, candidates: 0 }, 'INSERT in Todos: nobody subscribes to it'],
  [
    { ...change, candidates: 0 },
    'INSERT in Todos: no subscriber asks for these values (compared: arguments, filter equalities and rules)',
  ],
  [change, 'INSERT in Todos: 3 subscriptions looked at, and no filter matched'],
  [
    { ...change, matched: 3, fields: { onCreateTodo: 1, 'onChangeTodo ENTER': 2 } },
    'INSERT in Todos: matched 3 subscriptions (onCreateTodo, onChangeTodo ENTER ×2)',
  ],
  [{ event: 'subscription.started', field: 'onCreateTodo', outcome: 'active' }, 'subscribed: onCreateTodo'],
  [{ event: 'subscription.started', field: 'onCreateTodo', outcome: 'completed' }, undefined],
  [batch, undefined],
  [{ ...batch, sent: 2, gone: 1 }, '  2 delivered, 1 gone in 12 ms'],
  [{ ...batch, failedFrom: 'x', reason: 'deadline' }, '  stopped (deadline), to be tried again in 12 ms'],
  [
    { event: 'reader.stream_unusable', table: 'Todos', level: 'warn', detail: 'Turn it on with …' },
    'nothing can arrive from Todos: its stream is off or of the wrong view type. Turn it on with …',
  ],
  [
    { event: 'reader.describe_error', table: 'Todos', level: 'warn', detail: 'connect ECONNREFUSED' },
    'the stream of Todos cannot be read, and is tried until it can: connect ECONNREFUSED',
  ],
  [{ event: 'reader.describe_error', table: 'Todos', level: 'debug', detail: 'x' }, undefined],
  [{ event: 'reader.recovered', table: 'Todos', level: 'info' }, 'the stream of Todos is read again'],
  [
    { event: 'connection.refused', level: 'warn', connectionId: 'c', reason: 'got an unknown API key' },
    'a connection was refused: got an unknown API key',
  ],
  [
    { event: 'connection.refused', level: 'warn', connectionId: 'c', reason: 'origin' },
    'a connection was refused: expected a page of custom.tablecast.origins, got another origin or none',
  ],
  [
    { event: 'http.refused', level: 'warn', reason: 'got an unknown API key' },
    'an HTTP request was refused: got an unknown API key',
  ],
  [
    { event: 'connection.flooded', level: 'warn', connectionId: 'c', framesPerMinute: 300 },
    'a connection sent more than 300 frames a minute: it was refused, and all it ran has ended',
  ],
  [
    { event: 'frame.invalid', level: 'info', connectionId: 'c', reason: 'expected JSON text' },
    'a frame was refused: expected JSON text',
  ],
  [
    { event: 'operation.failed', level: 'error', errorId: 'e-1', err: { message: 'no mail' }, msg: 'x' },
    'an operation failed, and its client was told of error e-1: no mail',
  ],
  [{ event: 'x.failed', level: 'error', err: { message: 'no table' } }, 'x.failed: no table'],
  [{ event: 'x.fine', level: 'info', msg: 'all well' }, undefined],
])('%j is told as %j', (entry, told) => {
  expect(describeLine(JSON.stringify(entry))).toBe(told);
});

test.each(['(λ: stream) RequestId: 1  Duration: 3 ms', '{ not json', '', 'null', '[1]'])(
  'a line that is no event is of no interest: %j',
  (line) => {
    expect(describeLine(line)).toBeUndefined();
  },
);
