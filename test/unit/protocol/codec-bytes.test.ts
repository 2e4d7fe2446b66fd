import { describe, expect, test } from '@jest/globals';
import type { WireError } from '../../../src/protocol/messages.ts';
import { codecOf } from '../../../src/protocol/negotiation.ts';

const FACTS = { connectionTimeoutMs: 300_000 };
const RESULT = '{"data":{"onCreateX":{"id":"a"}}}';
const error = (code: string, message = 'no', more: Partial<WireError> = {}): WireError => ({
  message,
  extensions: { code },
  ...more,
});

describe('graphql-transport-ws, byte for byte', () => {
  const codec = codecOf('graphql-transport-ws');

  test('every frame', () => {
    expect(codec.subprotocol).toBe('graphql-transport-ws');
    expect(codec.ack(FACTS)).toEqual(['{"type":"connection_ack"}']);
    expect(codec.pong()).toBe('{"type":"pong"}');
    expect(codec.keepAlive()).toBe('{"type":"pong"}');
    expect(codec.started('1')).toBeUndefined();
    expect(codec.payload.head + RESULT + codec.payload.tail('a"b')).toBe(
      '{"type":"next","payload":{"data":{"onCreateX":{"id":"a"}}},"id":"a\\"b"}',
    );
    expect(codec.error('1', [error('BAD_REQUEST'), error('FILTER_INVALID', 'nor this')])).toBe(
      '{"type":"error","id":"1","payload":[{"message":"no","extensions":{"code":"BAD_REQUEST"}},{"message":"nor this","extensions":{"code":"FILTER_INVALID"}}]}',
    );
    expect(codec.complete('1')).toBe('{"type":"complete","id":"1"}');
    expect(codec.completed('1')).toBeUndefined();
    expect(codec.refuse('no', 4401)).toBe(
      '{"type":"connection_error","payload":{"message":"no","code":4401}}',
    );
  });

  test('an id in use refuses the connection, and queries run', () => {
    expect(codec).toMatchObject({ duplicateId: 'refuse', runsQueries: true });
  });
});

describe('apollo, byte for byte', () => {
  const codec = codecOf('apollo');

  test('every frame', () => {
    expect(codec.subprotocol).toBe('graphql-ws');
    expect(codec.ack(FACTS)).toEqual(['{"type":"connection_ack"}']);
    expect(codec.payload.head + RESULT + codec.payload.tail('1')).toBe(
      '{"type":"data","payload":{"data":{"onCreateX":{"id":"a"}}},"id":"1"}',
    );
    expect(codec.complete('1')).toBe('{"type":"complete","id":"1"}');
    expect(codec.completed('1')).toBe('{"type":"complete","id":"1"}');
    expect(codec.refuse('no', 4403)).toBe(
      '{"type":"connection_error","payload":{"message":"no","code":4403}}',
    );
  });

  test('the payload of an error is the first error, an object with a message', () => {
    const located = error('GRAPHQL_PARSE_FAILED', 'no', { locations: [{ line: 1, column: 2 }] });
    expect(codec.error('1', [located, error('BAD_REQUEST')])).toBe(
      '{"type":"error","id":"1","payload":{"message":"no","extensions":{"code":"GRAPHQL_PARSE_FAILED"},"locations":[{"line":1,"column":2}]}}',
    );
    expect(codec.error('1', [])).toBe('{"type":"error","id":"1","payload":{"message":"Operation failed"}}');
  });

  test('no frame the client would throw on, and no ka that would arm its watchdog', () => {
    expect([codec.pong(), codec.started('1'), codec.keepAlive()]).toEqual([undefined, undefined, undefined]);
  });

  test('an id in use is taken over, and queries run', () => {
    expect(codec).toMatchObject({ duplicateId: 'replace', runsQueries: true });
  });
});

