import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const INSTALL_TIMEOUT_MS = 120_000;
const FILES = ['package.json', 'package-lock.json', 'gls/package.json', 'alg/package.json'] as const;

const source = () => fileURLToPath(new URL('../../scripts/bench/peers', import.meta.url));

/** Where the peers are installed: outside the sources, and gone with `node_modules`. */
export const peersFolder = (): string =>
  fileURLToPath(new URL('../../node_modules/.cache/tablecast-bench', import.meta.url));

const stampFile = (): string => join(peersFolder(), 'installed');

/** Of everything that decides what is installed. */
function lockHash(): string {
  const hash = createHash('sha256');
  for (const file of FILES) hash.update(readFileSync(join(source(), file)));
  return hash.digest('hex');
}

let areLeftOut = false;

/** From now on it is as if they could not be installed. */
export function leavePeersOut(): void {
  areLeftOut = true;
}

/** True when what is installed is what the lock file of today says. */
export const arePeersInstalled = (): boolean =>
  !areLeftOut && existsSync(stampFile()) && readFileSync(stampFile(), 'utf8') === lockHash();

/**
 * Installs the libraries compared and the chart library by `npm ci` from their own lock file, unless that was done
 * already. They are no dependency of this package, not even for development.
 * @returns false when that failed, as it does without a network: what needs them is then left out
 */
export async function installPeers(tell: (text: string) => void, signal: AbortSignal): Promise<boolean> {
  if (arePeersInstalled()) return true;
  const folder = peersFolder();
  const begun = performance.now();
  tell(`installing the peers into ${folder} (npm ci)`);
  try {
    mkdirSync(folder, { recursive: true });
    for (const file of FILES) cpSync(join(source(), file), join(folder, file));
    await execa('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: folder,
      stdin: 'ignore',
      timeout: INSTALL_TIMEOUT_MS,
      cancelSignal: signal,
    });
    writeFileSync(stampFile(), lockHash());
    tell(`peers installed in ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : String(error);
    tell(`peers not installed, so left out: ${reason}`);
    return false;
  }
}
