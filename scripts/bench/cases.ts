import type { BenchCase } from './case.ts';
import { bundles } from './cases/bundles.ts';
import { cold } from './cases/cold.ts';
import { delivery } from './cases/delivery.ts';
import { flood } from './cases/flood.ts';
import { growth } from './cases/growth.ts';
import { isolation } from './cases/isolation.ts';
import { latency } from './cases/latency.ts';
import { matrix, matrixLatency } from './cases/matrix.ts';
import { renderings } from './cases/renderings.ts';
import { requests } from './cases/requests.ts';

/** Everything `npm run bench` can measure, in the order it does. */
export const CASES: readonly BenchCase[] = [
  renderings,
  delivery,
  cold,
  growth,
  bundles,
  requests,
  matrix,
  matrixLatency,
  latency,
  isolation,
  flood,
];
