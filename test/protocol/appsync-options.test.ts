import { expect, test } from '@jest/globals';
import { createTestRelay, KEY, type TestRelay, todoRecord } from '../fixtures/relay.ts';

const SDL = `
type Todo @table(name: "Todos", writer: "updatedBy") { id: ID!  title: String!  updatedBy: String }
`;
const ON_UPDATE = 'subscription { onUpdateTodo { title } }';
const header = Buffer.from(JSON.stringify({ host: 'h', 'x-api-key': KEY })).toString('base64url');

/** A connection, and its reply to a `start` whose options stand beside the request, or in it. */
async function started(relay: TestRelay, options: object, place: 'beside' | 'within'): Promise<unknown> {
  await relay.open('c', { headers: { 'Sec-WebSocket-Protocol': `graphql-ws,header-${header}` } });
  await relay.send('c', { type: 'connection_init' });
  const [beside, within] = place === 'beside' ? [options, {}] : [{}, { extensions: options }];
  return relay.send('c', {
    type: 'start',
    id: '1',
    payload: {
      data: JSON.stringify({ query: ON_UPDATE, ...within }),
      extensions: { authorization: { host: 'h', 'x-api-key': KEY }, ...beside },
    },
  });
}

const update = (relay: TestRelay, title: string, updatedBy = 'bob') => {
  const id = { S: 'a' };
  return todoRecord(relay.clock.now(), {
    oldImage: { id, title: { S: 'old' } },
    newImage: { id, title: { S: title }, updatedBy: { S: updatedBy } },
  });
};
const delivered = (relay: TestRelay) =>
  relay.frames('c').flatMap(({ type, payload }) => (type === 'data' ? [payload] : []));
const titled = (title: string, extensions: object = {}) => ({
  data: { onUpdateTodo: { title } },
  extensions: expect.objectContaining(extensions),
});

test.each(['beside', 'within'] as const)(
  'extensions.skipOwn %s the request leaves out what its writer wrote',
  async (place) => {
    const relay = createTestRelay({ sdl: SDL });
    expect(await started(relay, { skipOwn: 'alice' }, place)).toEqual({ type: 'start_ack', id: '1' });
    await relay.deliver([update(relay, 'hers', 'alice'), update(relay, 'his', 'bob')]);
    expect(delivered(relay)).toEqual([titled('his')]);
  },
);

test('extensions.skipOwn true is refused to who presented no token', async () => {
  expect(await started(createTestRelay({ sdl: SDL }), { skipOwn: true }, 'beside')).toMatchObject({
    type: 'error',
    id: '1',
    payload: { errors: [{ errorType: 'BadRequestException', message: expect.stringContaining('skipOwn') }] },
  });
});

test.each(['beside', 'within'] as const)(
  'extensions.overflow "latest" %s the request leaves out what is outdated once the connection falls behind, and says so',
  async (place) => {
    const relay = createTestRelay({ sdl: SDL });
    expect(await started(relay, { overflow: 'latest' }, place)).toEqual({ type: 'start_ack', id: '1' });
    relay.connections.script('c', { status: 429 });
    await relay.deliver(['1', '2', '3', '4'].map((title) => update(relay, title)));
    expect(delivered(relay)).toEqual([titled('1'), titled('4', { skipped: 2 })]);
  },
);

test('an extensions.overflow that is none is refused', async () => {
  expect(await started(createTestRelay({ sdl: SDL }), { overflow: 'oldest' }, 'beside')).toMatchObject({
    type: 'error',
    id: '1',
    payload: { errors: [{ errorType: 'BadRequestException', message: expect.stringContaining('overflow') }] },
  });
});
