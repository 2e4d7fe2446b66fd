import { createHash } from 'node:crypto';
import type { Dialect } from '../../../src/protocol/dialect.ts';
import { type Reading, read } from './dialects.ts';
import type { Write } from './items.ts';
import type { Wish } from './reference.ts';

/** One committed change, as its writer knows it. */
export interface Commit {
  /** Place among everything that happened. */
  readonly order: number;
  /** Epoch ms, not rounded. */
  readonly at: number;
  readonly write: Write;
  readonly eventId: string;
  readonly sequenceNumber: string;
}

/** One frame as its client read it. */
export interface Heard {
  readonly order: number;
  readonly at: number;
  readonly text: string;
  readonly reading: Reading;
}

/** One subscription, from its client's side. Every `…Order` is a place among everything that happened. */
export interface SubscriptionRecord {
  readonly clientId: string;
  readonly wish: Wish;
  readonly sentOrder: number;
  /** Epoch ms. */
  readonly sentAt: number;
  /** It was said to be active. */
  ackOrder?: number;
  /** The relay had done with the frame that asked for it, and nothing went wrong on the way. */
  answeredOrder?: number;
  /** Its client sent `complete`. */
  completeOrder?: number;
  /** The relay has answered that `complete`, and nothing went wrong on the way. */
  completedOrder?: number;
  /** The relay said that it is over, and why. */
  told?: { readonly order: number; readonly at: number; readonly code: string };
}

export interface ConnectionRecord {
  readonly id: string;
  readonly dialect: Dialect;
  /** Epoch ms at which its token expires. */
  readonly expiresAt: number | undefined;
  /** In order of arrival. */
  readonly heard: Heard[];
  readonly subscriptions: SubscriptionRecord[];
  closed?: { readonly order: number; readonly at: number; readonly by: 'client' | 'relay' };
}

export function givenUpName(connectionId: string, eventId: string): string {
  return `${connectionId} ${eventId}`;
}

/** Everything that was seen from outside, in the order in which it was seen. */
export class History {
  readonly commits: Commit[] = [];
  readonly connections = new Map<string, ConnectionRecord>();
  /** Frames that went to the dead letters (`givenUpName`): who was owed one is to be told, or to have left. */
  readonly givenUp = new Set<string>();
  #order = 0;

  /** The next place in the order of all things. */
  next(): number {
    this.#order += 1;
    return this.#order;
  }

  connect(id: string, dialect: Dialect, expiresAt: number | undefined): ConnectionRecord {
    const record: ConnectionRecord = { id, dialect, expiresAt, heard: [], subscriptions: [] };
    this.connections.set(id, record);
    return record;
  }

  hear(connection: ConnectionRecord, text: string, at: number): void {
    if (connection.closed) return;
    const order = this.next();
    const reading = read(text);
    connection.heard.push({ order, at, text, reading });
    if (reading.kind !== 'ack' && reading.kind !== 'over') return;
    const subscription = connection.subscriptions.findLast(({ clientId }) => clientId === reading.id);
    if (!subscription) return;
    if (reading.kind === 'ack') subscription.ackOrder ??= order;
    else if (subscription.completeOrder === undefined)
      subscription.told ??= { order, at, code: reading.code };
    else if (reading.code === 'complete') subscription.completedOrder ??= order;
  }

  close(connection: ConnectionRecord, by: 'client' | 'relay', at: number): void {
    connection.closed ??= { order: this.next(), at, by };
  }

  /** Equal for two runs in which the same happened at the same time and in the same order. */
  hash(): string {
    const hash = createHash('sha256');
    for (const { order, at, eventId } of this.commits) hash.update(`${order} ${at} ${eventId}\n`);
    for (const { id, heard, closed, subscriptions } of this.connections.values()) {
      hash.update(`${id} ${closed?.order} ${closed?.by}\n`);
      for (const { order, at, text } of heard) hash.update(`${order} ${at} ${text}\n`);
      for (const { clientId, wish, sentOrder, ackOrder, completedOrder } of subscriptions)
        hash.update(`${clientId} ${wish.query} ${sentOrder} ${ackOrder} ${completedOrder}\n`);
    }
    return hash.digest('hex');
  }
}
