import type { Logger } from 'pino';
import type { MonotonicClock } from '../../relay/ports.ts';
import type { Checkpoint } from './checkpoints.ts';
import { messageOf } from './deliver-batch.ts';
import type { HeldLease, Leases } from './leases.ts';

/** Past this part of its length without a renewal that was heard, a lease is no longer relied on. */
const FENCE = 2 / 3;

/** Why a holding came to its end. */
export type HoldingEnd = 'released' | 'lost' | 'fenced' | 'ended';

/** One lease while it is held: renewed in time, and given up in time when it cannot be. */
export interface Holding {
  readonly lease: HeldLease;
  /** Aborts when nothing new is to be begun: the lease is asked for, the worker stops, or the below. */
  readonly leaving: AbortSignal;
  /** Aborts when what is under way is to be broken off: the lease is lost or cannot be relied on. */
  readonly cut: AbortSignal;
  /** False once the lease may be another's by now. To be asked right before anything that must not happen then. */
  reliable(): boolean;
  /** Ends at the next page. */
  leave(): void;
  /** Ends now, with nothing written down. */
  abandon(): void;
  /**
   * Writes a checkpoint, again and again until it stands.
   * @throws Error when the lease is not held (any more): then nothing may be relied on
   */
  checkpoint(checkpoint: Checkpoint): Promise<void>;
  /** To be called once nothing is read under it any more: gives it back, if it still is held. */
  close(): Promise<HoldingEnd>;
}

export interface HoldingDeps {
  readonly leases: Leases;
  readonly clock: MonotonicClock;
  readonly logger: Logger;
  readonly leaseMs: number;
  /** Told of each renewal: `undefined` when it was heard, else what went wrong. */
  readonly onRenewal: (problem: string | undefined) => void;
}

/** @param takenAt monotonic ms before the lease was asked for */
export function createHolding(lease: HeldLease, takenAt: number, deps: HoldingDeps): Holding {
  const { leases, clock, logger, leaseMs } = deps;
  const leaving = new AbortController();
  const cut = new AbortController();
  /** Another's, or no longer relied on. */
  const dead = new AbortController();
  const closed = new AbortController();
  /** True while the lease is being given up by a write: a renewal that crosses it finds the row without us. */
  let givingUp = false;
  const fenceMs = leaseMs * FENCE;
  const retryMs = leaseMs / 20;
  let renewedAt = takenAt;
  let end: HoldingEnd | undefined;

  const over = (why: HoldingEnd) => {
    end ??= why;
    leaving.abort();
    cut.abort();
    dead.abort();
  };
  const reliable = () => {
    if (end === undefined && clock.monotonic() - renewedAt > fenceMs) {
      logger.warn(
        { event: 'worker.lease_fenced', shardId: lease.shardId, unrenewedMs: clock.monotonic() - renewedAt },
        'the lease could not be renewed in time; what is under way is broken off',
      );
      over('fenced');
    }
    return end === undefined;
  };
  /** An answer to anything sent under the lease at `askedAt` proves that it was held then. */
  const proved = (askedAt: number) => {
    renewedAt = Math.max(renewedAt, askedAt);
    deps.onRenewal(undefined);
  };
  const lost = () => {
    if (end === undefined)
      logger.warn({ event: 'worker.lease_lost', shardId: lease.shardId }, 'another worker has the lease');
    over('lost');
  };

  async function keep(): Promise<void> {
    let waitMs = leaseMs / 3;
    while (!closed.signal.aborted) {
      await clock.sleep(waitMs, closed.signal);
      // What was abandoned and does not end is not to keep its shard from others.
      if (closed.signal.aborted || cut.signal.aborted || !reliable()) return;
      waitMs = leaseMs / 3;
      const askedAt = clock.monotonic();
      try {
        const renewal = await leases.renew(lease);
        if (closed.signal.aborted || givingUp) return;
        if (renewal.kind === 'lost') return lost();
        proved(askedAt);
        if (renewal.wanted !== undefined && !leaving.signal.aborted) {
          const entry = { event: 'worker.lease_wanted', shardId: lease.shardId, by: renewal.wanted };
          logger.info(entry, 'another worker asks for the lease; it gets it after this page');
          leaving.abort();
        }
      } catch (error) {
        // Heard too late to say anything of a lease that was given up meanwhile.
        if (closed.signal.aborted) return;
        deps.onRenewal(messageOf(error));
        waitMs = retryMs;
      }
    }
  }

  async function fence(): Promise<void> {
    while (!closed.signal.aborted && reliable()) {
      // Just past it: at the moment itself the lease still counts.
      await clock.sleep(renewedAt + fenceMs - clock.monotonic() + 1, closed.signal);
    }
  }

  void keep();
  void fence();

  return {
    lease,
    leaving: leaving.signal,
    cut: cut.signal,
    reliable,
    leave: () => leaving.abort(),
    abandon: () => {
      leaving.abort();
      cut.abort();
    },
    async checkpoint(checkpoint) {
      for (let tries = 1; ; tries += 1) {
        if (!reliable() || cut.signal.aborted) throw new Error('the lease is not held any more');
        const askedAt = clock.monotonic();
        givingUp = checkpoint.kind === 'end';
        try {
          if (await unlessCut(leases.checkpoint(lease, checkpoint), cut.signal)) {
            proved(askedAt);
            if (checkpoint.kind === 'end') end ??= 'ended';
            return;
          }
          lost();
        } catch (error) {
          if (cut.signal.aborted) continue;
          logger[tries === 1 ? 'warn' : 'debug'](
            { event: 'worker.checkpoint_error', shardId: lease.shardId, detail: messageOf(error) },
            'a checkpoint could not be written; trying again',
          );
          await clock.sleep(retryMs, cut.signal);
        }
      }
    },
    async close() {
      givingUp = true;
      let tries = 0;
      while (reliable() && tries < RELEASE_TRIES) {
        tries += 1;
        try {
          if (await unlessCut(leases.release(lease), dead.signal)) end ??= 'released';
          else lost();
        } catch (error) {
          logger[tries === 1 ? 'warn' : 'debug'](
            { event: 'worker.release_error', shardId: lease.shardId, detail: messageOf(error) },
            'a lease could not be given back; trying again',
          );
          await clock.sleep(retryMs);
        }
      }
      closed.abort();
      return end ?? 'fenced';
    },
  };
}

/** Tries to give a lease back; another worker takes it all the same, once it has expired. */
const RELEASE_TRIES = 5;

/** A promise that no longer matters once `signal` aborts, whether it ever settles or not. */
function unlessCut<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('broken off'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
