import { randomUUID } from 'node:crypto';
import type { SweepContext } from '../context.ts';
import { Fault, tableFault } from './fault.ts';
import { type HandedFrame, Part } from './parts.ts';
import type { FanOut, QueueMessage, Token } from './ports.ts';

/** What all messages of a batch have in common. */
export interface BatchToken extends Omit<Token, 'id'> {
  /** While true, nothing is sent beside tokens of another number of lanes. */
  readonly isPatient: boolean;
}

/** Messages in the making, by lane, and their way to the queue. */
export class Outbox {
  /** Messages that the queue took, or may have taken. */
  sent = 0;
  readonly #logger: SweepContext['logger'];
  readonly #fanOut: FanOut;
  readonly #token: BatchToken;
  /** Lane → its messages in order; all but the last are full. */
  #parts = new Map<number, Part[]>();

  constructor({ logger }: SweepContext, fanOut: FanOut, token: BatchToken) {
    this.#logger = logger;
    this.#fanOut = fanOut;
    this.#token = token;
  }

  add(lane: number, frame: HandedFrame): void {
    const parts = this.#parts.get(lane) ?? [];
    this.#parts.set(lane, parts);
    if (parts.at(-1)?.add(frame)) return;
    const part = new Part(this.#token.tables);
    part.add(frame);
    parts.push(part);
  }

  /** Once a lane has more than one message, all are about as full. */
  get isFull(): boolean {
    for (const parts of this.#parts.values()) if (parts.length > 1) return true;
    return false;
  }

  /** Sends what was made and begins anew: the first message of each lane, and only then the second of any. */
  async flush(): Promise<Fault | undefined> {
    const lanes = [...this.#parts];
    this.#parts = new Map();
    const rounds = lanes.reduce((most, [, parts]) => Math.max(most, parts.length), 0);
    for (let round = 0; round < rounds; round += 1) {
      const fault = await this.#send(
        lanes.flatMap(([lane, { [round]: part }]) => (part ? [{ lane, part, token: this.#newToken() }] : [])),
      );
      if (fault) return fault;
    }
    return undefined;
  }

  #newToken(): Token {
    const { tables, lanes, expiresAt } = this.#token;
    return { id: randomUUID(), tables, lanes, expiresAt };
  }

  /**
   * Tokens first: of a message that is delivered before its token is put, nothing would remove it. An own one for each
   * try: were it known from the records, one that comes again could be put back after its message was done, while the
   * queue drops the repeat that would have removed it.
   */
  async #send(
    entries: readonly { readonly lane: number; readonly part: Part; readonly token: Token }[],
  ): Promise<Fault | undefined> {
    const { store, queue } = this.#fanOut;
    const { tables, lanes, isPatient } = this.#token;
    const tokens = entries.map(({ token }) => token);
    try {
      await store.add(tokens);
      // Put, then look: while a deploy changes the number, two shards of a table may have begun with one each.
      if (isPatient && (await store.laneCounts(tables)).size > 1) {
        await this.#forget(tokens);
        return new Fault(`expected ${lanes} lanes in use, got another number as well`);
      }
    } catch (error) {
      return tableFault(error);
    }
    const { refused, unsure, detail } = await queue.send(
      entries.map(({ lane, part, token }): QueueMessage => {
        return { id: token.id, group: String(lane), body: part.body(token) };
      }),
    );
    this.sent += entries.length - refused.length;
    if (refused.length + unsure.length === 0) return undefined;
    const isRefused = new Set(refused);
    await this.#forget(entries.flatMap(({ token }) => (isRefused.has(token.id) ? [token] : [])));
    return new Fault(`the queue failed: ${detail ?? 'no reason given'}`);
  }

  /**
   * What was never sent holds nobody up. A message that may have been sent keeps its token: it is delivered, or both
   * expire. So does one whose token cannot be removed: until then small batches go through the queue as well.
   */
  async #forget(tokens: readonly Token[]): Promise<void> {
    try {
      await this.#fanOut.store.remove(tokens);
    } catch (error) {
      this.#logger.warn({ event: 'fan-out.token-kept', count: tokens.length, err: error });
    }
  }
}
