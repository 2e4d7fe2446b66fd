import { type ProgramWords, readOptions } from './options.ts';
import type { Proof } from './proof.ts';
import { printed, reportOf } from './report.ts';
import { runProofs } from './runner.ts';

/** A terminal's Ctrl-C can come twice: from the terminal, and handed on by npm. Within this it is one. */
const SAME_SIGNAL_MS = 500;
const ERASE_LINE = '\r\u001b[K';

/** `npm run prove` (docs/proofs.md) or `npm run attack` (docs/attacks.md). Sets the exit code: 0 all hold, 1 not all, 2 a wrong call. */
export async function runProgram(
  args: readonly string[],
  proofs: readonly Proof[],
  words: ProgramWords,
): Promise<void> {
  const options = readOptions(
    args,
    proofs.map(({ id }) => id),
    {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    },
    words,
  );
  if ('exitCode' in options) {
    process.exitCode = options.exitCode;
    return;
  }
  const { size, seed, only, json } = options;
  const chosen = proofs.filter(({ id }) => only?.includes(id) ?? true);
  if (options.list) {
    const list = chosen.map(({ id, claim }) => ({ id, claim }));
    console.log(
      json ? JSON.stringify(list) : list.map(({ id, claim }) => `${id.padEnd(4)} ${claim}`).join('\n'),
    );
    return;
  }

  const isTerminal = process.stderr.isTTY;
  const columns = process.stderr.columns || 80;
  const show = (text: string) => process.stderr.write(`${ERASE_LINE}${text}`);
  const stop = stopOnSignals(() => show('stopping; once more to stop at once\n'));
  const runs = await runProofs(chosen, {
    size,
    seed,
    signal: stop.signal,
    program: words.program,
    progress: (text) => void (isTerminal && show(text.slice(0, columns - 1))),
    over: ({ id, holds, figure, seconds }) => {
      if (isTerminal) show('');
      if (!json)
        console.error(`${id.padEnd(4)} ${holds ? 'holds' : 'FAILS'}  ${figure}  ${seconds.toFixed(1)} s`);
    },
  });
  stop.end();
  const report = reportOf(runs, size, seed);
  console.log(json ? JSON.stringify(report) : `\n${printed(runs)}`);
  process.exitCode = report.holds ? 0 : 1;
}

/** The first signal aborts, so that every proof stops what it started; a second one ends the process there and then. */
function stopOnSignals(told: () => void): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  let first: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      told();
      controller.abort(new Error('stopped by a signal'));
    } else if (now - first > SAME_SIGNAL_MS) process.exit(1);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    end() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
