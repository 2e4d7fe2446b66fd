import type { Proof } from '../../prove/proof.ts';
import { PROTOTYPE_NAMES } from '../fuzz/mutate.ts';
import { runPollution } from '../pollution/run.ts';

/** S13: names that reach what every object inherits, where somebody copies or reads them without looking. */
export const attack: Proof = {
  id: 'S13',
  claim: 'no name a client or an item has reaches a prototype, or changes what anybody else is told',
  async run() {
    const { frames, polluted, isSame, trace } = await runPollution();
    return {
      holds: trace.length === 0,
      figure: `${PROTOTYPE_NAMES.length} names in ${frames} frames, bodies and upgrades: prototypes polluted ${polluted}, others told ${isSame ? 'the same' : 'something else'}`,
      measures: { frames, polluted, isSame },
      ...(trace.length > 0 && { trace }),
    };
  },
};
