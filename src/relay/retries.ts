import type { SweepContext } from './context.ts';
import type { PostOutcome } from './ports.ts';

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 1_000;

/** Full jitter: anything from nothing to the doubled pause, so that retries of many do not come in step. */
export function backoff({ random }: Pick<SweepContext, 'random'>, attempt: number): number {
  return random() * Math.min(FIRST_BACKOFF_MS * 2 ** attempt, LONGEST_BACKOFF_MS);
}

/** Asks until the gateway neither throttles nor fails, within the budgets of one frame. */
export async function withRetries(
  context: SweepContext,
  ask: () => Promise<PostOutcome>,
  failedAttempts: number,
): Promise<PostOutcome> {
  let throttled = 0;
  let failed = 0;
  for (;;) {
    const outcome = await ask();
    if (outcome.kind === 'throttled') throttled += 1;
    else if (outcome.kind === 'failed') failed += 1;
    else return outcome;
    if (throttled >= context.settings.throttledAttempts || failed >= failedAttempts) return outcome;
    await context.clock.sleep(backoff(context, throttled + failed));
  }
}
