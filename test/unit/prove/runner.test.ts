import { expect, test } from '@jest/globals';
import type { Proof, ProofOptions } from '../../../scripts/prove/proof.ts';
import { runProofs } from '../../../scripts/prove/runner.ts';

const proof = (id: string, run: Proof['run']): Proof => ({ id, claim: `claim of ${id}`, run });
const holding = proof('T1', async () => ({ holds: true, figure: 'lost 0', measures: { lost: 0 } }));
const options = {
  size: 'short' as const,
  seed: 7,
  signal: new AbortController().signal,
  progress: () => {},
};

test('a proof that throws does not hold, shows its stack and the command that replays it; the others run', async () => {
  const throwing = proof('T2', async () => {
    throw new Error('no such shard');
  });
  const runs = await runProofs([throwing, holding], options);
  expect(runs.map(({ id, holds }) => [id, holds])).toEqual([
    ['T2', false],
    ['T1', true],
  ]);
  expect(runs[0]?.figure).toBe('threw: Error: no such shard');
  expect(runs[0]?.trace?.join('\n')).toMatch(/no such shard\n.* at .*runner\.test/s);
  expect(runs[0]?.trace?.at(-1)).toBe('again: npm run prove -- --short --only T2 --seed 7');
});

test('a proof is given size, seed, signal and progress as they were asked for', async () => {
  let given: ProofOptions | undefined;
  const lines: string[] = [];
  const asking = proof('T3', async (own) => {
    given = own;
    own.progress('half way');
    return holding.run(own);
  });
  await runProofs([holding, asking], { ...options, progress: (text) => void lines.push(text) });
  expect(given).toMatchObject({ size: 'short', seed: 7, signal: options.signal });
  expect(lines.at(-1)).toBe('T3 (2 of 2) half way');
});

test('once stopped, what has not ended is reported as stopped and nothing more is begun', async () => {
  const controller = new AbortController();
  let begun = 0;
  const stopping = proof('T4', async ({ signal }) => {
    begun += 1;
    controller.abort(new Error('by hand'));
    signal.throwIfAborted();
    return holding.run({ ...options, signal });
  });
  const runs = await runProofs([stopping, stopping], { ...options, signal: controller.signal });
  expect(begun).toBe(1);
  expect(runs.map(({ holds, figure }) => [holds, figure])).toEqual([
    [false, 'stopped'],
    [false, 'stopped'],
  ]);
});

test('each proof is told of as soon as it is over, with the seconds it took', async () => {
  const over: string[] = [];
  const runs = await runProofs([holding], { ...options, over: ({ id }) => void over.push(id) });
  expect(over).toEqual(['T1']);
  expect(runs[0]?.seconds).toBeGreaterThanOrEqual(0);
  expect(runs[0]).toMatchObject({ claim: 'claim of T1', measures: { lost: 0 } });
});
