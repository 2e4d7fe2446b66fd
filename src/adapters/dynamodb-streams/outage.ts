import type { Logger } from 'pino';
import type { Clock } from '../../relay/ports.ts';

/** Says once that DynamoDB fails, and once that it answers again, however many loops meet it and however often. */
export interface Outage {
  /** `who` (a shard, the stream, the table) failed; logged as a warning by the first of an outage. */
  met(who: string, entry: Readonly<Record<string, unknown>>, message: string): void;
  /** `who` was answered. The outage is over with the last that had failed. */
  over(who: string): void;
  /** `who` asks no more, and will not hear whether it is over: nobody waits for that. */
  leave(who: string): void;
  /** The stream is given up, and all who read it with it: DynamoDB answered that it has none. */
  allOver(): void;
}

export function createOutage(logger: Logger, clock: Clock): Outage {
  const failing = new Set<string>();
  let since = 0;
  const recovered = () =>
    logger.info({ event: 'reader.recovered', afterMs: clock.now() - since }, 'DynamoDB answers again');
  return {
    met(who, entry, message) {
      if (failing.size === 0) since = clock.now();
      logger[failing.size === 0 ? 'warn' : 'debug'](entry, message);
      failing.add(who);
    },
    over(who) {
      if (failing.delete(who) && failing.size === 0) recovered();
    },
    leave: (who) => void failing.delete(who),
    allOver() {
      if (failing.size === 0) return;
      failing.clear();
      recovered();
    },
  };
}
