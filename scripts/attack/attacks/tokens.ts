import type { Proof } from '../../prove/proof.ts';
import { runTokenVectors } from '../tokens/vectors.ts';

/** S4: tokens that are wrong in every way known, on the real verifier with keys it fetches over HTTP. */
export const attack: Proof = {
  id: 'S4',
  claim: 'no token is taken that is forged, expired, of another, or made to confuse',
  async run({ progress }) {
    progress('vectors');
    const outcomes = await runTokenVectors();
    const taken = outcomes.filter(({ refused }) => !refused);
    return {
      holds: taken.length === 0 && outcomes.length >= 30,
      figure: `${outcomes.length} token vectors: taken ${taken.length}, refused ${outcomes.length - taken.length}`,
      measures: { vectors: outcomes.length, taken: taken.length },
      ...(taken.length > 0 && {
        trace: taken.map(({ name }) => `${name}: expected it to be refused, got it taken`),
      }),
    };
  },
};
