/**
 * Says that a message of the queue is not done with. While a table has one, all of its batches go through the queue, so
 * that no later change overtakes what waits there (C3).
 */
export interface Token {
  /** Unlike any other; also the message's deduplication id. */
  readonly id: string;
  /** Names of the tables in the schema whose changes the message holds. */
  readonly tables: readonly string[];
  /** How many lanes its connections were spread over. */
  readonly lanes: number;
  /** Epoch seconds: nobody is held up by it from then on, for the queue has long dropped its message. */
  readonly expiresAt: number;
}

/** One message, about to be sent. */
export interface QueueMessage {
  /** Deduplication id: a repeat of it within five minutes is accepted, and not delivered. ≤ 128 of `[A-Za-z0-9-]`. */
  readonly id: string;
  /** Messages of one group are delivered in the order they were accepted in, one batch at a time. */
  readonly group: string;
  /** Text of the characters SQS takes, at most 200 KB of UTF-8. */
  readonly body: string;
}

/** What came of sending; a message named in neither was accepted. */
export interface SendOutcome {
  /** Ids of messages that the queue certainly did not take. */
  readonly refused: readonly string[];
  /** Ids of messages that it may have taken: no answer came. */
  readonly unsure: readonly string[];
  /** Why, for the log, when there are any of either. */
  readonly detail?: string;
}

/** A FIFO queue between those who find subscribers and those who deliver to them. */
export interface FanOutQueue {
  /**
   * Sends messages, each of a group of its own: order is promised between calls, not within one. What is throttled or
   * fails for the moment is tried again, a few seconds at most. Never rejects.
   */
  send(messages: readonly QueueMessage[]): Promise<SendOutcome>;
}

/**
 * What both sides of the queue share. Every method rejects with `TablecastError` `REGISTRY_UNAVAILABLE` when the store
 * cannot be reached or keeps throttling.
 */
export interface FanOutStore {
  /**
   * The lanes of some token that is outstanding for one of these tables, strongly consistent; undefined when none is.
   * One Query of one row a table.
   */
  outstanding(tables: readonly string[]): Promise<number | undefined>;
  /**
   * The lanes of every token that is outstanding for one of these tables, strongly consistent: one number, but for the
   * moments in which a deploy changes it. A Query of all of a table's tokens.
   */
  laneCounts(tables: readonly string[]): Promise<ReadonlySet<number>>;
  /** Makes tokens outstanding. Resolves once every later `outstanding` sees them. */
  add(tokens: readonly Token[]): Promise<void>;
  /** Ends tokens; of one that is not outstanding, nothing. */
  remove(tokens: readonly Token[]): Promise<void>;
  /** Keeps the text of a payload until `expiresAt` (epoch seconds) at least. ≤ 128 KB of UTF-8. */
  putPayload(hash: string, text: string, expiresAt: number): Promise<void>;
  /** The text kept under a hash; undefined when there is none any more. */
  payload(hash: string): Promise<string | undefined>;
}

/** How the deliveries of a batch are handed to other invocations, when one is not enough. */
export interface FanOut {
  readonly queue: FanOutQueue;
  readonly store: FanOutStore;
  /** Deliveries of one batch beyond which they are handed over; a table with an outstanding token hands over any. */
  readonly above: number;
  /** Groups that connections are spread over, by hash. */
  readonly lanes: number;
}
