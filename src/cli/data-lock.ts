import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TablecastError } from '../errors.ts';
import { type Claim, claimPidFile } from './pid-file.ts';

const FILE = 'tablecast.pid';

/**
 * Claims a data folder for this process: two DynamoDB Locals on the same files would spoil them.
 * @returns what gives it back
 * @throws TablecastError `LOCAL_STACK` when a running process has it, or nothing can be written there
 */
export function lockData(folder: string): () => void {
  const claim = claimed(folder);
  if ('release' in claim) return claim.release;
  throw new TablecastError(
    'LOCAL_STACK',
    `--data ${folder}: expected a folder that no other process uses, and process ${claim.holder} does; stop it, or use another --data or --in-memory (if it is no Tablecast at all, remove ${join(folder, FILE)})`,
  );
}

function claimed(folder: string): Claim {
  try {
    mkdirSync(folder, { recursive: true });
    return claimPidFile(join(folder, FILE));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new TablecastError(
      'LOCAL_STACK',
      `--data ${folder}: expected a folder that can be written to, got ${detail}; use another --data or --in-memory`,
      { cause },
    );
  }
}
