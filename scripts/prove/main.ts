import { PROVE } from './options.ts';
import { runProgram } from './program.ts';
import { PROOFS } from './proofs.ts';

/** `npm run prove`: see docs/proofs.md. Sets the exit code: 0 all hold, 1 not all, 2 a wrong call. */
export function main(args: readonly string[]): Promise<void> {
  return runProgram(args, PROOFS, PROVE);
}
