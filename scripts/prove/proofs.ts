import type { Proof } from './proof.ts';
import { proof as contract } from './proofs/contract.ts';
import { proof as gap } from './proofs/gap.ts';
import { proof as isolation } from './proofs/isolation.ts';
import { proof as kill } from './proofs/kill.ts';
import { proof as lambdaPath } from './proofs/lambda-path.ts';
import { proof as mutations } from './proofs/mutations.ts';
import { proof as orphans } from './proofs/orphans.ts';
import { proof as poison } from './proofs/poison.ts';
import { proof as races } from './proofs/races.ts';
import { proof as soak } from './proofs/soak.ts';
import { proof as terminate } from './proofs/terminate.ts';
import { proof as workerPath } from './proofs/worker-path.ts';

/** Every proof there is, in the order they are run and printed (RELIABILITY §5). */
export const PROOFS: readonly Proof[] = [
  lambdaPath,
  workerPath,
  kill,
  terminate,
  mutations,
  races,
  poison,
  isolation,
  orphans,
  soak,
  contract,
  gap,
];
