import type { Proof, Size } from '../../prove/proof.ts';
import { replayCommand } from '../../prove/replay.ts';
import { runAccessDifferential } from '../access/differential.ts';

const TRIPLES: Readonly<Record<Size, number>> = { short: 20_000, normal: 200_000, long: 1_000_000 };

/** T9: rules, people and items at random, through the relay and through a reference written from Amplify's words. */
export const attack: Proof = {
  id: 'T9',
  claim:
    'whatever the rules, nobody is sent an item or a field they may not read, and everybody what they may',
  async run({ size, seed, signal, progress }) {
    const figures = await runAccessDifferential({
      seed,
      triples: TRIPLES[size],
      onProgress(triples) {
        signal.throwIfAborted();
        progress(`${triples} of ${TRIPLES[size]}`);
      },
    });
    const { schemas, triples, readable, leaks, falseDenials, fields, trace } = figures;
    return {
      holds: leaks === 0 && falseDenials === 0 && readable > 0,
      figure: `${triples} rules × identities × images (${readable} may be read, ${schemas} schemas, ${fields} fields): leaks ${leaks}, false denials ${falseDenials}`,
      measures: { schemas, triples, readable, leaks, falseDenials, fields },
      trace: [...trace, replayCommand('T9', size, seed, 'attack')],
    };
  },
};
