import type { Size } from './proof.ts';

/** What runs proofs: `npm run prove` shows that promises hold when things fail, `npm run attack` that they hold under attack. */
export type Program = 'prove' | 'attack';

/** The command that shows a failing run again: the proof begins with that very seed. */
export function replayCommand(id: string, size: Size, seed: number, program: Program = 'prove'): string {
  const sizing = size === 'normal' ? '' : ` --${size}`;
  return `npm run ${program} --${sizing} --only ${id} --seed ${seed}`;
}
