import type { Context } from 'aws-lambda';
import { composeSweep } from '../src/compose/sweep.ts';
import { keepAlive } from '../src/relay/keepalive.ts';

const context = composeSweep();

/** A schedule: signs of life, expired credentials, connections to close. What it came to is logged and counted. */
export async function handler(
  _event: unknown,
  lambda: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<void> {
  try {
    await keepAlive(context, { remainingMs: () => lambda.getRemainingTimeInMillis() });
  } finally {
    context.metrics.flush();
  }
}
