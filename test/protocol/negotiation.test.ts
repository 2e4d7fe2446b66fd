import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTestRelay, KEY, type TestRelay, todoRecord } from '../fixtures/relay.ts';

const ON_CREATE = 'subscription { onCreateTodo { id } }';
const header = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url');
const GOOD = header({ host: 'localhost', 'x-api-key': KEY });

const SUBSCRIBE = { type: 'subscribe', id: '1', payload: { query: ON_CREATE } };
const START = { type: 'start', id: '1', payload: { query: ON_CREATE } };
const START_DATA = { type: 'start', id: '1', payload: { data: JSON.stringify({ query: ON_CREATE }) } };

let relay: TestRelay;
beforeEach(() => {
  relay = createTestRelay();
});

/** Opens, inits with the key, starts, delivers one change: what came of each. */
async function speak(
  offered: string | undefined,
  query: Record<string, string>,
  operation: object,
): Promise<Record<string, unknown>> {
  const headers = offered === undefined ? {} : { 'Sec-WebSocket-Protocol': offered };
  const opened = await relay.open('c', { headers, query });
  const reply = await relay.send('c', { type: 'connection_init', payload: { 'x-api-key': KEY } });
  const acknowledged = [...relay.frames('c'), reply].map(typeOf);
  const posted = relay.frames('c').length;
  const started = await relay.send('c', operation);
  await relay.deliver([todoRecord(relay.clock.now(), { newImage: { id: { S: 'a' }, title: { S: 't' } } })]);
  const delivered = relay.frames('c').slice(posted).map(typeOf);
  return { opened, acknowledged, started: started && typeOf(started), delivered };
}

function typeOf(frame: unknown): unknown {
  return typeof frame === 'object' && frame !== null && 'type' in frame ? frame.type : frame;
}

const transport = { acknowledged: ['connection_ack'], started: undefined, delivered: ['next'] };
const apollo = { acknowledged: ['connection_ack'], started: undefined, delivered: ['data'] };
const appsync = { acknowledged: ['connection_ack', 'ka'], started: 'start_ack', delivered: ['data'] };
/** AppSync's, told only by the first operation: its `ka` cannot have come before. */
const lateAppsync = { ...appsync, acknowledged: ['connection_ack'] };

const answered = (subprotocol?: string) => ({ opened: { status: 200, ...(subprotocol && { subprotocol }) } });

describe('what is offered, what is answered and what is spoken', () => {
  test.each<[string | undefined, Record<string, string>, object, object]>([
    ['graphql-transport-ws', {}, SUBSCRIBE, { ...answered('graphql-transport-ws'), ...transport }],
    ['mqtt, graphql-transport-ws', {}, SUBSCRIBE, { ...answered('graphql-transport-ws'), ...transport }],
    ['graphql-transport-ws,graphql-ws', {}, SUBSCRIBE, { ...answered('graphql-transport-ws'), ...transport }],
    [
      'graphql-transport-ws',
      { header: GOOD },
      SUBSCRIBE,
      { ...answered('graphql-transport-ws'), ...transport },
    ],
    ['graphql-ws', {}, START, { ...answered('graphql-ws'), ...apollo }],
    ['graphql-ws, graphql-transport-ws', {}, START, { ...answered('graphql-ws'), ...apollo }],
    ['graphql-ws', {}, START_DATA, { ...answered('graphql-ws'), ...lateAppsync }],
    ['graphql-ws', { header: GOOD, payload: 'e30=' }, START_DATA, { ...answered('graphql-ws'), ...appsync }],
    [`graphql-ws,header-${GOOD}`, {}, START_DATA, { ...answered('graphql-ws'), ...appsync }],
    [undefined, { header: GOOD, payload: 'e30=' }, START_DATA, { ...answered(), ...appsync }],
    [undefined, {}, SUBSCRIBE, { ...answered(), ...transport }],
    [undefined, {}, START, { ...answered(), ...apollo }],
    [undefined, {}, START_DATA, { ...answered(), ...lateAppsync }],
  ])('offered %j with query %j and the operation %j', async (offered, query, operation, expected) => {
    expect(await speak(offered, query, operation)).toEqual(expected);
  });

  test('only others are refused with 400, and no credential among them is told or logged', async () => {
    const opened = await relay.open('c', { headers: { 'Sec-WebSocket-Protocol': `mqtt, header-${GOOD}` } });
    expect(opened).toEqual({ status: 400, message: expect.stringContaining('got mqtt, header-…') });
    expect(JSON.stringify(relay.logs)).not.toContain(GOOD);
    expect(await relay.context.registry.connection('c')).toBeUndefined();
  });

  test('what the first operation told stays, whatever comes after', async () => {
    await speak('graphql-ws', {}, START_DATA);
    expect(await relay.send('c', { ...START, id: '2' })).toMatchObject({
      type: 'error',
      id: '2',
      payload: { errors: [{ errorType: 'BadRequestException', errorCode: 400 }] },
    });
  });
});

describe("the credential object of AppSync's clients lets them in", () => {
  test.each<[string, Parameters<TestRelay['open']>[1]]>([
    [
      'the query',
      { headers: { 'Sec-WebSocket-Protocol': 'graphql-ws' }, query: { header: GOOD, payload: 'e30=' } },
    ],
    ['a subprotocol', { headers: { 'Sec-WebSocket-Protocol': `graphql-ws, header-${GOOD}` } }],
  ])('in %s', async (_, upgrade) => {
    expect(await relay.open('c', upgrade)).toEqual({ status: 200, subprotocol: 'graphql-ws' });
    expect(await relay.send('c', { type: 'connection_init' })).toEqual({ type: 'ka' });
  });

  test.each([
    ['with a wrong key', header({ host: 'h', 'x-api-key': 'wrong-secret' })],
    ['that is no base64', 'wrong-secret*'],
    ['without a credential', header({ host: 'h' })],
    ['of 9 KB', header({ host: 'h', 'x-api-key': KEY, more: 'x'.repeat(9_000) })],
  ])('one %s opens, its init is refused with 401, and nothing of it is logged', async (_, text) => {
    const headers = { 'Sec-WebSocket-Protocol': 'graphql-ws' };
    expect(await relay.open('c', { headers, query: { header: text } })).toMatchObject({ status: 200 });
    expect(await relay.send('c', { type: 'connection_init' })).toEqual({
      type: 'connection_error',
      payload: {
        errors: [
          { errorType: 'UnauthorizedException', message: expect.stringContaining('API key'), errorCode: 401 },
        ],
      },
    });
    expect(relay.frames('c')).toEqual([]);
    for (const words of [text, 'wrong-secret']) expect(JSON.stringify(relay.logs)).not.toContain(words);
  });
});
