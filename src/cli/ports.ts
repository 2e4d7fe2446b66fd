import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { TablecastError } from '../errors.ts';
import { claimPidFile } from './pid-file.ts';

/** A port to listen on, and the option that asks for another. */
export interface PortWish {
  readonly option: string;
  /** Asked for by the user; taken, it is an error. */
  readonly asked?: number | undefined;
  /** Tried first when none was asked for; taken, a free one is used. */
  readonly preferred?: number;
}

/**
 * The port that was asked for, or the preferred one, or a free one.
 * @throws TablecastError `LOCAL_STACK` naming port and option when the one asked for is taken
 */
export async function choosePort({ option, asked, preferred }: PortWish): Promise<number> {
  const wanted = asked ?? preferred;
  if (wanted === undefined) return getPort();
  const port = await getPort({ port: wanted });
  if (port === wanted) {
    const claimed = claimPort(port);
    // A port that was asked for is not refused for a claim, which may be a leftover; listening on it will show.
    return claimed || asked !== undefined ? port : getPort();
  }
  if (asked === undefined) return port;
  throw new TablecastError(
    'LOCAL_STACK',
    `${option} ${asked}: expected a free port, and something already listens on ${asked}; choose another or leave the option out`,
  );
}

/**
 * Several seconds lie between choosing a port and listening on it; two starts at the same time must not choose the
 * same one. The claim ends with this process.
 * @returns false when another process has claimed it
 */
function claimPort(port: number): boolean {
  try {
    const claim = claimPidFile(join(tmpdir(), `tablecast-port-${port}.pid`));
    if (!('release' in claim)) return false;
    process.once('exit', claim.release);
  } catch {
    // Without a folder for temporary files there is no claim; the port may be free all the same.
  }
  return true;
}
