import type { Proof, Size } from '../../prove/proof.ts';
import { replayCommand } from '../../prove/replay.ts';
import { runOldImageLeak } from '../access/old-image.ts';

/** Changes drawn; the long form makes every one there is. */
const CHANGES: Readonly<Record<Size, number | undefined>> = { short: 300, normal: 3_000, long: undefined };

/** T10: what leaves the set of items somebody may read, in every way there is. */
export const attack: Proof = {
  id: 'T10',
  claim: 'an item that leaves what somebody may read takes with it every byte they may not',
  async run({ size, seed, signal, progress }) {
    const drawn = CHANGES[size];
    const { changes, frames, leakedBytes, told, wrong, trace } = await runOldImageLeak({
      seed,
      ...(drawn !== undefined && { changes: drawn }),
      onProgress(done) {
        signal.throwIfAborted();
        progress(`${done} changes`);
      },
    });
    return {
      holds: leakedBytes === 0 && told === 0 && wrong === 0 && frames > 0,
      figure: `${changes} changes, ${frames} frames: bytes leaked ${leakedBytes}, told of what may not be read ${told}, wrong or missing ${wrong}`,
      measures: { changes, frames, leakedBytes, told, wrong },
      trace: [...trace, replayCommand('T10', size, seed, 'attack')],
    };
  },
};
