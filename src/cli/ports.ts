import getPort from 'get-port';
import { TablecastError } from '../errors.ts';

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
  const port = await getPort(wanted === undefined ? {} : { port: wanted });
  if (asked !== undefined && port !== asked) {
    throw new TablecastError(
      'LOCAL_STACK',
      `${option} ${asked}: expected a free port, and something already listens on ${asked}; choose another or leave the option out`,
    );
  }
  return port;
}
