import { pino } from 'pino';
import { createMemoryRegistry } from '../../../src/adapters/memory/registry.ts';
import type { RelayContext } from '../../../src/relay/context.ts';
import { createVirtualClock } from '../../../src/testing/clock.ts';
import { createFakeConnections } from '../../../src/testing/connections.ts';
import { createProofRelay } from '../relay/relay.ts';

const SDL = 'type Todo @table(name: "Todos") { id: ID!  title: String! }';

/** What every interleaving shares, made once: the model, who may connect, and no logs. Registry and clock take others' place. */
export function createRaceRelay(): RelayContext {
  const clock = createVirtualClock();
  const { context } = createProofRelay({
    sdl: SDL,
    registry: createMemoryRegistry({ clock }),
    transport: createFakeConnections({ clock }).transport,
    clock,
    random: () => 0.5,
  });
  return { ...context, logger: pino({ level: 'silent' }) };
}
