import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** Root of the repository. */
export const ROOT = join(import.meta.dirname, '../..');

/** The command as it is installed: built, for the framework loads the built code as well. */
export const MAIN = join(ROOT, 'dist/src/cli/main.js');

/** Builds when a source is newer than the last build (a fresh clone was built by `npm ci`). */
export async function ensureBuilt(): Promise<void> {
  const sources = [join(ROOT, 'src'), join(ROOT, 'handlers')];
  if (Math.max(...sources.map(newest)) > modified(join(ROOT, 'dist/.tsbuildinfo'))) {
    await execa('npm', ['run', '-s', 'build'], { cwd: ROOT, stdin: 'ignore', timeout: 120_000 });
  }
}

function newest(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.reduce((latest, entry) => {
    const path = join(folder, entry.name);
    return Math.max(latest, entry.isDirectory() ? newest(path) : modified(path));
  }, 0);
}

function modified(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}
