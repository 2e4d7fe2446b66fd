import type { Proof, Size } from '../proof.ts';
import { proveSeeds, type Stage } from '../simulation/seeds.ts';
import { runWorkerTrial } from '../simulation/worker-path.ts';

const SMALL = { connections: 10, subscriptions: 4, changes: 200, items: 16 };
const MEDIUM = { connections: 40, subscriptions: 10, changes: 1_000, items: 60 };

const STAGES: Readonly<Record<Size, readonly Stage[]>> = {
  short: [{ size: SMALL, seeds: 4 }],
  normal: [
    { size: SMALL, seeds: 48 },
    { size: MEDIUM, seeds: 2 },
  ],
  long: [
    { size: SMALL, seeds: 1_000 },
    { size: MEDIUM, seeds: 40 },
  ],
};

/** T2: simulation of the worker path. */
export const proof: Proof = {
  id: 'T2',
  claim:
    'worker path, shards and workers changing all the time: nothing lost, leaked, out of order or stalled',
  run: (options) => proveSeeds('T2', runWorkerTrial, STAGES[options.size], options),
};
