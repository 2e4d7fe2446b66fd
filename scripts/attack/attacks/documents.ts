import type { Proof, Size } from '../../prove/proof.ts';
import { replayCommand } from '../../prove/replay.ts';
import { createCostBook } from '../fuzz/cost.ts';
import { sendHostileDocuments } from '../fuzz/documents.ts';

const MAX_CPU_MS = 150;
/** The short form sends every fourth. */
const EVERY: Readonly<Record<Size, number>> = { short: 4, normal: 1, long: 1 };

/** S11: documents and filters that are within every limit, and made to cost as much as they can. */
export const attack: Proof = {
  id: 'S11',
  claim: 'no document or filter within the limits costs more CPU than a frame may',
  async run({ size, seed, signal, progress }) {
    const costs = createCostBook();
    progress('documents');
    const { documents, unanswered, trace } = await sendHostileDocuments({
      costs,
      signal,
      every: EVERY[size],
    });
    progress('the worst again, each alone');
    const worst = await costs.worstAlone();
    const slow = worst.ms > MAX_CPU_MS ? [`${worst.ms.toFixed(0)} ms of CPU: ${worst.name}`] : [];
    const faults = [...trace, ...slow];
    return {
      holds: faults.length === 0 && documents > 0,
      figure: `${documents} hostile documents: unanswered ${unanswered}; CPU p99 ${costs.quantile(0.99).toFixed(0)} ms, worst ${worst.ms.toFixed(0)} ms (${worst.name})`,
      measures: { documents, unanswered, p99Ms: costs.quantile(0.99), worstMs: worst.ms, worst: worst.name },
      ...(faults.length > 0 && {
        trace: [...faults.slice(0, 20), replayCommand('S11', size, seed, 'attack')],
      }),
    };
  },
};
