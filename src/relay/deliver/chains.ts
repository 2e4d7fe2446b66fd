import type { RelayContext } from '../context.ts';
import { gatewayAnswers } from '../end.ts';
import { inLanes } from '../lanes.ts';
import type { Candidate, Target } from '../ports.ts';
import { Overflow } from './overflow.ts';
import { postWithRetries, type Time } from './post.ts';

/** One frame owed to one connection because of one record. */
export interface OwedFrame {
  /** Place of the record in the batch. */
  readonly record: number;
  readonly candidate: Candidate;
  /** The item it is about, among all of the subscription's. */
  readonly item: string;
  /** Made when its turn comes, so that a batch never holds all its frames at once. `skipped` older ones are told of. */
  frame(skipped: number): Promise<Uint8Array>;
  /** Sent when the gateway finds the frame too large after all. */
  standIn(skipped: number): Promise<Uint8Array>;
}

/** Why an invocation ended before all records were done. */
export interface Stop {
  /** First record that is not done: it and all after it come again. */
  readonly record: number;
  readonly reason: string;
}

export interface ChainReport {
  sent: number;
  tooLarge: number;
  /** Left out for a newer one of the same item, where the subscriber chose `overflow: latest`. */
  skipped: number;
  /** Connections the gateway no longer knows. */
  readonly gone: Set<string>;
  /** Connections that could not keep up, with what they were owed and did not get. */
  readonly slow: Map<string, SlowConnection>;
  stop: Stop | undefined;
}

export interface SlowConnection {
  readonly target: Target;
  readonly detail: string;
  readonly undelivered: readonly OwedFrame[];
}

/** With this many connections, all of them failing is our fault, not theirs. */
const INFRASTRUCTURE_QUORUM = 3;

/**
 * Sends every owed frame: in order along each connection, side by side across connections, under one bound on posts
 * in flight. A connection's failure costs only itself (C4) unless every one of three or more fails, or the gateway
 * itself turns out to fail: then the first record that somebody missed comes again, and nobody is blamed.
 * @param remainingMs time left of the invocation
 */
export async function sendChains(
  context: RelayContext,
  owed: readonly OwedFrame[],
  remainingMs: () => number,
): Promise<ChainReport> {
  const report: ChainReport = {
    sent: 0,
    tooLarge: 0,
    skipped: 0,
    gone: new Set(),
    slow: new Map(),
    stop: undefined,
  };
  const abort = new AbortController();
  const reached = new Set<string>();
  // A function with a short time-out still delivers something before each end.
  const margin = Math.min(context.settings.deadlineMarginMs, remainingMs() / 2);
  const isLate = () => remainingMs() < margin;
  const time: Time = {
    signal: abort.signal,
    isUp: () => {
      if (isLate()) abort.abort();
      return abort.signal.aborted;
    },
  };

  const stopAt = (record: number, reason: string) => {
    if (!report.stop || record < report.stop.record) report.stop = { record, reason };
  };
  const runChain = async (chain: readonly OwedFrame[]): Promise<void> => {
    const overflow = new Overflow(chain);
    for (const [index, owedFrame] of chain.entries()) {
      if (report.stop && owedFrame.record >= report.stop.record) return;
      if (isLate()) {
        abort.abort();
        return stopAt(owedFrame.record, 'deadline');
      }
      const { candidate } = owedFrame;
      if (overflow.skips(owedFrame, index)) {
        report.skipped += 1;
        continue;
      }
      const outcome = await deliverOne(context, owedFrame, overflow.take(owedFrame), time);
      switch (outcome.kind) {
        case 'sent':
        case 'tooLarge':
          if (outcome.kind === 'sent') report.sent += 1;
          else report.tooLarge += 1;
          reached.add(candidate.connectionId);
          overflow.isBehind ||= outcome.retried;
          break;
        case 'gone':
          report.gone.add(candidate.connectionId);
          reached.add(candidate.connectionId);
          return;
        case 'denied':
          abort.abort();
          return stopAt(owedFrame.record, outcome.detail);
        case 'slow':
          // Cut short, it was never given its chance: the record comes again instead.
          if (abort.signal.aborted) return stopAt(owedFrame.record, 'deadline');
          report.slow.set(candidate.connectionId, {
            target: candidate,
            detail: outcome.detail,
            undelivered: chain.slice(index),
          });
          return;
        default:
          outcome satisfies never;
      }
    }
  };
  const faults = await inLanes(chainsOf(owed).values(), context.settings.maxConcurrentPosts, runChain);
  if (faults.length > 0) throw faults[0];

  const [one] = report.slow.values();
  if (one) {
    const isEveryone = report.slow.size >= INFRASTRUCTURE_QUORUM && reached.size === 0;
    if (isEveryone || !(await gatewayAnswers(context, one.target.stage))) {
      for (const { undelivered, detail } of report.slow.values()) {
        for (const { record } of undelivered.slice(0, 1)) stopAt(record, `the gateway failed: ${detail}`);
      }
      report.slow.clear();
    }
  }
  return report;
}

async function deliverOne(context: RelayContext, owed: OwedFrame, skipped: number, time: Time) {
  const { candidate } = owed;
  const { activatedAt } = candidate;
  const first = await postWithRetries(context, candidate, await owed.frame(skipped), activatedAt, time);
  if (first.kind !== 'tooLarge') return first;
  const standIn = await owed.standIn(skipped);
  const second = await postWithRetries(context, candidate, standIn, activatedAt, time);
  return second.kind === 'sent' ? first : second;
}

function chainsOf(owed: readonly OwedFrame[]): Map<string, OwedFrame[]> {
  const chains = new Map<string, OwedFrame[]>();
  for (const frame of owed) {
    const chain = chains.get(frame.candidate.connectionId);
    if (chain) chain.push(frame);
    else chains.set(frame.candidate.connectionId, [frame]);
  }
  return chains;
}
