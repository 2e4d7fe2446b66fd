import type { Proof, Size } from '../../prove/proof.ts';
import { replayCommand } from '../../prove/replay.ts';
import { createCostBook } from '../fuzz/cost.ts';
import { fuzzHttp } from '../fuzz/http.ts';
import { keptBytes } from '../fuzz/memory.ts';
import { fuzzSockets } from '../fuzz/sockets.ts';

const FRAMES: Readonly<Record<Size, number>> = { short: 12_000, normal: 100_000, long: 1_000_000 };
/** Of all, this share are HTTP bodies. */
const HTTP_SHARE = 0.1;
const MAX_CPU_MS = 150;
/** Frames after which all that is kept for good (caches, with their bounds) is taken to be there. */
const WARM = 0.4;
/** What the heap may have grown by between then and the end: less than 1 KB a frame of the short form, 20 bytes of the long. */
const MAX_GROWTH = 12 * 1024 * 1024;

/** T6: whatever is sent, it is answered as PROTOCOL.md says, and costs little. */
export const attack: Proof = {
  id: 'T6',
  claim: 'whatever frame or body is sent, it is answered as PROTOCOL.md says, and for little CPU and memory',
  async run({ size, seed, signal, progress }) {
    const total = FRAMES[size];
    const requests = Math.round(total * HTTP_SHARE);
    const frames = total - requests;
    const costs = createCostBook();
    const onFrames = (done: number) => {
      signal.throwIfAborted();
      if (done % 2_000 < 40) progress(`${done} of ${frames} frames`);
    };
    const first = await fuzzSockets({ seed, frames: Math.round(frames * WARM), costs, onFrames });
    const web = await fuzzHttp({ seed, requests, costs });
    const warm = keptBytes();
    const second = await fuzzSockets({ seed: seed + 1, frames: frames - first.frames, costs, onFrames });
    const grown = keptBytes() - warm;
    progress('the worst frames again, each alone');
    const worst = await costs.worstAlone();

    const crashes = first.crashes + second.crashes + web.crashes;
    const wrong = first.wrong + second.wrong + web.wrong;
    const p99 = costs.quantile(0.99);
    const trace = [...first.trace, ...second.trace, ...web.trace];
    if (worst.ms > MAX_CPU_MS) trace.push(`${worst.ms.toFixed(0)} ms of CPU: ${worst.name}`);
    if (grown > MAX_GROWTH) trace.push(`the heap grew by ${grown} bytes in ${second.frames} frames`);
    return {
      holds: trace.length === 0,
      figure: `${total} frames and bodies: crashes ${crashes}, unanswered or answered wrongly ${wrong}; CPU p99 ${p99.toFixed(1)} ms, worst ${worst.ms.toFixed(0)} ms; heap ${grown < 0 ? '' : '+'}${(grown / 2 ** 20).toFixed(1)} MB`,
      measures: { frames: total, crashes, wrong, p99Ms: p99, worstMs: worst.ms, grownBytes: grown },
      ...(trace.length > 0 && { trace: [...trace.slice(0, 30), replayCommand('T6', size, seed, 'attack')] }),
    };
  },
};
