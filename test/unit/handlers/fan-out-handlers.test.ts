import { beforeAll, expect, jest, test } from '@jest/globals';
import {
  created,
  createFanOutWorld,
  type FanOutWorld,
  itemsOf,
  subscribeAll,
} from '../relay/fan-out-world.ts';

/** The handlers build what they run on when they are loaded; here it is a world in process that each test makes anew. */
let world: FanOutWorld = createFanOutWorld();
const context = new Proxy(world.relay.context, { get: (_, name) => Reflect.get(world.relay.context, name) });
const store = new Proxy(world.store, { get: (_, name) => Reflect.get(world.store, name) });
jest.unstable_mockModule('../../../src/compose/sweep.ts', () => ({ composeSweep: () => context }));
jest.unstable_mockModule('../../../src/compose/fan-out.ts', () => ({ composeFanOutStore: () => store }));

type Handler = (event: unknown, lambda?: unknown) => Promise<unknown>;
const handlers = new Map<string, Handler>();

beforeAll(async () => {
  for (const name of ['deliver', 'gap']) {
    const loaded: { handler: Handler } = await import(`../../../handlers/${name}.ts`);
    handlers.set(name, loaded.handler);
  }
});

function call(name: string, event: unknown): Promise<unknown> {
  const handler = handlers.get(name);
  if (!handler) throw new Error(`expected a handler ${name}`);
  return world.relay.clock.run(handler(event, { getRemainingTimeInMillis: () => 60_000 }));
}

/** What the queue holds, as Lambda hands it to a function. */
async function handedOver() {
  world = createFanOutWorld({ lanes: 2 });
  const ids = await subscribeAll(world.relay, 6);
  await world.batch([created(world.relay, 'a')]);
  const messages = world.queue.receive()?.messages ?? [];
  expect(messages).toHaveLength(2);
  const Records = messages.map(({ id, group, body }) => {
    return { messageId: id, body, attributes: { MessageGroupId: group } };
  });
  return { ids, Records };
}

test('deliver sends what is in the messages of the queue, and names those that are to come again', async () => {
  const { ids, Records } = await handedOver();
  const [first] = Records;
  const broken = Records.map((record) => (record === first ? { ...record, body: '{}' } : record));
  expect(await call('deliver', { Records: broken })).toEqual({
    batchItemFailures: [{ itemIdentifier: first?.messageId }],
  });
  expect(ids.some((id) => itemsOf(world.relay, id).length === 0)).toBe(true);
  expect(await call('deliver', { Records: [first] })).toEqual({ batchItemFailures: [] });
  for (const id of ids) expect(itemsOf(world.relay, id)).toEqual(['a']);
});

test('C5 gap tells those whose frames are in the dead letters, and has a message come again while it cannot', async () => {
  const { ids, Records } = await handedOver();
  world.relay.connections.outage('unavailable');
  expect(await call('gap', { Records })).toEqual({
    batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })),
  });
  world.relay.connections.outage(undefined);
  expect(await call('gap', { Records })).toEqual({ batchItemFailures: [] });
  for (const id of ids) expect(JSON.stringify(world.relay.frames(id))).toContain('EVENTS_LOST');
  expect(await world.store.outstanding(['Todos'])).toBeUndefined();
});
