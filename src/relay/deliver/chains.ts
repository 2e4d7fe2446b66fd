import type { RelayContext } from '../context.ts';
import type { Candidate, Target } from '../ports.ts';
import { postWithRetries } from './post.ts';

/** One frame owed to one connection because of one record. */
export interface OwedFrame {
  /** Place of the record in the batch. */
  readonly record: number;
  readonly candidate: Candidate;
  /** Made when its turn comes, so that a batch never holds all its frames at once. */
  readonly frame: () => Promise<Uint8Array>;
  /** Sent when the gateway finds the frame too large after all. */
  readonly standIn: () => Promise<Uint8Array>;
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
 * in flight. A connection's failure costs only itself (C4) unless every one of three or more fails.
 * @param remainingMs time left of the invocation
 */
export async function sendChains(
  context: RelayContext,
  owed: readonly OwedFrame[],
  remainingMs: () => number,
): Promise<ChainReport> {
  const report: ChainReport = { sent: 0, tooLarge: 0, gone: new Set(), slow: new Map(), stop: undefined };
  const abort = new AbortController();
  const chains = [...chainsOf(owed).values()];
  const reached = new Set<string>();
  const queue = chains[Symbol.iterator]();

  const stopAt = (record: number, reason: string) => {
    if (!report.stop || record < report.stop.record) report.stop = { record, reason };
  };
  const lane = async () => {
    for (const chain of queue) await runChain(chain);
  };
  const runChain = async (chain: readonly OwedFrame[]) => {
    for (const [index, owedFrame] of chain.entries()) {
      if (report.stop && owedFrame.record >= report.stop.record) return;
      if (remainingMs() < context.settings.deadlineMarginMs) {
        abort.abort();
        return stopAt(owedFrame.record, 'deadline');
      }
      const { candidate } = owedFrame;
      const outcome = await deliverOne(context, owedFrame, abort.signal);
      switch (outcome.kind) {
        case 'sent':
          report.sent += 1;
          reached.add(candidate.connectionId);
          break;
        case 'tooLarge':
          report.tooLarge += 1;
          reached.add(candidate.connectionId);
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
  const lanes = Math.min(context.settings.maxConcurrentPosts, chains.length);
  await Promise.all(Array.from({ length: lanes }, lane));

  if (report.slow.size >= INFRASTRUCTURE_QUORUM && reached.size === 0) {
    for (const { undelivered, detail } of report.slow.values()) {
      for (const { record } of undelivered.slice(0, 1)) stopAt(record, `every connection failed: ${detail}`);
    }
    report.slow.clear();
  }
  return report;
}

async function deliverOne(context: RelayContext, owed: OwedFrame, signal: AbortSignal) {
  const { candidate } = owed;
  const first = await postWithRetries(context, candidate, await owed.frame(), candidate.activatedAt, signal);
  if (first.kind !== 'tooLarge') return first;
  const second = await postWithRetries(
    context,
    candidate,
    await owed.standIn(),
    candidate.activatedAt,
    signal,
  );
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
