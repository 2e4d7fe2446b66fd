import type { Clock } from '../relay/ports.ts';

export interface TokenBucketOptions {
  /** Tokens that come back each second. */
  readonly ratePerSecond: number;
  /** Most tokens it holds, and what it starts with. */
  readonly burst: number;
}

/**
 * API Gateway's account throttle: one bucket for every API and every @connections call of an account and Region.
 * @returns Takes one token; false when there is none.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-request-throttling.html
 */
export function createTokenBucket({ ratePerSecond, burst }: TokenBucketOptions, clock: Clock): () => boolean {
  let tokens = burst;
  let at = clock.now();
  return () => {
    const now = clock.now();
    tokens = Math.min(burst, tokens + ((now - at) / 1_000) * ratePerSecond);
    at = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
