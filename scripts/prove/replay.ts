import type { Size } from './proof.ts';

/** The command that shows a failing run again: the proof begins with that very seed. */
export function replayCommand(id: string, size: Size, seed: number): string {
  const sizing = size === 'normal' ? '' : ` --${size}`;
  return `npm run prove --${sizing} --only ${id} --seed ${seed}`;
}
