import type { Proof, Size } from '../../prove/proof.ts';
import { replayCommand } from '../../prove/replay.ts';
import { type FloodReport, runFlood } from '../flood/run.ts';
import { DIALECTS } from '../world/dialects.ts';

/** Fewer a change than the limit: the first are taken, and what the flooder then holds is looked at before it is cut. */
const SIZES: Readonly<Record<Size, { readonly changes: number; readonly framesPerChange: number }>> = {
  short: { changes: 32, framesPerChange: 60 },
  normal: { changes: 96, framesPerChange: 250 },
  long: { changes: 1_000, framesPerChange: 250 },
};
const OTHERS = 100;

/** S12: one socket that floods (GHSA-hv3w-m4g2-5x77: one that flooded `subscribe` ended the whole process elsewhere). */
export const attack: Proof = {
  id: 'S12',
  claim: 'one socket that floods is refused and cut, and a hundred others lose nothing meanwhile',
  async run({ size, seed, signal, progress }) {
    const reports: FloodReport[] = [];
    for (const dialect of DIALECTS) {
      progress(dialect);
      reports.push(await runFlood({ dialect, others: OTHERS, ...SIZES[size], signal }));
    }
    const sum = (value: (report: FloodReport) => number) =>
      reports.reduce((all, report) => all + value(report), 0);
    const trace = reports.flatMap(({ faults }, n) => faults.map((fault) => `${DIALECTS[n]}: ${fault}`));
    const held = Math.max(...reports.map((report) => report.held));
    const complete = sum((report) => report.complete);
    return {
      holds: trace.length === 0,
      figure: `${complete} of ${OTHERS * reports.length} others had every change, in order; of ${sum(({ frames }) => frames)} frames ${sum(({ taken }) => taken)} taken; subscriptions held at most ${held}`,
      measures: { complete, frames: sum(({ frames }) => frames), taken: sum(({ taken }) => taken), held },
      ...(trace.length > 0 && { trace: [...trace, replayCommand('S12', size, seed, 'attack')] }),
    };
  },
};
