import { MAX_IMAGE_KEYS } from '../../filter/image-keys.ts';
import type { TypedChange } from './intake.ts';
import type { MatchContext } from './match-context.ts';

/** What our own code stumbles over costs no more than itself: it is logged, counted as a gap and stepped over (C4). */
export function orPoison<T>(
  context: Pick<MatchContext, 'logger' | 'metrics'>,
  typed: TypedChange,
  work: () => T,
): T[] {
  try {
    return [work()];
  } catch (error) {
    steppedOver(context, typed, error);
    return [];
  }
}

/** Logs and counts what was stumbled over. */
export function steppedOver(
  { logger, metrics }: Pick<MatchContext, 'logger' | 'metrics'>,
  { change }: TypedChange,
  error: unknown,
): void {
  logger.error({ event: 'record.poison', eventId: change.eventId, err: error });
  metrics.count('record.poison');
  metrics.count('gap');
}

/** Logs and counts that an item names more owners or groups than are looked up: those beyond are not found for it (C5). */
export function unfoundBeyond(
  { logger, metrics }: Pick<MatchContext, 'logger' | 'metrics'>,
  { change: { eventId }, type }: TypedChange,
): void {
  logger.error({ event: 'record.too-many-keys', eventId, type: type.name, expected: MAX_IMAGE_KEYS });
  metrics.count('gap');
}