describe('appsync, byte for byte', () => {
  const codec = codecOf('appsync');

  test('every frame', () => {
    expect(codec.subprotocol).toBe('graphql-ws');
    expect(codec.ack(FACTS)).toEqual([
      '{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}',
      '{"type":"ka"}',
    ]);
    expect(codec.keepAlive()).toBe('{"type":"ka"}');
    expect(codec.pong()).toBeUndefined();
    expect(codec.started('1')).toBe('{"type":"start_ack","id":"1"}');
    expect(codec.payload.head + RESULT + codec.payload.tail('1')).toBe(
      '{"type":"data","payload":{"data":{"onCreateX":{"id":"a"}}},"id":"1"}',
    );
    expect(codec.complete('1')).toBe('{"type":"complete","id":"1"}');
    expect(codec.completed('1')).toBe('{"type":"complete","id":"1"}');
  });

  test('an id in use fails the second alone, and queries are refused', () => {
    expect(codec).toMatchObject({ duplicateId: 'error', runsQueries: false });
  });

  test.each([
    [4400, 'BadRequestException', 400],
    [4401, 'UnauthorizedException', 401],
    [4403, 'UnauthorizedException', 401],
    [4409, 'BadRequestException', 400],
    [4500, 'InternalFailure', 500],
    [4999, 'InternalFailure', 500],
  ])('a refusal with code %i', (code, errorType, errorCode) => {
    expect(codec.refuse('no', code)).toBe(
      `{"type":"connection_error","payload":{"errors":[{"errorType":"${errorType}","message":"no","errorCode":${errorCode}}]}}`,
    );
  });

  test.each([
    ['BAD_REQUEST', 'BadRequestException', 400],
    ['GRAPHQL_PARSE_FAILED', 'BadRequestException', 400],
    ['GRAPHQL_VALIDATION_FAILED', 'BadRequestException', 400],
    ['DOCUMENT_TOO_LARGE', 'BadRequestException', 400],
    ['FILTER_INVALID', 'BadRequestException', 400],
    ['PAYLOAD_TOO_LARGE', 'PayloadTooLargeException', 413],
    ['UNAUTHORIZED', 'UnauthorizedException', 401],
    ['FORBIDDEN', 'ForbiddenException', 403],
    ['DUPLICATE_ID', 'DuplicatedOperationError', 400],
    ['OPERATION_NOT_SUPPORTED', 'UnsupportedOperation', 400],
    ['LOCK_TIMEOUT', 'LimitExceededError', 429],
    ['SLOW_CONSUMER', 'LimitExceededError', 429],
    ['SCHEMA_CHANGED', 'SchemaChangedError', 410],
    ['EVENTS_LOST', 'EventsLostError', 410],
    ['REVOKED', 'SubscriptionRevokedError', 403],
    ['TOO_MANY_SUBSCRIPTIONS', 'MaxSubscriptionsReachedError', 400],
    ['INTERNAL_SERVER_ERROR', 'InternalFailure', 500],
    ['A_PROJECTS_OWN', 'BadRequestException', 400],
    ['__proto__', 'BadRequestException', 400],
  ])('an error with code %s', (code, errorType, errorCode) => {
    expect(codec.error('1', [error(code)])).toBe(
      `{"type":"error","id":"1","payload":{"errors":[{"errorType":"${errorType}","message":"no","errorCode":${errorCode},"extensions":{"code":"${code}"}}]}}`,
    );
  });

  test('an outworn token is told in the words by which Amplify knows it', () => {
    const frame = (message: string) => codec.error('1', [error('TOKEN_EXPIRED', message)]);
    const told = (message: string) =>
      `{"type":"error","id":"1","payload":{"errors":[{"errorType":"UnauthorizedException","message":"${message}","errorCode":401,"extensions":{"code":"TOKEN_EXPIRED"}}]}}`;
    expect(frame('Token expired: present a fresh one')).toBe(told('Token expired: present a fresh one'));
    expect(frame('present a fresh one')).toBe(told('Token expired: present a fresh one'));
  });

  test("an error's own errorType is kept, save one that would have Amplify connect again after a denial for good", () => {
    const own = { errorType: 'DynamoDB:ConditionalCheckFailedException' };
    expect(codec.error('1', [error('BAD_REQUEST', 'no', own)])).toContain(`{"errorType":"${own.errorType}",`);
    for (const errorType of ['Unauthorized', 'UnauthorizedException', 'NotAuthorizedException']) {
      expect(codec.error('1', [error('FORBIDDEN', 'no', { errorType })])).toContain(
        '{"errorType":"ForbiddenException",',
      );
    }
  });

  test('all errors are told, with what GraphQL has beside', () => {
    const located = error('GRAPHQL_VALIDATION_FAILED', 'no', {
      locations: [{ line: 1, column: 2 }],
      path: ['a', 0],
    });
    expect(codec.error('1', [{ message: 'bare' }, located])).toBe(
      '{"type":"error","id":"1","payload":{"errors":[{"errorType":"BadRequestException","message":"bare","errorCode":400},{"errorType":"BadRequestException","message":"no","errorCode":400,"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"},"locations":[{"line":1,"column":2}],"path":["a",0]}]}}',
    );
  });
});
