import type { BenchCase } from '../case.ts';
import { NOT_INSTALLED } from '../figures.ts';
import { arePeersInstalled } from '../peers/install.ts';
import type { ProgramName } from '../programs/program.ts';
import type { Cell } from '../workload.ts';
import { assertSame, type Measurement, startWorld } from '../world.ts';

const CELL: Cell = { subscribers: 400, matches: 100, documents: 10 };
const EVENTS = 2;

/** P6: how often one event is rendered. A count, so that one round tells all. */
export const renderings: BenchCase = {
  name: 'renderings',
  about: 'renderings an event, of subscribers with ten different selections (P6)',
  isDefault: true,
  async run({ progress, signal }) {
    const peers: readonly ProgramName[] = arePeersInstalled() ? ['gls', 'alg'] : [];
    const world = await startWorld();
    try {
      const measured = new Map<ProgramName, Measurement>();
      for (const name of ['tablecast' as const, ...peers]) {
        signal.throwIfAborted();
        progress(name);
        const program = await world.start(name, 64);
        await program.prepare(CELL);
        measured.set(name, await program.run(CELL, { first: 0, batches: EVENTS, eventsPerBatch: 1 }));
        program.stop();
      }
      assertSame(measured);
      const perEvent = (name: ProgramName) => {
        const count = measured.get(name)?.renderings;
        return count === undefined ? undefined : count / EVENTS;
      };
      const own = perEvent('tablecast');
      const { subscribers, matches, documents } = CELL;
      return {
        case: 'renderings',
        targets: [
          {
            id: 'P6',
            figure: `renderings an event; ${subscribers} subscribers, ${matches} match, ${documents} selections`,
            target: `= distinct rendering keys (${documents})`,
            measured: String(own),
            peer: `GLS ${perEvent('gls') ?? NOT_INSTALLED} · ALG ${perEvent('alg') ?? NOT_INSTALLED}, and parses, validates and subscribes ${subscribers} times`,
            met: own === documents,
            command: 'npm run bench -- --case renderings',
          },
        ],
        rows: [...measured.keys()].map((name) => ({
          label: name,
          figures: new Map([['renderings an event', perEvent(name) ?? Number.NaN]]),
        })),
        charts: [
          {
            title: 'Renderings an event',
            unit: 'renderings',
            groups: [`${matches} matches, ${documents} selections`],
            series: [...measured.keys()].map((name) => ({ name, values: [perEvent(name)] })),
          },
        ],
        method: `${EVENTS} events to ${subscribers} subscribers of whom ${matches} match, with ${documents} different selections among them. Ours are counted by the pipeline itself (its batch line), those of the peers by the resolver of the subscription field. What was delivered is compared.`,
      };
    } finally {
      world.stop();
    }
  },
};
