import { createDynamoDBRegistry } from '../../../src/adapters/dynamodb/registry.ts';
import { close } from '../../../src/relay/close.ts';
import type { RelayContext } from '../../../src/relay/context.ts';
import { createDeliver } from '../../../src/relay/deliver/deliver.ts';
import { keepAlive } from '../../../src/relay/keepalive.ts';
import { open } from '../../../src/relay/open.ts';
import { receive } from '../../../src/relay/receive.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { createFakeConnections } from '../../../src/testing/connections.ts';
import type { DynamoDBTable } from '../../../src/testing/dynamodb-table.ts';
import type { SeededRandom } from '../../../src/testing/random.ts';
import { createdRecord } from '../races/records.ts';
import { createMortalTable, type MortalTable, TABLE_NAME } from './mortal-table.ts';

const TOPICS = ['x', 'y', 'z'] as const;

const LOST_DISCONNECTS = 0.3;
const DEATHS = 0.05;

/** Effects after which a process that is to die does: some calls have fewer and live. */
const MOST_EFFECTS = 10;

/** Connections that came, subscribed, and went, and the table they have left. */
export interface Leavings {
  readonly table: MortalTable;
  readonly now: () => number;
  /** Calls that died, and `$disconnect`s that never came. */
  readonly deaths: number;
  readonly lost: number;
  /** Connections whose `$connect` died half-way. */
  readonly unborn: ReadonlySet<string>;
  /** One event per topic through the pipeline, on a table. */
  deliverToEach(table: DynamoDBTable): Promise<void>;
  /** One sweep over all live connections. */
  sweep(table: DynamoDBTable): Promise<void>;
}

/** @param onCycle called now and then, with how many are done */
export async function runCycles(
  base: RelayContext,
  cycles: number,
  random: SeededRandom,
  onCycle: (done: number) => void,
): Promise<Leavings> {
  let deaths = 0;
  let lost = 0;
  const unborn = new Set<string>();
  const clock = createVirtualClock();
  const connections = createFakeConnections({ clock });
  const table = createMortalTable(random);
  const processOn = (client: DynamoDBTable): RelayContext => ({
    ...base,
    clock,
    registry: createDynamoDBRegistry({ client, tableName: TABLE_NAME, clock, random: () => random.next() }),
    transport: connections.transport,
  });
  const call = async (work: (context: RelayContext) => Promise<unknown>): Promise<boolean> => {
    const effects = random.chance(DEATHS) ? random.integer(MOST_EFFECTS) : Number.POSITIVE_INFINITY;
    const came = await table.run(effects, () => work(processOn(table.client)));
    if (came === 'died') deaths += 1;
    return came === 'ended';
  };
  const frame = (id: string, message: object) =>
    call((context) => receive(context, { connectionId: id, body: JSON.stringify(message) }));

  const cycle = async (id: string) => {
    connections.open(id);
    const headers = new Map([['sec-websocket-protocol', 'graphql-transport-ws']]);
    const upgrade = { connectionId: id, stage: 'proof', connectedAt: clock.now(), headers, query: new Map() };
    if (!(await call((context) => open(context, upgrade)))) unborn.add(id);
    else await frame(id, { type: 'connection_init' });
    const ids = Array.from({ length: random.integer(4) }, (_, n) => `${n}`);
    const operations = ids.map(async (clientId) => {
      const argument = random.chance(0.8) ? `(title: "${random.pick(TOPICS)}")` : '';
      const query = `subscription { onCreateTodo${argument} { id } }`;
      const started = frame(id, { type: 'subscribe', id: clientId, payload: { query } });
      if (random.chance(0.5)) await started;
      if (random.chance(0.4)) await frame(id, { type: 'complete', id: clientId });
      await started;
    });
    if (random.chance(0.7)) await Promise.all(operations);
    connections.close(id);
    if (random.chance(LOST_DISCONNECTS)) lost += 1;
    else await call((context) => close(context, id));
    await Promise.all(operations);
  };

  for (let n = 0; n < cycles; n += 1) {
    await clock.run(cycle(`connection-${n}`));
    await clock.advance(random.integer(100));
    if (n % 50 === 0) onCycle(n);
  }
  // Nobody is so young that the gateway may not know it yet, nor still has time for its init.
  await clock.advance(120_000);
  return {
    table,
    now: () => clock.now(),
    deaths,
    lost,
    unborn,
    async deliverToEach(client) {
      const deliver = createDeliver(processOn(client));
      for (const [n, topic] of TOPICS.entries()) {
        const record = createdRecord(`item-${topic}`, clock.now(), n, topic);
        const { failedFrom } = await clock.run(
          deliver([record], { remainingMs: () => Number.POSITIVE_INFINITY }),
        );
        if (failedFrom)
          throw new Error(`expected the event of topic ${topic} to be done, got ${failedFrom.reason}`);
      }
    },
    async sweep(client) {
      await clock.run(keepAlive(processOn(client), { remainingMs: () => Number.POSITIVE_INFINITY }));
    },
  };
}
