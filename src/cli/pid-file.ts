import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** What came of a claim: ours until released, or another process's. */
export type Claim = { readonly release: () => void } | { readonly holder: number };

/** Tries against others that take over the same leftover at the same moment. */
const TRIES = 5;

/**
 * Claims what `file` stands for, among the processes of this machine. The file of a process that no longer runs is
 * taken over.
 * @throws the file system's error when the file cannot be written
 */
export function claimPidFile(file: string): Claim {
  for (let tries = 1; ; tries++) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return { release: () => release(file) };
    } catch (error) {
      if (!isCode(error, 'EEXIST') || tries >= TRIES) throw error;
    }
    const holder = holderOf(file);
    if (holder !== undefined && holder !== process.pid && isRunning(holder)) return { holder };
    rmSync(file, { force: true });
  }
}

function release(file: string): void {
  if (holderOf(file) === process.pid) rmSync(file, { force: true });
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
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
