import type { Proof, Size } from '../proof.ts';
import { runLambdaTrial } from '../simulation/lambda-path.ts';
import { proveSeeds, type Stage } from '../simulation/seeds.ts';

const SMALL = { connections: 12, subscriptions: 4, changes: 200, items: 16 };
const MEDIUM = { connections: 40, subscriptions: 10, changes: 1_000, items: 60 };
/** RELIABILITY's own size. Filters name an item, or a run would be a thousand million payloads. */
const FULL = { connections: 200, subscriptions: 500, changes: 20_000, items: 5_000, isSelective: true };

const STAGES: Readonly<Record<Size, readonly Stage[]>> = {
  short: [{ size: SMALL, seeds: 4 }],
  normal: [
    { size: SMALL, seeds: 60 },
    { size: MEDIUM, seeds: 3 },
  ],
  long: [
    { size: SMALL, seeds: 1_000 },
    { size: MEDIUM, seeds: 40 },
    { size: FULL, seeds: 1 },
  ],
};

/** T1: simulation of the Lambda path. */
export const proof: Proof = {
  id: 'T1',
  claim: 'Lambda path, everything around it failing: nothing lost, leaked, out of order or stalled',
  run: (options) => proveSeeds('T1', runLambdaTrial, STAGES[options.size], options),
};
