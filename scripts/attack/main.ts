import type { ProgramWords } from '../prove/options.ts';
import { runProgram } from '../prove/program.ts';
import { ATTACKS } from './attacks.ts';

const WORDS: ProgramWords = {
  program: 'attack',
  description:
    'Attacks the relay in every way its threat model names: each line of the table is one attack that failed.',
  example: 'T6',
};

/** `npm run attack`: see docs/attacks.md. Sets the exit code: 0 none got through, 1 one did, 2 a wrong call. */
export function main(args: readonly string[]): Promise<void> {
  return runProgram(args, ATTACKS, WORDS);
}
