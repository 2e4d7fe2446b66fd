import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Process groups that end with this process, whatever ends it. */
export interface ProcessGroups {
  /** `pid` leads a group of its own (it was started detached). */
  add(pid: number): void;
  remove(pid: number): void;
  /** Lets go of the watchdog; it ends at once, and kills what is still on its list. */
  close(): Promise<void>;
}

/** Starts the watchdog. */
export function watchProcessGroups(): ProcessGroups {
  const script = fileURLToPath(new URL('./watchdog.js', import.meta.url));
  const child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // A watchdog that died leaves only the ordinary ways of stopping; that is no reason to stop working.
  child.stdin?.on('error', () => {});
  const tell = (line: string) => {
    if (child.exitCode === null && child.stdin?.writable) child.stdin.write(line);
  };
  return {
    add: (pid) => tell(`+${pid}\n`),
    remove: (pid) => tell(`-${pid}\n`),
    async close() {
      child.stdin?.end();
      await gone;
    },
  };
}

/** Stops a process and all of its group: SIGTERM, and SIGKILL for what is left after `graceMs`. */
export async function stopGroup(child: ChildProcess, graceMs: number): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const ended =
    child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit');
  signalGroup(pid, 'SIGTERM');
  const forced = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  await ended;
  clearTimeout(forced);
  // The leader is gone; what it started and left behind goes with it.
  signalGroup(pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // No process of the group is left.
  }
}
