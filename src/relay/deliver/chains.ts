import type { SweepContext } from '../context.ts';
import { inLanes } from '../lanes.ts';
import type { PostOutcome } from '../ports.ts';
import { type ChainsOver, cutOf, judgeSlow } from './blame.ts';
import { type ChainReport, emptyReport, stopAt } from './chain-report.ts';
import { isLatestOnly, Overflow } from './overflow.ts';
import { type Chain, chainsOf, type OwedFrame } from './owed.ts';
import { Pace } from './pace.ts';
import { afterFirst, type Delivery, isOver, postWithRetries, SENT, type Time, type Untaken } from './post.ts';
import type { BoundedTime } from './time.ts';

/**
 * Sends every owed frame: in order along each connection, side by side across connections, under one bound on posts
 * in flight. A connection's failure costs only itself (C4) unless every one of three or more fails, or the gateway
 * itself turns out to fail: then the first record that somebody missed comes again, and nobody is blamed.
 */
export async function sendChains(
  context: SweepContext,
  owed: readonly OwedFrame[],
  time: BoundedTime,
): Promise<ChainReport> {
  return sendAlong(context, chainsOf(owed), time);
}

/** {@link sendChains} of what was put in chains already, in the order of connection ids. */
export async function sendAlong(
  context: SweepContext,
  chains: readonly Chain[],
  time: BoundedTime,
): Promise<ChainReport> {
  const { signal } = time;
  const run = new ChainsRun(context, chains, time);
  const cut = () => run.abort();
  signal?.addEventListener('abort', cut, { once: true });
  const faults = await inLanes(chains, context.settings.maxConcurrentPosts, (chain) => run.send(chain));
  signal?.removeEventListener('abort', cut);
  if (faults.length > 0) throw faults[0];
  await judgeSlow(context, run, signal);
  run.report.cut = cutOf(run);
  return run.report;
}

const STRAGGLER: Delivery = { kind: 'slow', detail: 'far slower than all others' };

/** Chains on their way, and what has become of them. */
class ChainsRun implements ChainsOver {
  readonly report = emptyReport();
  readonly chains: readonly Chain[];
  readonly finished = new Set<Chain>();
  isAnyoneReached = false;
  isOurFault = false;
  readonly #context: SweepContext;
  readonly #bound: BoundedTime;
  readonly #pace: Pace;
  readonly #abort = new AbortController();
  readonly #time: Time;

  constructor(context: SweepContext, chains: readonly Chain[], bound: BoundedTime) {
    this.chains = chains;
    this.#context = context;
    this.#bound = bound;
    this.#pace = new Pace(chains.length);
    this.#time = { signal: this.#abort.signal, isUp: () => this.#isUp() };
  }

  abort(): void {
    this.#abort.abort();
  }

  /**
   * Sends one chain to its end, or as far as it goes. What is done for each frame here is done for very many: the clock is
   * read once a post, and a frame that is taken at once costs no more than the waiting for it.
   */
  async send(chain: Chain): Promise<void> {
    const { clock, metrics, transport } = this.#context;
    const { report } = this;
    const { owed } = chain;
    const overflow = owed.some(isLatestOnly) ? new Overflow(owed) : undefined;
    const began = clock.now();
    let now = began;
    let posted = 0;
    let index = -1;
    for (const owedFrame of owed) {
      index += 1;
      if (report.stop && owedFrame.record >= report.stop.record) return;
      if (this.#isLate()) {
        this.abort();
        return stopAt(report, owedFrame.record, 'deadline');
      }
      const { candidate } = owedFrame;
      // A batch takes its time: who was authorised when it was found may not be any more (C6).
      if (isOver(candidate, now)) continue;
      if (overflow?.skips(owedFrame, index)) {
        report.skipped += 1;
        continue;
      }
      let outcome = STRAGGLER;
      if (!this.#pace.isStraggler(posted, now - began)) {
        const skipped = overflow?.take(owedFrame) ?? 0;
        const made = owedFrame.frame(skipped);
        const frame = 'then' in made ? await made : made;
        if ('then' in made) {
          // Resolvers were waited for.
          now = clock.now();
          if (isOver(candidate, now)) continue;
        }
        const first = await transport.post(candidate, frame);
        outcome = first.kind === 'sent' ? SENT : await this.#again(owedFrame, skipped, frame, first);
        now = clock.now();
      }
      posted += 1;
      if (outcome.kind === 'expired') continue;
      if (!('retried' in outcome)) {
        this.#leave(chain, index, owedFrame, outcome);
        return;
      }
      if (outcome.kind === 'sent') report.sent += 1;
      else report.tooLarge += 1;
      metrics.measure('lag', Math.max(0, now - owedFrame.changedAt));
      this.isAnyoneReached = true;
      if (overflow && outcome.retried) overflow.isBehind = true;
    }
    this.finished.add(chain);
    this.#pace.done(posted, now - began);
  }

  /** A chain is over before its end: of what it was owed from this frame on, nothing was delivered. */
  #leave(
    chain: Chain,
    index: number,
    { record, candidate }: OwedFrame,
    outcome: Exclude<Untaken, { kind: 'expired' }>,
  ): void {
    const { report } = this;
    const { connectionId, owed } = chain;
    switch (outcome.kind) {
      case 'gone':
        report.gone.set(connectionId, [...new Set(owed.map((each) => each.candidate.row))]);
        this.isAnyoneReached = true;
        break;
      case 'denied':
        this.isOurFault = true;
        this.abort();
        stopAt(report, record, outcome.detail);
        return;
      case 'slow':
        // Cut short, it was never given its chance: the record comes again instead.
        if (this.#abort.signal.aborted) {
          stopAt(report, record, 'deadline');
          return;
        }
        report.slow.set(connectionId, {
          target: candidate,
          detail: outcome.detail,
          undelivered: owed.slice(index),
        });
        break;
      default:
        outcome satisfies never;
    }
    this.finished.add(chain);
    this.#pace.left();
  }

  /** A frame that was not taken at once: tried again, and made good by its stand-in where it is too large. */
  async #again(owed: OwedFrame, skipped: number, frame: Uint8Array, first: PostOutcome): Promise<Delivery> {
    const { candidate: target } = owed;
    const since = target.activatedAt;
    const { expiresAt } = target;
    const whole = await afterFirst(this.#context, { target, frame, since, expiresAt }, first, this.#time);
    if (whole.kind !== 'tooLarge') return whole;
    const standIn = await owed.standIn(skipped);
    const second = await postWithRetries(this.#context, target, standIn, since, this.#time);
    return second.kind === 'sent' ? whole : second;
  }

  #isLate(): boolean {
    const { signal, remainingMs, marginMs } = this.#bound;
    return signal?.aborted === true || remainingMs() < marginMs;
  }

  #isUp(): boolean {
    if (this.#isLate()) this.abort();
    return this.#abort.signal.aborted;
  }
}
