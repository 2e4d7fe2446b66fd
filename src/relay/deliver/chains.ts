import type { RelayContext } from '../context.ts';
import { gatewayAnswers } from '../end.ts';
import { inLanes } from '../lanes.ts';
import type { Candidate, Target } from '../ports.ts';
import { Overflow } from './overflow.ts';
import { Pace } from './pace.ts';
import { postWithRetries, type Time } from './post.ts';

/** One frame owed to one connection because of one record. */
export interface OwedFrame {
  /** Place of the record in the batch. */
  readonly record: number;
  readonly candidate: Candidate;
  /** The item it is about, among all of the subscription's. */
  readonly item: string;
  /** Epoch ms of the change, as coarse as the stream tells it: what `lag` is measured from. */
  readonly changedAt: number;
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

/** The time a batch has. */
export interface SendTime {
  /** Left of the invocation, in ms; `Infinity` where there is no end. */
  readonly remainingMs: () => number;
  /** Once aborted no post is begun, and nobody is ended: the shard may be another's by now. */
  readonly signal?: AbortSignal;
}

/** {@link SendTime}, and how much of it is kept for what follows the sending. */
export interface BoundedTime extends SendTime {
  /** With less than this left, in ms, no post is begun. */
  readonly marginMs: number;
}

/** A function with a short time-out still delivers something before each end. */
export function bounded({ settings }: RelayContext, time: SendTime): BoundedTime {
  return { ...time, marginMs: Math.min(settings.deadlineMarginMs, time.remainingMs() / 2) };
}

export interface ChainReport {
  sent: number;
  tooLarge: number;
  /** Left out for a newer one of the same item, where the subscriber chose `overflow: latest`. */
  skipped: number;
  /** Connections the gateway no longer knows, and the rows they were found by. */
  readonly gone: Map<string, readonly string[]>;
  /** Connections that could not keep up, with what they were owed and did not get. */
  readonly slow: Map<string, SlowConnection>;
  stop: Stop | undefined;
  /**
   * Set when time ran out, or when something else stopped it after some were done: connections up to and including
   * `through`, in the order of their ids, are done with all that was owed; none are without it. Chains begin in that order,
   * so that who comes again can go on behind it.
   */
  cut: { readonly through: string | undefined } | undefined;
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
 */
export async function sendChains(
  context: RelayContext,
  owed: readonly OwedFrame[],
  { remainingMs, signal, marginMs }: BoundedTime,
): Promise<ChainReport> {
  const report: ChainReport = {
    sent: 0,
    tooLarge: 0,
    skipped: 0,
    gone: new Map(),
    slow: new Map(),
    stop: undefined,
    cut: undefined,
  };
  const abort = new AbortController();
  const reached = new Set<string>();
  const isLate = () => signal?.aborted === true || remainingMs() < marginMs;
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
  const finished = new Set<string>();
  let isOurFault = false;
  const runChain = async ([connectionId, chain]: Chain): Promise<void> => {
    const overflow = new Overflow(chain);
    const began = context.clock.now();
    let posted = 0;
    for (const [index, owedFrame] of chain.entries()) {
      if (report.stop && owedFrame.record >= report.stop.record) return;
      if (isLate()) {
        abort.abort();
        return stopAt(owedFrame.record, 'deadline');
      }
      const { candidate } = owedFrame;
      // A batch takes its time: who was authorised when it was found may not be any more (C6).
      if (candidate.expiresAt * 1_000 <= context.clock.now()) continue;
      if (overflow.skips(owedFrame, index)) {
        report.skipped += 1;
        continue;
      }
      const outcome = pace.isStraggler(posted, context.clock.now() - began)
        ? STRAGGLER
        : await deliverOne(context, owedFrame, overflow.take(owedFrame), time);
      posted += 1;
      switch (outcome.kind) {
        case 'sent':
        case 'tooLarge':
          if (outcome.kind === 'sent') report.sent += 1;
          else report.tooLarge += 1;
          context.metrics.measure('lag', Math.max(0, context.clock.now() - owedFrame.changedAt));
          reached.add(connectionId);
          overflow.isBehind ||= outcome.retried;
          break;
        case 'gone':
          report.gone.set(connectionId, [...new Set(chain.map((each) => each.candidate.row))]);
          reached.add(connectionId);
          finished.add(connectionId);
          return pace.left();
        case 'denied':
          isOurFault = true;
          abort.abort();
          return stopAt(owedFrame.record, outcome.detail);
        case 'slow':
          // Cut short, it was never given its chance: the record comes again instead.
          if (abort.signal.aborted) return stopAt(owedFrame.record, 'deadline');
          report.slow.set(connectionId, {
            target: candidate,
            detail: outcome.detail,
            undelivered: chain.slice(index),
          });
          finished.add(connectionId);
          return pace.left();
        default:
          outcome satisfies never;
      }
    }
    finished.add(connectionId);
    pace.done(posted, context.clock.now() - began);
  };
  const chains = chainsOf(owed);
  const pace = new Pace(chains.length);
  const cut = () => abort.abort();
  signal?.addEventListener('abort', cut, { once: true });
  const faults = await inLanes(chains, context.settings.maxConcurrentPosts, runChain);
  signal?.removeEventListener('abort', cut);
  if (faults.length > 0) throw faults[0];

  /** Nobody is blamed: what those connections missed comes again. */
  const excuse = (why: (slow: SlowConnection) => string) => {
    for (const [connectionId, slow] of report.slow) {
      for (const { record } of slow.undelivered.slice(0, 1)) stopAt(record, why(slow));
      finished.delete(connectionId);
    }
    report.slow.clear();
    isOurFault = true;
  };
  const [one] = report.slow.values();
  if (one && signal?.aborted) excuse(() => CUT);
  else if (one) {
    const isEveryone = report.slow.size >= INFRASTRUCTURE_QUORUM && reached.size === 0;
    if (isEveryone || !(await gatewayAnswers(context, one.target.stage))) {
      excuse(({ detail }) => `the gateway failed: ${detail}`);
    }
  }
  const through = doneThrough(chains, finished);
  if (report.stop && (through !== undefined || !isOurFault)) report.cut = { through };
  return report;
}

const STRAGGLER = { kind: 'slow', detail: 'far slower than all others' } as const;

/** Why a batch stops whose reader has to let go of its shard. */
const CUT = 'cut short';

/** The last connection of which it holds that it and all before it are done. */
function doneThrough(chains: readonly Chain[], finished: ReadonlySet<string>): string | undefined {
  const open = chains.findIndex(([connectionId]) => !finished.has(connectionId));
  return chains[(open < 0 ? chains.length : open) - 1]?.[0];
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

/** A connection, and what it is owed. */
type Chain = readonly [connectionId: string, owed: readonly OwedFrame[]];

/** In the order of connection ids. */
function chainsOf(owed: readonly OwedFrame[]): Chain[] {
  const chains = framesBy(owed, ({ candidate }) => candidate.connectionId);
  return [...chains].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Frames with the same key together, in the order they had. */
export function framesBy<K>(
  frames: Iterable<OwedFrame>,
  keyOf: (frame: OwedFrame) => K,
): Map<K, OwedFrame[]> {
  const groups = new Map<K, OwedFrame[]>();
  for (const frame of frames) {
    const key = keyOf(frame);
    const group = groups.get(key);
    if (group) group.push(frame);
    else groups.set(key, [frame]);
  }
  return groups;
}
