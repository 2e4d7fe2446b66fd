import { createHash } from 'node:crypto';
import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import { TablecastError } from '../../../src/errors.ts';
import { createCounters } from '../../../src/observe/counters.ts';
import { errorFields } from '../../../src/observe/error-fields.ts';
import { LOG_FIELDS, writtenFields } from '../../../src/observe/log-fields.ts';
import { createLogger, createProjectLogger, type LoggerOptions } from '../../../src/observe/logger.ts';

/** A logger, and what it wrote. */
function logging(more: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { logger: createLogger({ level: 'trace', destination, ...more }), lines, destination };
}

const parsed = (lines: readonly string[]) => lines.map((line): unknown => JSON.parse(line));

const CANARY = 'CANARY 1b1c "token"';

/** The canary in every kind of place that a value has. */
const HIDDEN: readonly unknown[] = [
  CANARY,
  [CANARY],
  { a: CANARY },
  { [CANARY]: 1 },
  [[CANARY]],
  { a: { b: { c: CANARY } } },
  new Map([[CANARY, CANARY]]),
  new Set([CANARY]),
  Buffer.from(CANARY),
  Object.assign(new Error(CANARY), { CANARY }),
  { toJSON: () => CANARY },
  { toString: () => CANARY, length: 1 },
  () => CANARY,
  Symbol(CANARY),
];

/** Fields that take words of ours, so that a value is only as safe as its call site: a test of those is below. */
const WORDS = [...LOG_FIELDS].filter(([, kind]) => kind === 'text').map(([name]) => name);

describe('C8 secrets: a log line holds the fields of a table, and nothing else', () => {
  test.each(HIDDEN.map((value, index) => [index, value] as const))(
    'a value of form %d comes out of no field, known or unknown, nor by its key',
    (_, value) => {
      const { logger, lines } = logging();
      for (const name of [
        ...LOG_FIELDS.keys(),
        'token',
        'authorization',
        'msg',
        'time',
        '__proto__',
        CANARY,
      ]) {
        if (WORDS.includes(name) && (typeof value === 'string' || Array.isArray(value))) continue;
        logger.info(
          Object.fromEntries([
            ['event', 'x'],
            [name, value],
          ]),
        );
        logger.child(Object.fromEntries([[name, value]])).info({ event: 'x' });
      }
      expect(lines.length).toBeGreaterThan(150);
      expect(lines.join('')).not.toMatch(/CANARY/);
      expect(({} as object).constructor).toBe(Object);
    },
  );

  test('nor of an error: message, stack, cause, properties, whatever threw it', () => {
    const { logger, lines } = logging();
    const crafted = new Error(`${CANARY}\n    at CANARY (file:///CANARY.js:1:1)`);
    const renamed = Object.assign(new Error(CANARY), { name: CANARY, code: CANARY });
    const syntax = thrownBy(() => JSON.parse(CANARY));
    const sdk = new DynamoDBServiceException({
      name: 'ValidationException',
      $fault: 'client',
      message: `Item ${CANARY}`,
      $metadata: { httpStatusCode: 400, requestId: CANARY },
    });
    const errors = [
      crafted,
      renamed,
      syntax,
      sdk,
      new GraphQLError(CANARY, { originalError: new Error(CANARY), extensions: { code: CANARY } }),
      new Error('a', { cause: new TypeError(CANARY, { cause: CANARY }) }),
      new AggregateError([new Error(CANARY)], CANARY),
      new TablecastError('TABLE_UNAVAILABLE', 'Table Todos: no', { cause: sdk }),
      Object.assign(new Error('x'), { message: { toString: () => CANARY } }),
      Object.assign(new Error('x'), { stack: CANARY }),
    ];
    for (const error of errors) {
      logger.error({ event: 'x', err: error });
      logger.error(error);
      logger.error(error, CANARY);
    }
    expect(lines).toHaveLength(errors.length * 3);
    expect(lines.join('')).not.toMatch(/CANARY/);
  });

  test('nor of words: without an event, as values for place holders, or as the only argument', () => {
    const { logger, lines } = logging();
    logger.info(CANARY);
    logger.info('%s', CANARY);
    logger.info({ token: CANARY }, CANARY);
    logger.info({ event: 'x' }, 'said %s %o', CANARY, { CANARY });
    expect(lines.join('')).not.toMatch(/CANARY/);
    expect(parsed(lines)[3]).toMatchObject({ event: 'x', msg: 'said %s %o' });
  });

  test('what is left out is counted; a known field of the wrong kind is named', () => {
    const { logger, lines } = logging();
    logger.warn({ event: 'x', token: 1, Item: {}, sent: '2', connectionId: { id: 1 }, matched: 3 }, 'words');
    expect(parsed(lines)).toEqual([
      expect.objectContaining({
        level: 'warn',
        event: 'x',
        matched: 3,
        dropped: 2,
        misfits: ['sent', 'connectionId'],
        msg: 'words',
      }),
    ]);
  });

  test.each<[string, object]>([
    ['an id too long', { connectionId: 'x'.repeat(257) }],
    ['a list with one that does not fit', { tables: ['Orders', 'two words'] }],
    ['counts of counts of counts', { counts: { a: { b: { c: 1 } } } }],
    ['counts by what is no name', { counts: { 'a\n': 1 } }],
  ])('no part is written of what does not fit: %s', (_, line) => {
    expect(writtenFields(line)).toEqual({ misfits: Object.keys(line) });
    expect(writtenFields({ connectionId: 'x'.repeat(256) })).not.toHaveProperty('misfits');
  });

  test('what is ours is written as it is', () => {
    const line = {
      event: 'delivery.change',
      eventId: '3f2a',
      connectionId: 'L0SM9cOFvHcCIhw=',
      streamArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/Orders/stream/2026-11-01T00:00:00.000',
      tables: ['Orders', 'Users'],
      matched: 2,
      fields: { onCreateTodo: 1, onChangeTodo: { ENTER: 1 } },
      measures: { lag: { samples: 1, p50: 1.5, p99: 2, max: 2 } },
      clauses: ['new: priority gt'],
      reason: 'expected a token, got none',
    };
    expect(writtenFields(line)).toEqual(line);
    expect(writtenFields({ fields: ['Todo.owner'] })).toEqual({ fields: ['Todo.owner'] });
  });

  test('what a client chose is written as its hash, and words are cut', () => {
    const hash = createHash('sha256').update('client 1').digest('hex').slice(0, 16);
    expect(writtenFields({ clientId: 'client 1' })).toEqual({ clientId: hash });
    expect(writtenFields({ reason: 'x'.repeat(600) })).toEqual({ reason: `${'x'.repeat(500)}…` });
  });

  test('a child keeps to it, and so does its child', () => {
    const { logger, lines } = logging();
    logger
      .child({ table: 'Todos', token: CANARY })
      .child({ workerId: 'w-1', secret: CANARY })
      .info({ event: 'x' });
    expect(parsed(lines)).toEqual([expect.objectContaining({ table: 'Todos', workerId: 'w-1', event: 'x' })]);
    expect(lines.join('')).not.toMatch(/CANARY/);
  });

  test('a level that is off writes nothing', () => {
    const { logger, lines } = logging({ level: 'error' });
    logger.info({ event: 'x' });
    expect(lines).toEqual([]);
  });
});

