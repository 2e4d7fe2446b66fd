import { setImmediate as nextTurn } from 'node:timers/promises';
import { byteLength } from '../../protocol/limits.ts';
import type { FanOutQueue, QueueMessage } from '../../relay/fan-out/ports.ts';
import type { Clock } from '../../relay/ports.ts';

/** A message as it is handed to a consumer. */
export interface DeliveredMessage extends QueueMessage {
  /** How many times it was received, this one among them. */
  readonly receives: number;
}

/** Messages under way; their groups deliver nothing else until it is settled. */
export interface Delivery {
  readonly messages: readonly DeliveredMessage[];
  /**
   * Ends it. Messages that failed are hidden for a while and come again, before any other of their group; the others are
   * gone, unless a fault lets them come again.
   * @param failed ids of those that failed
   */
  settle(failed: readonly string[]): void;
}

export interface MemoryFanOutQueueOptions {
  readonly clock: Clock;
  /** In [0, 1): draws the faults. Not called without any. */
  readonly random?: () => number;
  /** Ms that a message which failed is hidden. Default 360 000. */
  readonly visibilityMs?: number;
  /** After so many receives a message that fails goes to the dead letters. Default: never. */
  readonly maxReceives?: number;
  /** Probabilities of what SQS may do. Default: none of it. */
  readonly faults?: {
    /** A message that is done is delivered once more: its deletion was lost. */
    readonly redeliver?: number;
    /** A message is not accepted. */
    readonly refuse?: number;
    /** A message is accepted, and its sender is not told. */
    readonly unsure?: number;
  };
}

/** See {@link createMemoryFanOutQueue}. */
export interface MemoryFanOutQueue extends FanOutQueue {
  /** The next messages, ≤ `most` (SQS: 10), of groups that nothing is under way of; undefined when there is none now. */
  receive(most?: number): Delivery | undefined;
  /** Messages that are not done. */
  readonly depth: number;
  /** Messages accepted so far, repeats within five minutes left out. */
  readonly accepted: number;
  /** Those that failed too often. */
  readonly deadLetters: readonly DeliveredMessage[];
}

interface Waiting {
  readonly message: QueueMessage;
  receives: number;
  /** Epoch ms before which its group delivers nothing. */
  visibleAt: number;
}

const DEDUPLICATION_MS = 300_000;
const MAX_MESSAGE_BYTES = 256 * 1024;
/** What SQS refuses a message for, beside its length. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/**
 * A FIFO queue in this process that keeps SQS's rules: order in each group, nothing of a group while some of it is under
 * way or hidden, a deduplication id accepted once in five minutes, the limits of a message.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export function createMemoryFanOutQueue(options: MemoryFanOutQueueOptions): MemoryFanOutQueue {
  const {
    clock,
    random = Math.random,
    visibilityMs = 360_000,
    maxReceives = Infinity,
    faults = {},
  } = options;
  const groups = new Map<string, Waiting[]>();
  const busy = new Set<string>();
  const seen = new Map<string, number>();
  const deadLetters: DeliveredMessage[] = [];
  let accepted = 0;
  const happens = (rate = 0) => rate > 0 && random() < rate;

  const accept = (message: QueueMessage) => {
    const now = clock.now();
    const before = seen.get(message.id);
    if (before !== undefined && now - before < DEDUPLICATION_MS) return;
    seen.set(message.id, now);
    accepted += 1;
    groups.set(message.group, [...(groups.get(message.group) ?? []), { message, receives: 0, visibleAt: 0 }]);
  };

  const settle = (group: string, taken: readonly Waiting[], failed: ReadonlySet<string>) => {
    const behind = (groups.get(group) ?? []).slice(taken.length);
    const again = taken.filter((entry) => {
      if (!failed.has(entry.message.id)) return happens(faults.redeliver);
      entry.visibleAt = clock.now() + visibilityMs;
      if (entry.receives < maxReceives) return true;
      deadLetters.push({ ...entry.message, receives: entry.receives });
      return false;
    });
    groups.set(group, [...again, ...behind]);
    busy.delete(group);
  };

  return {
    async send(messages) {
      await nextTurn();
      const refused: string[] = [];
      const unsure: string[] = [];
      for (const message of messages) {
        if (
          byteLength(message.body) > MAX_MESSAGE_BYTES ||
          FORBIDDEN.test(message.body) ||
          happens(faults.refuse)
        ) {
          refused.push(message.id);
          continue;
        }
        accept(message);
        if (happens(faults.unsure)) unsure.push(message.id);
      }
      return { refused, unsure, ...(refused.length + unsure.length > 0 && { detail: 'drawn by lot' }) };
    },

    receive(most = 10) {
      const now = clock.now();
      const taken = new Map<string, Waiting[]>();
      let count = 0;
      for (const [group, waiting] of groups) {
        if (busy.has(group)) continue;
        const hidden = waiting.findIndex(({ visibleAt }) => visibleAt > now);
        const ready = waiting.slice(0, Math.min(hidden < 0 ? waiting.length : hidden, most - count));
        if (ready.length === 0) continue;
        taken.set(group, ready);
        busy.add(group);
        count += ready.length;
        for (const entry of ready) entry.receives += 1;
      }
      if (count === 0) return undefined;
      const messages = [...taken.values()].flat().map(({ message, receives }) => ({ ...message, receives }));
      return {
        messages,
        settle(failed) {
          const ids = new Set(failed);
          for (const [group, entries] of taken) settle(group, entries, ids);
        },
      };
    },

    get depth() {
      return [...groups.values()].reduce((sum, { length }) => sum + length, 0);
    },
    get accepted() {
      return accepted;
    },
    get deadLetters() {
      return deadLetters;
    },
  };
}
