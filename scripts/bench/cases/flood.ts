import { runFlood } from '../../attack/flood/run.ts';
import type { BenchCase } from '../case.ts';
import { type Spread, spread } from '../statistics.ts';

const OTHERS = 100;
const CHANGES = 200;
/** The flooder is refused after 300 frames: these are enough for it to be so within the first changes, and to go on. */
const FRAMES_PER_CHANGE = 50;

interface Measurement {
  readonly p50: number;
  readonly p99: number;
}

/** What one flooding socket costs the others in time; no target, for the promise is that they lose nothing. */
export const flood: BenchCase = {
  name: 'flood',
  about: 'what one socket that floods frames costs the others',
  isDefault: false,
  async run({ rounds, progress, signal }) {
    const measure = async (framesPerChange: number): Promise<Measurement> => {
      const { latencies, faults } = await runFlood({
        dialect: 'graphql-transport-ws',
        others: OTHERS,
        changes: CHANGES,
        framesPerChange,
        signal,
      });
      if (faults.length > 0) throw new Error(faults.join('\n'));
      const sorted = latencies.toSorted((a, b) => a - b);
      const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
      return { p50: at(0.5), p99: at(0.99) };
    };
    progress('warming up');
    await measure(FRAMES_PER_CHANGE);
    const measured: { readonly without: Measurement; readonly with: Measurement }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1} of ${rounds}`);
      const isFloodFirst = round % 2 === 1;
      const first = await measure(isFloodFirst ? FRAMES_PER_CHANGE : 0);
      const second = await measure(isFloodFirst ? 0 : FRAMES_PER_CHANGE);
      measured.push(isFloodFirst ? { with: first, without: second } : { with: second, without: first });
    }
    const ratio = (name: keyof Measurement): Spread =>
      spread(measured.map((round) => round.with[name] / round.without[name]));
    const ms = (which: 'with' | 'without'): Spread => spread(measured.map((round) => round[which].p99));
    return {
      case: 'flood',
      targets: [],
      rows: [
        {
          label: 'with the flood : without',
          figures: new Map([
            ['p50', ratio('p50')],
            ['p99', ratio('p99')],
          ]),
        },
        {
          label: 'p99, ms',
          figures: new Map([
            ['without', ms('without')],
            ['with', ms('with')],
          ]),
        },
      ],
      charts: [],
      method: `${CHANGES} changes, one batch each, to ${OTHERS} connections in one process with one more that sends ${FRAMES_PER_CHANGE} frames at once beside each change: subscriptions, pings and what is no JSON. It is refused after 300 frames, as by default, and goes on. Latency is from the arrival of a change until it was handed over for all ${OTHERS}. Memory registry, no network; with and without are interleaved in every round, in turning order; the ratio is formed within a round. On AWS the flooder's frames are invocations of their own, beside those that deliver: this is the worst case, one process for both.`,
    };
  },
};
