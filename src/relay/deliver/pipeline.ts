import type { DeliveryContext } from '../context.ts';
import type { HandOver } from '../fan-out/hand-over.ts';
import type { ChainReport, Stop } from './chain-report.ts';
import { sendAlong } from './chains.ts';
import { Documents } from './documents.ts';
import type { TypedChange } from './intake.ts';
import { type ChangeMatches, findMatches } from './match.ts';
import { oweFrames } from './owe-frames.ts';
import { chainsOf } from './owed.ts';
import { BatchRenderer } from './payload.ts';
import type { Resume } from './place.ts';
import { sendRounds } from './rounds.ts';
import { settle } from './settle.ts';
import { bounded, type SendTime } from './time.ts';

/** A batch of changes whose subscribers were found, before anything was sent. */
export interface FoundBatch {
  readonly changes: readonly ChangeMatches[];
  /** How many connections are owed something. */
  readonly connections: number;
  /**
   * Sends what is owed, ends what can no longer be served, forgets who has gone. To be called once.
   * @param resume what was done already, when the batch has outgrown an invocation before
   */
  send(time: SendTime, resume?: Resume): Promise<SendReport>;
}

export interface SendReport extends ChainReport {
  /** Payloads rendered. */
  readonly renderings: number;
  /** Those of them made for one reader alone, because a resolver answers a field of the selection. */
  readonly unshared: number;
}

/** @throws TablecastError `REGISTRY_UNAVAILABLE` */
export type Pipeline = (changes: readonly TypedChange[]) => Promise<FoundBatch>;

/**
 * Changes to frames sent (DESIGN §5): shapes → candidates → predicates → render once → send along per-connection chains →
 * reap. The same for records of a stream and for what code publishes.
 * @param handOver hands what is owed to other invocations, where it is more than one should send
 */
export function createPipeline(context: DeliveryContext, handOver?: HandOver): Pipeline {
  const documents = new Documents(context);
  return async (typed) => {
    const renderer = new BatchRenderer(context);
    const changes = await findMatches(context, typed);
    const { owed, unusable } = await oweFrames(context, documents, renderer, changes);
    const chains = chainsOf(owed);
    return {
      changes,
      connections: chains.length,
      async send(time, resume) {
        const within = bounded(context, time);
        const left = resume?.leftOf(owed);
        const report =
          (await handOver?.(changes, left ? chainsOf(left) : chains, within)) ??
          (left ? await sendRounds(context, left, within) : await sendAlong(context, chains, within));
        const untold = await settle(context, report, unusable, within);
        const stop = earliest(report.stop, untold);
        // A place would say that they are done with.
        const cut = untold ? undefined : report.cut;
        const { renderings, unshared } = renderer;
        context.metrics.count('renderings', renderings);
        context.metrics.count('renderings.unshared', unshared);
        return { ...report, stop, cut, renderings, unshared };
      },
    };
  };
}

function earliest(one: Stop | undefined, other: Stop | undefined): Stop | undefined {
  return one && other ? (other.record < one.record ? other : one) : (one ?? other);
}
