import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Size } from './proof.ts';
import type { Program } from './replay.ts';

/** What one call of `npm run prove` or `npm run attack` asks for. */
export interface ProveOptions {
  readonly size: Size;
  /** Ids as the list has them; undefined: all. */
  readonly only: readonly string[] | undefined;
  readonly seed: number;
  readonly json: boolean;
  readonly list: boolean;
}

/** The call was answered with help, or was wrong: what was to be printed has been. */
export interface Answered {
  /** 0 after `--help`, 2 after a wrong call. */
  readonly exitCode: 0 | 2;
}

/** Where help and errors of a call go. */
export interface OptionsOutput {
  out(text: string): void;
  err(text: string): void;
}

/** What the help of a program says of it. */
export interface ProgramWords {
  readonly program: Program;
  readonly description: string;
  /** Ids for the examples of `--only`. */
  readonly example: string;
}

export const PROVE: ProgramWords = {
  program: 'prove',
  description: 'Shows what the relay promises, by running it: each line of the table is one proof.',
  example: 'T2',
};

const helpOf = ({ program, example }: ProgramWords) => `
Sizes: --short is part of CI (all together under a minute); without, some minutes; --long is for a night.
Exit code 0 when every ${program === 'attack' ? 'attack failed, 1 when one got through' : 'proof holds, 1 when one does not'} (or the run was stopped), 2 for a wrong call.
Examples:
  npm run ${program} -- --short
  npm run ${program} -- --only ${example} --seed 4711`;

/**
 * Reads the arguments of `npm run prove --` (or `attack`).
 * @param known ids there are, for `--only`
 */
export function readOptions(
  args: readonly string[],
  known: readonly string[],
  output: OptionsOutput,
  words: ProgramWords = PROVE,
): ProveOptions | Answered {
  const program = new Command(`npm run ${words.program} --`)
    .description(words.description)
    .addOption(new Option('--short', 'as in CI').conflicts('long'))
    .addOption(new Option('--long', 'as at night'))
    .option('--only <ids>', `only these, such as ${words.example}`, idsAmong(known))
    .option('--seed <n>', 'where everything random starts', wholeNumber, 1)
    .option('--json', 'one JSON object in place of the table')
    .option('--list', 'what there is, without running it')
    .addHelpText('after', helpOf(words))
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: output.out, writeErr: output.err });
  try {
    const given = program.parse(args, { from: 'user' }).opts<{
      short?: boolean;
      long?: boolean;
      only?: readonly string[];
      seed: number;
      json?: boolean;
      list?: boolean;
    }>();
    return {
      size: given.short ? 'short' : given.long ? 'long' : 'normal',
      only: given.only,
      seed: given.seed,
      json: given.json ?? false,
      list: given.list ?? false,
    };
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2 };
    throw error;
  }
}

function idsAmong(known: readonly string[]) {
  return (text: string, before: readonly string[] = []): readonly string[] => {
    const ids = text
      .split(',')
      .map((id) => id.trim().toUpperCase())
      .filter((id) => id !== '');
    const unknown = ids.filter((id) => !known.includes(id));
    if (ids.length === 0 || unknown.length > 0) {
      throw new InvalidArgumentError(
        `expected ids among ${known.join(', ')}, got ${JSON.stringify(unknown[0] ?? text)}`,
      );
    }
    return [...before, ...ids];
  };
}

/** Seeds are 32 bits: the generators take no more of them. */
function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value >= 2 ** 32) {
    throw new InvalidArgumentError(
      `expected a whole number from 0 to ${2 ** 32 - 1}, got ${JSON.stringify(text)}`,
    );
  }
  return value;
}
