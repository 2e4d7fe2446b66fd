import type { SweepContext } from '../context.ts';
import type { PostOutcome, Target } from '../ports.ts';
import { backoff } from '../retries.ts';

/**
 * Final outcome of one frame for one connection.
 * - `retried`: it took more than one attempt, so that the connection, or the gateway, does not keep up.
 * - `slow`: throttled, failed or hung past its budget; whether that is this client's fault or everyone's is judged
 *   over the whole batch.
 * - `denied`: 401/403, which is our configuration, never the client.
 */
export type Delivery = Taken | Untaken;

/** The gateway has had its say about the frame, and the connection is there. */
export interface Taken {
  readonly kind: 'sent' | 'tooLarge';
  readonly retried: boolean;
}

/** Nothing more is to be sent to the connection in this invocation. */
export type Untaken =
  | { readonly kind: 'gone' }
  /** Until then it was not taken, and now it may not be sent any more. Others may be, to the same connection. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'slow'; readonly detail: string }
  | { readonly kind: 'denied'; readonly detail: string };

/** The time an invocation has. */
export interface Time {
  /** Aborts when no post is to be begun any more; cuts waiting short. */
  readonly signal: AbortSignal;
  /** Looks at what is left, and aborts `signal` when it is too little. */
  isUp(): boolean;
}

/** A connection this young may not be known to the gateway yet: 410 is then tried once more. */
const YOUNG_MS = 10_000;
const YOUNG_PAUSE_MS = 500;

/** What a frame came to that was taken at once. */
export const SENT: Delivery = { kind: 'sent', retried: false };

/**
 * Posts one frame with retries inside its own budget (RELIABILITY §3.2): 429 with full jitter, 5xx and time-outs a
 * few times, 410 of a young connection once. Each retry needs as much time left as a first attempt.
 * @param since epoch ms from which the connection certainly existed
 */
export async function postWithRetries(
  context: SweepContext,
  target: Target,
  frame: Uint8Array,
  since: number,
  time: Time,
): Promise<Delivery> {
  const first = await context.transport.post(target, frame);
  return first.kind === 'sent' ? SENT : afterFirst(context, { target, frame, since }, first, time);
}

/** A frame whose first attempt was not taken, and for whom it is. */
export interface Unsent {
  readonly target: Target;
  readonly frame: Uint8Array;
  /** Epoch ms from which the connection certainly existed. */
  readonly since: number;
  /** Epoch seconds from which on it may not be sent any more, if there is such a time. */
  readonly expiresAt?: number;
}

/** {@link postWithRetries} from the outcome of the first attempt on. */
export async function afterFirst(
  context: SweepContext,
  { target, frame, since, expiresAt = Number.POSITIVE_INFINITY }: Unsent,
  first: PostOutcome,
  time: Time,
): Promise<Delivery> {
  const { clock, settings, transport, metrics } = context;
  let outcome = first;
  let throttled = 0;
  let failed = 0;
  let triedYoung = false;
  for (;;) {
    switch (outcome.kind) {
      case 'sent':
      case 'tooLarge':
        return { kind: outcome.kind, retried: throttled + failed > 0 };
      case 'forbidden':
        return { kind: 'denied', detail: outcome.detail };
      case 'gone':
        if (triedYoung || clock.now() - since >= YOUNG_MS) return outcome;
        triedYoung = true;
        await clock.sleep(YOUNG_PAUSE_MS, time.signal);
        break;
      case 'throttled':
        throttled += 1;
        if (throttled >= settings.throttledAttempts) return { kind: 'slow', detail: 'throttled (429)' };
        await clock.sleep(backoff(context, throttled), time.signal);
        break;
      case 'failed':
        failed += 1;
        if (failed >= settings.failedAttempts) return { kind: 'slow', detail: outcome.detail };
        await clock.sleep(backoff(context, failed), time.signal);
        break;
      default:
        return outcome satisfies never;
    }
    if (time.isUp()) return { kind: 'slow', detail: `given up: ${describe(outcome)}` };
    if (isOver({ expiresAt }, clock.now())) return { kind: 'expired' };
    metrics.count('post.retried');
    outcome = await transport.post(target, frame);
  }
}

/** Whether who was authorised when it was found is not any more (C6). @param now epoch ms */
export function isOver({ expiresAt }: { readonly expiresAt: number }, now: number): boolean {
  return expiresAt * 1_000 <= now;
}

function describe(outcome: PostOutcome): string {
  return 'detail' in outcome ? outcome.detail : outcome.kind;
}
