import type { Size } from './proof.ts';
import type { ProofRun } from './runner.ts';

const CLAIM_WIDTH = 44;
const FIGURE_WIDTH = 52;

/** The table of what was run, with the traces of what does not hold below it. */
export function printed(runs: readonly ProofRun[]): string {
  const idWidth = Math.max(2, ...runs.map(({ id }) => id.length));
  const line = (id: string, claim: string, figure: string, holds: string, seconds: string) =>
    `${id.padEnd(idWidth)}  ${claim.padEnd(CLAIM_WIDTH)}  ${figure.padEnd(FIGURE_WIDTH)}  ${holds.padEnd(5)}  ${seconds.padStart(7)}`.trimEnd();
  const rows = runs.flatMap(({ id, claim, figure, holds, seconds }) => {
    const claims = wrapped(claim, CLAIM_WIDTH);
    const figures = wrapped(figure, FIGURE_WIDTH);
    return Array.from({ length: Math.max(claims.length, figures.length) }, (_, at) =>
      at === 0
        ? line(id, claims[0] ?? '', figures[0] ?? '', holds ? 'yes' : 'NO', seconds.toFixed(1))
        : line('', claims[at] ?? '', figures[at] ?? '', '', ''),
    );
  });
  const traces = runs.flatMap(({ id, holds, trace }) =>
    holds || !trace ? [] : ['', `${id} does not hold:`, ...trace.map((text) => `  ${text}`)],
  );
  const held = runs.filter(({ holds }) => holds).length;
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  return [
    line('id', 'claim', 'figure', 'holds', 'seconds'),
    ...rows,
    '',
    `${held} of ${runs.length} hold, ${seconds.toFixed(1)} s`,
    ...traces,
  ].join('\n');
}

/** The same for a program. */
export interface ProveReport {
  readonly holds: boolean;
  readonly size: Size;
  readonly seed: number;
  readonly node: string;
  readonly proofs: readonly ProofRun[];
}

export function reportOf(runs: readonly ProofRun[], size: Size, seed: number): ProveReport {
  return { holds: runs.every(({ holds }) => holds), size, seed, node: process.version, proofs: runs };
}

/** Words into lines of at most `width` characters; a longer word has a line of its own. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
