import type { Logger } from 'pino';
import type { Clock } from '../../relay/ports.ts';
import { createBackoff } from './backoff.ts';
import { messageOf } from './deliver-batch.ts';

/**
 * Records that left the stream before they were delivered. Without `shardId` it is all that was left of the stream, and
 * all of the streams between it and the table's newest.
 */
export interface Gap {
  readonly streamArn: string;
  readonly shardId?: string;
  readonly cause: 'trimmed' | 'stream-replaced';
}

export type OnGap = (gap: Gap) => Promise<void> | void;

export interface TellGapDeps {
  readonly onGap: OnGap;
  /** Told of each gap once, when it is met. */
  readonly onGapMet?: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

const TELL_BACKOFF = { baseMs: 200, capMs: 10_000 };

/**
 * Tells a gap until whoever hears it has done with it (`onGap` resolves): a gap is never dropped.
 * @returns false when it was stopped before that; then it is for whoever reads the shard next, and meets it again
 */
export async function tellGap(gap: Gap, deps: TellGapDeps, stopping: AbortSignal): Promise<boolean> {
  const { clock, logger, onGap } = deps;
  logger.error(
    { event: 'reader.gap', ...gap },
    gap.cause === 'trimmed'
      ? 'records left the stream (24 h) before they were delivered; going on at the oldest there is'
      : 'the stream was replaced, and not all there was before the newest can be read',
  );
  deps.onGapMet?.();
  const backoff = createBackoff(TELL_BACKOFF, deps.random);
  while (!stopping.aborted) {
    try {
      await onGap(gap);
      return true;
    } catch (error) {
      logger.error(
        { event: 'reader.gap_untold', ...gap, detail: messageOf(error) },
        'clients could not be told of lost records; trying again',
      );
      await clock.sleep(backoff.next(), stopping);
    }
  }
  return false;
}