describe('an error in the log', () => {
  test('of ours has its code and message, and where it was thrown', () => {
    expect(errorFields(new TablecastError('PUBLISH_INVALID', 'expected a field, got none'))).toEqual({
      type: 'TablecastError',
      code: 'PUBLISH_INVALID',
      message: 'expected a field, got none',
      stack: expect.stringMatching(/^ {4}at .*logger\.test\.ts:\d+:\d+\)?/),
    });
  });

  test('of AWS has its name, status and request id, and a message only where AWS makes it of the call', () => {
    const aws = (name: string) =>
      new DynamoDBServiceException({
        name,
        $fault: 'client',
        message: 'User is not authorized to perform: dynamodb:PutItem on resource: Todos',
        $metadata: { httpStatusCode: 400, requestId: 'ABC123' },
      });
    expect(errorFields(aws('AccessDeniedException'))).toMatchObject({
      type: 'AccessDeniedException',
      status: 400,
      requestId: 'ABC123',
      message: expect.stringContaining('dynamodb:PutItem'),
    });
    const silent = errorFields(aws('ValidationException'));
    expect(silent).toMatchObject({ type: 'ValidationException', status: 400 });
    expect(silent).not.toHaveProperty('message');
  });

  test("of anybody's that has the name of ours or of AWS's keeps its message to itself", () => {
    for (const name of ['TablecastError', 'AccessDeniedException', 'ThrottlingException'])
      expect(errorFields(Object.assign(new Error('CANARY'), { name }))).not.toHaveProperty('message');
  });

  test('of Node has its code; the cause follows the same rules', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const error = new TablecastError('TABLE_UNAVAILABLE', 'Table Todos: no answer', { cause: refused });
    expect(errorFields(error)).toMatchObject({ cause: { type: 'Error', code: 'ECONNREFUSED' } });
    expect(errorFields(error).cause).not.toHaveProperty('message');
  });

  test('has its message all the same where that was asked for', () => {
    expect(errorFields(new Error('mine'), true)).toMatchObject({ message: 'mine' });
    const { logger, lines } = logging({ errorMessages: true });
    logger.error({ event: 'operation.failed', err: new Error('mine') });
    expect(parsed(lines)).toEqual([
      expect.objectContaining({ err: expect.objectContaining({ message: 'mine' }) }),
    ]);
  });

  test.each(['CANARY', { message: 'CANARY' }, 7, null])(
    '%j, thrown, is no Error and not repeated',
    (thrown) => {
      expect(errorFields(thrown)).toEqual({ type: 'not an Error' });
    },
  );

  test('a chain of causes without an end has one here', () => {
    const error = new Error('a');
    error.cause = error;
    expect(JSON.stringify(errorFields(error)).match(/"type"/g)).toHaveLength(4);
  });
});

test("a project's own logger writes what the project passes, marked as the project's, and no request of the SDK", () => {
  const { lines, destination } = logging();
  const logger = createProjectLogger({ level: 'info', destination });
  const error = Object.assign(new Error('mine'), { $response: { body: CANARY } });
  logger.info({ order: 7, err: error }, 'shipped');
  expect(parsed(lines)).toEqual([
    expect.objectContaining({
      source: 'project',
      level: 'info',
      order: 7,
      msg: 'shipped',
      err: { type: 'Error', message: 'mine', stack: expect.any(String) },
    }),
  ]);
  expect(lines.join('')).not.toMatch(/CANARY/);
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

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

test('what a change matched is told by field, and of a change field by its step', () => {
  const fields = { onCreateTodo: 2, 'onChangeTodo ENTER': 1 };
  expect(writtenFields({ event: 'delivery.change', fields })).toEqual({ event: 'delivery.change', fields });
  expect(writtenFields({ fields: { 'two  blanks': 1 } })).toEqual({ misfits: ['fields'] });
});
