#!/usr/bin/env node
import { CommanderError } from 'commander';
import { TablecastError } from '../errors.ts';
import { createProgram } from './program.ts';

/** Exit codes: 0 done (or stopped as asked), 1 failed, 2 called in a wrong way. */
const FAILED = 1;
const WRONG_CALL = 2;

/** Broken off with something left undone that somebody counts on. */
const CUT: ReadonlySet<string> = new Set(['WORKER_CUT', 'REVOCATION_CUT']);

// Which Node runs this is the user's to choose, and `engines` says which will do: eight lines about it are not for each command.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Asked twice, it does not wait for an orderly end; the watchdog takes down what is left.
    if (ending.signal.aborted) process.exit(FAILED);
    ending.abort();
  });
}

// Nobody reads any more (`start | head -20`, a terminal that was closed): a way to end it, and not a fault.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => ending.abort());

const program = createProgram({
  folder: process.cwd(),
  out: process.stdout,
  err: process.stderr,
  signal: ending.signal,
});

try {
  await program.parseAsync(process.argv);
  process.exitCode = 0;
} catch (error) {
  // What was broken off by the signal ended as asked; but for what left something undone.
  const endedAsAsked = ending.signal.aborted && !(error instanceof TablecastError && CUT.has(error.code));
  process.exitCode = endedAsAsked ? 0 : exitCodeOf(error);
}

// Everything has been stopped by now; whatever still holds a timer shall not make Ctrl-C wait.
if (ending.signal.aborted) process.exit();

function exitCodeOf(error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_CALL;
  if (error instanceof TablecastError) process.stderr.write(`error: ${error.message}\n`);
  else
    process.stderr.write(
      `unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  return FAILED;
}
