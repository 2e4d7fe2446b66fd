import { ProvisionedThroughputExceededException, ThrottlingException } from '@aws-sdk/client-dynamodb';
import type { SeededRandom } from '../../../src/testing/random.ts';

/**
 * What happens to one call a process makes.
 * - `throttled`, `timeoutBefore`: nothing was done · `timeoutAfter`: it was done, and nobody said so
 * - `crashBefore`, `crashAfter`: the process dies, with the call not done, or done
 */
export type CallFault = 'throttled' | 'timeoutBefore' | 'timeoutAfter' | 'crashBefore' | 'crashAfter';

/** Faults of one process, asked for at every call it makes. */
export interface CallFaults {
  /** Of a request to the relay table. */
  request(): CallFault | undefined;
  /** Of a post: a crash alone, for its other outcomes are the gateway's. */
  post(): 'crashBefore' | 'crashAfter' | undefined;
  /** How many have happened. */
  readonly count: number;
}

/** Faults of one short operation. */
export interface OperationFaults extends CallFaults {
  /** False when nothing will happen to it. */
  readonly isPlanned: boolean;
}

export const NO_FAULTS: CallFaults = { request: () => undefined, post: () => undefined, count: 0 };

const REQUEST_FAULTS: readonly CallFault[] = [
  'throttled',
  'timeoutBefore',
  'timeoutAfter',
  'crashBefore',
  'crashAfter',
];
const CRASHES = ['crashBefore', 'crashAfter'] as const;
/** A planned fault falls on one of the first so many calls. */
const REQUESTS = 8;
const POSTS = 16;

/** Faults of one short operation: each kind with probability `rate`, at one of its first calls. */
export function operationFaults(random: SeededRandom, rate: number): OperationFaults {
  const requests = planned(random, REQUEST_FAULTS, rate, REQUESTS);
  const posts = planned(random, CRASHES, rate, POSTS);
  let request = 0;
  let post = 0;
  let count = 0;
  const counted = <T>(fault: T | undefined) => {
    if (fault !== undefined) count += 1;
    return fault;
  };
  return {
    isPlanned: requests.size + posts.size > 0,
    request: () => counted(requests.get(request++)),
    post: () => counted(posts.get(post++)),
    get count() {
      return count;
    },
  };
}

function planned<T>(random: SeededRandom, kinds: readonly T[], rate: number, calls: number): Map<number, T> {
  const plan = new Map<number, T>();
  for (const kind of kinds) {
    const at = random.integer(calls);
    if (random.chance(rate)) plan.set(at, kind);
  }
  return plan;
}

/** Faults of a process that runs on and on: any request fails with probability `rate`; it never crashes by itself. */
export function steadyFaults(random: SeededRandom, rate: () => number): CallFaults {
  let count = 0;
  return {
    request() {
      if (!random.chance(rate())) return undefined;
      count += 1;
      return random.pick(['throttled', 'timeoutBefore', 'timeoutAfter'] as const);
    },
    post: () => undefined,
    get count() {
      return count;
    },
  };
}

/** The error of a request that failed, as the SDK gives it once its own retries are used up. */
export function requestError(fault: CallFault, random: SeededRandom): Error {
  if (fault !== 'throttled')
    return Object.assign(new Error('injected: no answer in time'), { name: 'TimeoutError' });
  const details = { $metadata: { httpStatusCode: 400 }, message: 'injected: throttled' };
  return random.chance(0.5)
    ? new ThrottlingException(details)
    : new ProvisionedThroughputExceededException(details);
}
