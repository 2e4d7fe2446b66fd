import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TablecastError } from '../errors.ts';

const FILE = 'tablecast.pid';

/**
 * Claims a data folder for this process: two DynamoDB Locals on the same files would spoil them.
 * @returns what gives it back
 * @throws TablecastError `LOCAL_STACK` when a running process has it
 */
export function lockData(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, FILE);
  const holder = holderOf(file);
  if (holder !== undefined && holder !== process.pid && isRunning(holder)) {
    throw new TablecastError(
      'LOCAL_STACK',
      `--data ${folder}: expected a folder that no other process uses, and process ${holder} does; stop it, or use another --data or --in-memory`,
    );
  }
  writeFileSync(file, `${process.pid}\n`);
  return () => {
    if (holderOf(file) === process.pid) rmSync(file, { force: true });
  };
}

function holderOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
