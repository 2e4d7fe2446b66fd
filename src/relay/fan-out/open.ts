import { TablecastError } from '../../errors.ts';
import type { SweepContext } from '../context.ts';
import type { OwedFrame } from '../deliver/owed.ts';
import { isWithin, spliced } from '../deliver/splice.ts';
import type { HandedChange, HandedOver, HandedPayload, HandedRow, HandedWay } from './message.ts';
import type { FanOutStore } from './ports.ts';

/** A row as a frame to send, in the order of the message. `record` is the place of its message among others of its lane. */
export async function openMessage(
  { settings: { maxFrameBytes } }: SweepContext,
  texts: PayloadTexts,
  message: HandedOver,
  record: number,
): Promise<OwedFrame[]> {
  const payloads = await Promise.all(message.payloads.map((payload) => texts.of(payload)));
  return message.rows.flatMap((row): OwedFrame[] => {
    const [change, way, payload] = [
      message.changes[row.change],
      message.ways[row.way],
      payloads[row.payload],
    ];
    return change && way && payload
      ? [new HandedFrame(maxFrameBytes, { record, row, change, way, payload })]
      : [];
  });
}

/** A payload at hand, and its stand-in: UTF-8, for all frames that share it. */
interface OpenPayload {
  readonly bytes: Uint8Array;
  readonly standIn: Uint8Array;
}

/** Payloads of an invocation that messages point to: each is fetched once. */
export class PayloadTexts {
  readonly #store: Pick<FanOutStore, 'payload'>;
  readonly #fetched = new Map<string, Promise<Uint8Array>>();

  constructor(store: Pick<FanOutStore, 'payload'>) {
    this.#store = store;
  }

  /** @throws TablecastError `REGISTRY_UNAVAILABLE` when it cannot be fetched, or is not there any more */
  async of({ text, hash = '', standIn }: HandedPayload): Promise<OpenPayload> {
    return { bytes: await this.#bytesOf(text, hash), standIn: Buffer.from(standIn, 'utf8') };
  }

  #bytesOf(text: string | undefined, hash: string): Uint8Array | Promise<Uint8Array> {
    if (text !== undefined) return Buffer.from(text, 'utf8');
    const fetched = this.#fetched.get(hash) ?? this.#fetch(hash);
    this.#fetched.set(hash, fetched);
    return fetched;
  }

  async #fetch(hash: string): Promise<Uint8Array> {
    const text = await this.#store.payload(hash);
    if (text !== undefined) return Buffer.from(text, 'utf8');
    throw new TablecastError('REGISTRY_UNAVAILABLE', `expected a payload kept under ${hash}, got none`);
  }
}

interface Parts {
  readonly record: number;
  readonly row: HandedRow;
  readonly change: HandedChange;
  readonly way: HandedWay;
  readonly payload: OpenPayload;
}

/** A frame that was found owed by another invocation. */
class HandedFrame implements OwedFrame {
  readonly record: number;
  readonly candidate: OwedFrame['candidate'];
  readonly #maxFrameBytes: number;
  readonly #change: HandedChange;
  readonly #payload: OpenPayload;

  constructor(maxFrameBytes: number, { record, row, change, way, payload }: Parts) {
    const { connectionId, clientId, activatedAt, expiresAt } = row;
    this.record = record;
    this.candidate = {
      connectionId,
      clientId,
      dialect: way.dialect,
      stage: way.stage,
      activatedAt,
      expiresAt,
      row: row.row,
      ...(row.latest && { options: { overflow: 'latest' as const } }),
    };
    this.#maxFrameBytes = maxFrameBytes;
    this.#change = change;
    this.#payload = payload;
  }

  get item(): string {
    return this.#change.item;
  }

  get changedAt(): number {
    return this.#change.at;
  }

  /** With what was skipped told, it may be just too long. */
  frame(skipped: number): Uint8Array {
    const { bytes } = this.#payload;
    const isFitting = isWithin(this.#maxFrameBytes, bytes.byteLength, this.candidate, skipped);
    return isFitting ? spliced(bytes, this.candidate, skipped) : this.standIn(skipped);
  }

  standIn(skipped: number): Uint8Array {
    return spliced(this.#payload.standIn, this.candidate, skipped);
  }
}
