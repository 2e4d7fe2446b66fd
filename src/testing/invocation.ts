import type { Clock } from '../relay/ports.ts';
import type { SeededRandom } from './random.ts';

/** What a function learns of its invocation; the parts of Lambda's context that matter to a stream handler. */
export interface InvocationContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

/** A Lambda handler of a DynamoDB stream. */
export type StreamHandler<R> = (
  event: { readonly Records: R[] },
  context: InvocationContext,
) => Promise<unknown>;

/** Rates (0 to 1) at which things go wrong around the function. */
export interface InvocationFaults {
  readonly seed: number;
  /** The execution environment dies before the function began. */
  readonly crashBefore?: number;
  /** The function ran to its end and its answer is lost. */
  readonly crashAfter?: number;
  /** Lambda throttles the invocation: it is tried again and uses up no retry. */
  readonly throttle?: number;
  /** A batch that is done is delivered once more: at least once is not exactly once. */
  readonly redeliver?: number;
}

export type InvocationResult =
  | { readonly kind: 'answered'; readonly response: unknown }
  /** Threw, crashed or timed out. */
  | { readonly kind: 'threw' };

export interface InvokerOptions<R> {
  readonly handler: StreamHandler<R>;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly faults: InvocationFaults | undefined;
  readonly timeoutMs: number;
}

const FUNCTION_NAME = 'stream';
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:000000000000:function:${FUNCTION_NAME}`;

/**
 * Invokes a handler as Lambda does: with a JSON copy of the event, a deadline, and an answer that went through JSON. A
 * handler that outlives its deadline has failed; unlike in Lambda it is not frozen and runs on.
 */
export function createInvoker<R>({ handler, clock, random, faults, timeoutMs }: InvokerOptions<R>): {
  readonly functionArn: string;
  newRequestId(): string;
  invoke(records: readonly R[]): Promise<InvocationResult>;
} {
  const happens = (rate: number | undefined) => rate !== undefined && random.chance(rate);
  const newRequestId = () =>
    [8, 4, 4, 4, 12]
      .map((digits) => Array.from({ length: digits }, () => random.integer(16).toString(16)).join(''))
      .join('-');

  const call = async (records: readonly R[]): Promise<InvocationResult> => {
    const deadline = clock.now() + timeoutMs;
    try {
      const response = await handler(JSON.parse(JSON.stringify({ Records: records })), {
        awsRequestId: newRequestId(),
        functionName: FUNCTION_NAME,
        invokedFunctionArn: FUNCTION_ARN,
        getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
      });
      return { kind: 'answered', response: JSON.parse(JSON.stringify(response ?? null)) };
    } catch {
      return { kind: 'threw' };
    }
  };

  return {
    functionArn: FUNCTION_ARN,
    newRequestId,
    async invoke(records) {
      if (happens(faults?.crashBefore)) return { kind: 'threw' };
      const answered = new AbortController();
      const timedOut = clock
        .sleep(timeoutMs, answered.signal)
        .then((): InvocationResult => ({ kind: 'threw' }));
      const result = await Promise.race([call(records), timedOut]);
      answered.abort();
      return happens(faults?.crashAfter) ? { kind: 'threw' } : result;
    },
  };
}
