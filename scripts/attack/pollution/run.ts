import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import { GOOD_KEY } from '../world/credentials.ts';
import { recordOf } from '../world/records.ts';
import { type AttackWorld, type AttackWorldOptions, createAttackWorld } from '../world/world.ts';
import { pollutingFrames, pollutingImage, pollutingUpgrades } from './names.ts';

export interface PollutionReport {
  readonly frames: number;
  /** Prototypes that are not what they were. */
  readonly polluted: number;
  /** Whether the same client is told the same before and after. */
  readonly isSame: boolean;
  readonly trace: readonly string[];
}

const PROTOTYPES: ReadonlyMap<string, object> = new Map([
  ['Object', Object.prototype],
  ['Array', Array.prototype],
  ['Function', Function.prototype],
  ['String', String.prototype],
  ['Map', Map.prototype],
  ['Promise', Promise.prototype],
]);

/**
 * Sends the names that reach a prototype in every place a client can name something, on sockets of each kind, over HTTP,
 * and in the items of a table; then looks at the prototypes, and at what a client that asked before is told now.
 * @param options `every`: only every n-th frame, for tests. Default 1: all
 */
export async function runPollution(
  options: AttackWorldOptions & { readonly every?: number } = {},
): Promise<PollutionReport> {
  const world = createAttackWorld(options);
  const before = snapshot();
  const told = await control(world, 'before');
  let frames = 0;
  const trace: string[] = [];
  const look = (what: string) => {
    for (const name of changed(before)) {
      if (trace.length < 20) trace.push(`${name}.prototype is another after ${what}`);
    }
    // One that got through shall not hide the next.
    restore(before);
  };
  for (const [n, protocol] of ['graphql-transport-ws', 'graphql-ws', undefined].entries()) {
    const id = `pollute-${n}=`;
    const headers = {
      'x-api-key': GOOD_KEY,
      ...(protocol !== undefined && { 'sec-websocket-protocol': protocol }),
    };
    await world.open(id, { headers });
    await world.send(id, '{"type":"connection_init"}');
    let number = 0;
    for (const frame of pollutingFrames()) {
      number += 1;
      if ((number - 1) % (options.every ?? 1) !== 0) continue;
      const body = JSON.stringify(frame);
      await world.send(id, body);
      await world.http({
        method: 'POST',
        query: '',
        headers: [
          ['x-api-key', GOOD_KEY],
          ['content-type', 'application/json'],
        ],
        body: Buffer.from(bodyOf(frame)),
      });
      frames += 1;
      look(body.slice(0, 200));
    }
  }
  for (const upgrade of pollutingUpgrades()) {
    await world.open(`upgrade-${frames}=`, upgrade);
    frames += 1;
    look(`an upgrade with ${JSON.stringify(upgrade)}`);
  }
  const newImage = pollutingImage('1');
  await createDeliver(world.context)(
    [recordOf('Todos', world.clock.now(), { newImage, keys: { id: { S: '1' } } })],
    {
      remainingMs: () => 60_000,
    },
  );
  look('a change of an item with such attributes');
  const again = await control(world, 'after');
  const isSame = JSON.stringify(again) === JSON.stringify(told);
  if (!isSame) trace.push(`a client was told ${JSON.stringify(told)} before, ${JSON.stringify(again)} after`);
  return { frames, polluted: trace.length - (isSame ? 0 : 1), isSame, trace };
}

function bodyOf(frame: object): string {
  const payload: unknown = Reflect.get(frame, 'payload');
  return JSON.stringify(payload ?? frame);
}

/** What one client is told for the same requests, whoever else there is. */
async function control(world: AttackWorld, id: string): Promise<unknown> {
  await world.open(`${id}=`, {
    headers: { 'x-api-key': GOOD_KEY, 'sec-websocket-protocol': 'graphql-transport-ws' },
  });
  const told: unknown[] = [];
  for (const frame of [
    { type: 'connection_init' },
    {
      type: 'subscribe',
      id: 'a',
      payload: { query: 'subscription { onCreateTodo { id } }', extensions: { confirm: true } },
    },
    {
      type: 'subscribe',
      id: 'b',
      payload: { query: 'subscription { onCreateTodo(filter: {nothing: {eq: 1}}) { id } }' },
    },
    {
      type: 'subscribe',
      id: 'c',
      payload: { query: 'mutation { createTodo(input: {title: "no id"}) { id } }' },
    },
    { type: 'complete', id: 'a' },
    { type: 'what' },
  ]) {
    const replies = await world.send(`${id}=`, JSON.stringify(frame));
    // An item of its own has an id of its own.
    told.push(replies.map((reply) => reply.replaceAll(/"id":"[0-9a-f-]{36}"/g, '"id":"…"')));
  }
  await world.disconnect(`${id}=`);
  return told;
}

type Snapshot = ReadonlyMap<string, readonly (readonly [PropertyKey, unknown])[]>;

function snapshot(): Snapshot {
  return new Map(
    [...PROTOTYPES].map(([name, prototype]) => [
      name,
      Reflect.ownKeys(prototype).map(
        (key) => [key, Reflect.getOwnPropertyDescriptor(prototype, key)?.value] as const,
      ),
    ]),
  );
}

/** Names of those that have a key more or less, or another value. */
function changed(before: Snapshot): string[] {
  const now = snapshot();
  return [...before].flatMap(([name, keys]) => {
    const own = now.get(name) ?? [];
    const isSame =
      own.length === keys.length &&
      keys.every(([key, value], n) => own[n]?.[0] === key && Object.is(own[n]?.[1], value));
    return isSame ? [] : [name];
  });
}

function restore(before: Snapshot): void {
  for (const [name, prototype] of PROTOTYPES) {
    const keys = new Map(before.get(name));
    for (const key of Reflect.ownKeys(prototype)) {
      if (!keys.has(key)) Reflect.deleteProperty(prototype, key);
    }
    for (const [key, value] of keys) {
      const own = Reflect.getOwnPropertyDescriptor(prototype, key);
      if (own && 'value' in own && !Object.is(own.value, value)) Reflect.set(prototype, key, value);
    }
  }
}
