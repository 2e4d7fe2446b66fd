import { keepAlive } from '../../../src/relay/keepalive.ts';
import { operationFaults } from './faults.ts';
import { createProcess } from './process.ts';
import { between } from './randomness.ts';
import type { World } from './world.ts';

/** Now and then nobody can post, or nobody can reach the relay table, for some seconds. Ends with the faults. */
export async function runOutages(world: World): Promise<void> {
  const { clock, gateway } = world;
  const random = world.random('outages');
  for (;;) {
    await clock.sleep(between(random, 5_000, 25_000));
    if (world.isCalm) return;
    const isTable = random.chance(0.4);
    if (isTable) world.isTableDown = true;
    else gateway.fake.outage(random.pick(['unavailable', 'throttled', 'forbidden', 'reset'] as const));
    await clock.sleep(between(random, 300, 4_000));
    world.isTableDown = false;
    gateway.fake.outage(undefined);
  }
}

/** How often the sweep runs, ms: more often than in earnest, since tokens here expire within a minute. */
const SWEEP_MS = 20_000;

/** The keepalive function on its schedule: the sweep that tells clients of expired tokens and finds those who are gone. */
export async function runKeepAlive(world: World, isOver: () => boolean): Promise<void> {
  const { clock } = world;
  const random = world.random('keepalive');
  for (let run = 0; !isOver(); run += 1) {
    await clock.sleep(SWEEP_MS);
    const process = createProcess();
    const context = world.relay(process, operationFaults(random, world.rates.operation), `sweep ${run}`);
    const sweep = keepAlive(context, { remainingMs: () => 60_000 });
    await Promise.race([sweep, process.died]).catch(() => {});
  }
}
