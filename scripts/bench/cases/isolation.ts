import type { BenchCase } from '../case.ts';
import { benchIsolation, ISOLATION_METHOD } from '../isolation.ts';

/** What three troubled connections cost the others in time; no target, for the promise is that they lose nothing. */
export const isolation: BenchCase = {
  name: 'isolation',
  about: 'what one dead, one slow and one oversized connection cost the others',
  isDefault: false,
  async run({ rounds, progress, signal }) {
    const { ratios, p99Ms } = await benchIsolation(rounds, (round) => {
      signal.throwIfAborted();
      progress(`round ${round} of ${rounds}`);
    });
    return {
      case: 'isolation',
      targets: [],
      rows: [
        { label: 'with trouble : without', figures: new Map(Object.entries(ratios)) },
        {
          label: 'p99, ms',
          figures: new Map([
            ['without', p99Ms.without],
            ['with', p99Ms.with],
          ]),
        },
      ],
      charts: [],
      method: ISOLATION_METHOD,
    };
  },
};
